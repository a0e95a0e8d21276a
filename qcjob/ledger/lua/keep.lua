-- What a timer must look after, for every device: due jobs, holds, wake-ups, lapsed leases; and jobs past their deadline
-- or past retention; sessions whose time is over.
-- ARGV: retention microseconds, then pairs of id and fence: the claims that one worker's children believe in. Answers
-- those of them that are void, because the lease has lapsed or the job was taken over or put back; and the batches that
-- nobody goes on with.
local time_number = now()
local time = digits(time_number)
for _, id in ipairs(redis.call('ZRANGEBYSCORE', PREFIX .. 'deadlines', '-inf', time, 'LIMIT', 0, 100)) do
  local job = load_job(id)
  if job and is_sound(job) then
    expire(job, time)
  else
    redis.call('ZREM', PREFIX .. 'deadlines', id)
  end
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', PREFIX .. 'closing', '-inf', time, 'LIMIT', 0, 100)) do
  close_when_due(id, time_number)
end
for _, device in ipairs(redis.call('SMEMBERS', PREFIX .. 'devices')) do
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', reservations_of(device), '-inf',
      digits(time_number - tonumber(ARGV[1])), 'LIMIT', 0, 100)) do
    forget_reservation(id, device)
  end
  bring_due(device, time)
  bring_released(device)
  release_holds(device, time)
  local waiting = redis.call('ZCARD', PREFIX .. 'ready:' .. device)
  local wanted = math.max(0, math.min(waiting, free_slots(device))) + lapsed_leases(device, time)
  push_wake_ups(device, wanted - redis.call('LLEN', device))
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', PREFIX .. 'ended', '-inf',
    digits(time_number - tonumber(ARGV[1])), 'LIMIT', 0, 500)) do
  local got = redis.call('HMGET', PREFIX .. 'job:' .. id, 'customer', 'state', 'idempotency', 'batch')
  if got[1] then
    redis.call('ZREM', PREFIX .. 'jobs:' .. got[1], id)
    redis.call('ZREM', PREFIX .. 'jobs:' .. got[1] .. ':' .. got[2], id)
    if got[3] and got[3] ~= '' then
      redis.call('DEL', got[3])
    end
    if got[4] then
      leave_batch(got[4], got[1])
    end
  end
  redis.call('DEL', PREFIX .. 'job:' .. id, PREFIX .. 'program:' .. id, PREFIX .. 'compiled:' .. id,
    PREFIX .. 'result:' .. id, PREFIX .. 'parts:' .. id, PREFIX .. 'memory:' .. id,
    PREFIX .. 'damaged:' .. id)
  redis.call('ZREM', PREFIX .. 'ended', id)
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', PREFIX .. 'closed', '-inf',
    digits(time_number - tonumber(ARGV[1])), 'LIMIT', 0, 500)) do
  forget_session(id)
end
local void = {}
for at = 2, #ARGV, 2 do
  local job = load_job(ARGV[at])
  local holds = job and job.fence == ARGV[at + 1]
  local until_time = holds and redis.call('ZSCORE', PREFIX .. 'leases:' .. job.device, job.id)
  if not holds or not (FINAL[job.state] or tonumber(until_time or 0) > time_number) then
    void[#void + 1] = ARGV[at]
    void[#void + 1] = ARGV[at + 1]
  end
end
return {void, redis.call('ZRANGEBYSCORE', PREFIX .. 'unfinished', '-inf', time, 'LIMIT', 0, 10)}
