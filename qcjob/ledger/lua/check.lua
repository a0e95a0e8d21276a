-- One job held against every set that should or should not name it. ARGV: id, 'repair' or ''. Answers the findings as
-- pairs {what is wrong, what mends it or ''}; asked to, it mends them in the same breath.
local id, repair = ARGV[1], ARGV[2] == 'repair'
local job = load_job(id)
if not job then
  return {}
end
local findings = {}
local time = digits(now())

-- A finding, and what mends it: a list of Redis commands; none where nothing can.
local function find(what, mend, ...)
  findings[#findings + 1] = {what, mend}
  if repair then
    for _, command in ipairs({...}) do
      redis.call(unpack(command))
    end
  end
end

local function named_in(key)
  return redis.call('ZSCORE', key, id)
end

local ready, later = PREFIX .. 'ready:' .. job.device, PREFIX .. 'later:' .. job.device
local leases, index = PREFIX .. 'leases:' .. job.device, PREFIX .. 'jobs:' .. job.customer
local claimed = job.state == 'SUBMITTED' or job.state == 'RUNNING'
if job.state == 'WAITING' then
  if not named_in(ready) and not named_in(later) then
    find('is WAITING and in no ready set: it would never be claimed', 'rank it again', {'ZADD', ready, job.score, id})
  end
  if named_in(leases) then
    find('is WAITING and holds a lease', 'end the lease', {'ZREM', leases, id})
  end
else
  if named_in(ready) or named_in(later) then
    find('is ' .. job.state .. ' and still ranked', 'unrank it', {'ZREM', ready, id}, {'ZREM', later, id})
  end
  if claimed and not named_in(leases) then
    find('is ' .. job.state .. ' and nobody holds it: it would stay so', 'let a worker rescue it', {'ZADD', leases, time, id})
  end
  if not claimed and named_in(leases) then
    find('is ' .. job.state .. ' and still takes a slot', 'give the slot back', {'ZREM', leases, id})
  end
end
if FINAL[job.state] and not named_in(PREFIX .. 'ended') then
  find('ended, but its retention never will', 'start its retention', {'ZADD', PREFIX .. 'ended', time, id})
end
if not FINAL[job.state] and named_in(PREFIX .. 'ended') then
  find('has not ended, but would be deleted', 'end its retention', {'ZREM', PREFIX .. 'ended', id})
end
if not named_in(index) then
  find('is missing in its customer\'s list', 'list it', {'ZADD', index, job.created, id})
end
for state in pairs(STATES) do
  local key = index .. ':' .. state
  if state == job.state and not named_in(key) then
    find('is missing in the list of ' .. state .. ' jobs', 'list it', {'ZADD', key, job.created, id})
  elseif state ~= job.state and named_in(key) then
    find('is ' .. job.state .. ' but listed as ' .. state, 'unlist it', {'ZREM', key, id})
  end
end
if redis.call('EXISTS', PREFIX .. 'program:' .. id, PREFIX .. 'compiled:' .. id) < 2 then
  find('has lost its program', '')
end
if job.state == 'COMPLETED' and redis.call('EXISTS', PREFIX .. 'result:' .. id) == 0 then
  find('is COMPLETED but its result is gone', '')
end
if repair and #findings > 0 then
  wake(job.device, time)
end
return findings
