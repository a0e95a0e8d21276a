-- WAITING -> SUBMITTED of the best-ranked job, or a lapsed lease taken over. ARGV: device, worker, lease microseconds.
-- Answers nil, or {id, fence, 'new' or 'rescue', compiled, the fields a worker needs}.
local device, worker, lease = ARGV[1], ARGV[2], tonumber(ARGV[3])
local time_number = now()
local time = digits(time_number)
local leases, ready = PREFIX .. 'leases:' .. device, PREFIX .. 'ready:' .. device

local function hand_over(job, kind)
  local fence = digits(redis.call('INCR', PREFIX .. 'fence'))
  redis.call('ZADD', leases, digits(time_number + lease), job.id)
  if kind == 'rescue' then
    local rescues = of_attempt(job, 'rescues')
    local before = redis.call('HGET', job.key, rescues) or ''
    redis.call('HSET', job.key, 'fence', fence, rescues, before .. time .. ' ' .. fence .. ' ' .. worker .. ';')
    changed(job, time)
  else
    redis.call('HSETNX', job.key, of_attempt(job, 'started'), time)
    move(job, time, {'claim'}, {'fence', fence, of_attempt(job, 'fence'), fence, of_attempt(job, 'worker'), worker})
  end
  wake(device, time)
  return {job.id, fence, kind, redis.call('GET', PREFIX .. 'compiled:' .. job.id) or '',
    redis.call('HMGET', job.key, 'state', 'customer', 'attempt', 'shots', 'seed', 'options', 'request', 'cancel',
      of_attempt(job, 'handle'), of_attempt(job, 'marked'), of_attempt(job, 'rescues'), of_attempt(job, 'running'))}
end

release_holds(device, time)
for _, id in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', time, 'LIMIT', 0, 100)) do
  local job = load_job(id)
  if job and not FINAL[job.state] and job.state ~= 'WAITING' then
    return hand_over(job, 'rescue')
  end
  redis.call('ZREM', leases, id)
end
bring_due(device, time)
if free_slots(device) < 1 then
  return false
end
local best = redis.call('ZPOPMIN', ready)
while best[1] do
  local job = load_job(best[1])
  if job and job.state == 'WAITING' then
    return hand_over(job, 'new')
  end
  best = redis.call('ZPOPMIN', ready)  -- that one was no job, or not waiting: a fault, but not one to stop for
end
return false
