-- What a timer must look after, for every device: due jobs, holds, wake-ups, lapsed leases, and jobs past retention.
-- ARGV: retention microseconds, then pairs of id and fence: the claims that one worker's children believe in. Answers
-- those of them that are void: the lease has lapsed, or the job was taken over or put back.
local time_number = now()
local time = digits(time_number)
for _, device in ipairs(redis.call('SMEMBERS', PREFIX .. 'devices')) do
  bring_due(device, time)
  release_holds(device, time)
  local waiting = redis.call('ZCARD', PREFIX .. 'ready:' .. device)
  local wanted = math.max(0, math.min(waiting, free_slots(device))) + lapsed_leases(device, time)
  for _ = redis.call('LLEN', device) + 1, wanted do
    push_wake_up(device)
  end
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', PREFIX .. 'ended', '-inf',
    digits(time_number - tonumber(ARGV[1])), 'LIMIT', 0, 500)) do
  local got = redis.call('HMGET', PREFIX .. 'job:' .. id, 'customer', 'state', 'idempotency')
  if got[1] then
    redis.call('ZREM', PREFIX .. 'jobs:' .. got[1], id)
    redis.call('ZREM', PREFIX .. 'jobs:' .. got[1] .. ':' .. got[2], id)
    if got[3] ~= '' then
      redis.call('DEL', got[3])
    end
  end
  redis.call('DEL', PREFIX .. 'job:' .. id, PREFIX .. 'program:' .. id, PREFIX .. 'compiled:' .. id,
    PREFIX .. 'result:' .. id)
  redis.call('ZREM', PREFIX .. 'ended', id)
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
return void
