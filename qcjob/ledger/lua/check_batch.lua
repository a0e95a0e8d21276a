-- A batch held against its jobs. ARGV: id, 'repair' or ''. Answers and mends as check.lua does.
local id, repair, findings = ARGV[1], ARGV[2] == 'repair', {}
local key, unfinished = PREFIX .. 'batch:' .. id, PREFIX .. 'unfinished'
local batch = redis.call('HMGET', key, 'customer', 'jobs', 'recorded', 'kept', 'created', 'cancel', 'asked_to_stop')
if not batch[1] then
  return {}
end

local function find(what, mend, ...)
  findings[#findings + 1] = {what, mend}
  if repair and select('#', ...) > 0 then
    redis.call(...)
  end
end

if not redis.call('ZSCORE', PREFIX .. 'batches:' .. batch[1], id) then
  find('is missing in its customer\'s list', 'list it', 'ZADD', PREFIX .. 'batches:' .. batch[1], batch[5], id)
end
local has_more = batch[2] ~= batch[3]
if has_more and redis.call('EXISTS', PREFIX .. 'pending:' .. id) == 0 then
  find('has lost jobs that were not recorded yet', '')
end
if (has_more or (batch[6] and batch[7] ~= batch[2])) and not redis.call('ZSCORE', unfinished, id) then
  find('was left in the middle, and nobody would go on', 'let a keeper go on', 'ZADD', unfinished, batch[5], id)
end
if has_more then
  return findings  -- it is counted when it is whole
end
local found, kept = {}, 0
for _, job_id in ipairs(redis.call('LRANGE', PREFIX .. 'batched:' .. id, 0, -1)) do
  local state = redis.call('HGET', PREFIX .. 'job:' .. job_id, 'state')
  if state then
    found[state], kept = (found[state] or 0) + 1, kept + 1
  end
end
if kept ~= tonumber(batch[4]) then
  find('keeps ' .. kept .. ' jobs but counts ' .. batch[4], 'count them', 'HSET', key, 'kept', digits(kept))
end
if kept == tonumber(batch[2]) then  -- of jobs that were deleted nobody knows how they ended
  for state in pairs(STATES) do
    local counted = redis.call('HGET', key, state) or '0'
    if tonumber(counted) ~= (found[state] or 0) then
      find('counts ' .. counted .. ' ' .. state .. ' jobs and has ' .. (found[state] or 0), 'count them', 'HSET', key, state,
        digits(found[state] or 0))
    end
  end
end
return findings
