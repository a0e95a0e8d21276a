-- What a timer must look after, for every device: due jobs, holds, wake-ups, lapsed leases, and jobs past retention.
-- ARGV: retention microseconds. Answers the lapsed leases as triples {device, id, fence}.
local time_number = now()
local time = digits(time_number)
local lapsed = {}
for _, device in ipairs(redis.call('SMEMBERS', PREFIX .. 'devices')) do
  bring_due(device, time)
  release_holds(device, time)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', PREFIX .. 'leases:' .. device, '-inf', time, 'LIMIT', 0, 1000)) do
    lapsed[#lapsed + 1] = {device, id, redis.call('HGET', PREFIX .. 'job:' .. id, 'fence') or ''}
  end
  local waiting = redis.call('ZCARD', PREFIX .. 'ready:' .. device)
  local wanted = math.max(0, math.min(waiting, free_slots(device))) + lapsed_leases(device, time)
  for _ = redis.call('LLEN', device) + 1, wanted do
    push_wake_up(device)
  end
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', PREFIX .. 'ended', '-inf',
    digits(time_number - tonumber(ARGV[1])), 'LIMIT', 0, 100)) do
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
return lapsed
