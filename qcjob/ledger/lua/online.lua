-- A worker says what its device is: slots, limits, status, properties. ARGV: device, '' or the time in microseconds at
-- which an idle device was asked, pairs of fields. An idle device holds no slot for a job that left it before.
local device = ARGV[1]
redis.call('SADD', PREFIX .. 'devices', device)
redis.call('HSET', PREFIX .. 'device:' .. device, 'seen', digits(now()), unpack(ARGV, 3))
if ARGV[2] ~= '' then
  local hold = tonumber(redis.call('HGET', PREFIX .. 'device:' .. device, 'submit_timeout') or 30) * 1000000
  redis.call('ZREMRANGEBYSCORE', PREFIX .. 'holds:' .. device, '-inf', digits(tonumber(ARGV[2]) + hold))
end
wake(device, digits(now()))
return 1
