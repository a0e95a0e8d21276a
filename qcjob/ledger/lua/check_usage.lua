-- What is counted of a customer held against what there is. ARGV: customer, 'repair' or ''. Answers and mends as check.lua
-- does. Of a customer with very many jobs, or with a batch that is not recorded yet, only what cannot be is found.
local customer, repair, findings, MANY = ARGV[1], ARGV[2] == 'repair', {}, 5000
local usage, jobs = PREFIX .. 'usage:' .. customer, PREFIX .. 'jobs:' .. customer .. ':'

local function count(field, is, because)
  local counted = redis.call('HGET', usage, field) or '0'
  if counted == digits(is or -1) or (not is and (tonumber(counted) or -1) >= 0) then
    return
  end
  findings[#findings + 1] = {'its ' .. field .. ' is ' .. counted .. because, 'count them'}
  if repair then
    redis.call('HSET', usage, field, digits(is or 0))
  end
end

local open, pending, sessions, length, counted = 0, 0, 0, 0, {}
for _, id in ipairs(redis.call('ZRANGE', PREFIX .. 'sessions:' .. customer, 0, -1)) do
  sessions = sessions + (is_open(id) and 1 or 0)
end
for _, key in ipairs({PREFIX .. 'unfinished', PREFIX .. 'batches:' .. customer}) do
  for _, id in ipairs(redis.call('ZREVRANGE', key, 0, MANY)) do
    local batch = redis.call('HMGET', PREFIX .. 'batch:' .. id, 'customer', 'jobs', 'recorded')
    if batch[1] == customer and not counted[id] then
      counted[id], pending = true, pending + (tonumber(batch[2]) or 0) - (tonumber(batch[3]) or 0)
    end
  end
end
for state in pairs(STATES) do
  length = length + (FINAL[state] and 0 or redis.call('ZCARD', jobs .. state))
end
if pending > 0 or length > MANY then
  open = nil
else
  for state in pairs(STATES) do
    for _, id in ipairs(FINAL[state] and {} or redis.call('ZRANGE', jobs .. state, 0, -1)) do
      local known = redis.call('HMGET', PREFIX .. 'job:' .. id, 'cost', 'state')
      open = open + (known[2] == state and tonumber(known[1] or 0) or 0)
    end
  end
end
count('open', open, ' microseconds, and its jobs that have not ended cost ' .. digits(open or 0))
count('pending', pending, ', and so many of its jobs are not recorded yet: ' .. digits(pending))
count('sessions', sessions, ', and so many of its sessions are open: ' .. digits(sessions))
return findings
