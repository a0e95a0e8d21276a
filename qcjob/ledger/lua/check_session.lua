-- One session held against the sets and the device that should or should not name it. ARGV: id, 'repair' or ''. Answers the
-- findings as pairs {what is wrong, what mends it}; asked to, it mends them in the same breath.
local id, repair, findings, time_number = ARGV[1], ARGV[2] == 'repair', {}, now()
local known = redis.call('HMGET', session_key(id), 'state', 'device', 'customer', 'closed', 'activated', 'created')
local state = known[1]
if not state then
  return findings
end
local device = PREFIX .. 'device:' .. known[2]
local is_named, closing = redis.call('HGET', device, 'session') == id, PREFIX .. 'closing'

local function find(what, mend, repairing)
  findings[#findings + 1] = {what, mend}
  if repair then
    repairing()
  end
end

if (state == 'active') ~= is_named then
  find('is ' .. state .. ' and ' .. (is_named and '' or 'not ') .. 'that of its device', 'close it', function()
    close_session(id, digits(time_number), 'repair')
    if is_named then
      redis.call('HDEL', device, 'session')
    end
  end)
elseif state == 'closed' and redis.call('ZSCORE', closing, id) then
  find('is closed, and would be closed again', 'forget when', function() redis.call('ZREM', closing, id) end)
elseif state == 'closed' and not redis.call('ZSCORE', PREFIX .. 'closed', id) then
  find('is closed, but its retention never ends', 'start its retention', function()
    redis.call('ZADD', PREFIX .. 'closed', known[4] or digits(time_number), id)
  end)
elseif state == 'active' and not redis.call('ZSCORE', closing, id) then
  find('is active and would never close', 'watch it', function() watch_session(id, time_number) end)
end
if not redis.call('ZSCORE', PREFIX .. 'sessions:' .. known[3], id) then
  find('is missing in its customer\'s list', 'list it', function()
    redis.call('ZADD', PREFIX .. 'sessions:' .. known[3], known[6], id)
  end)
end
return findings
