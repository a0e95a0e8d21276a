-- A worker says what its device is: slots, limits, status, properties. ARGV: device, 'idle' or '', pairs of fields.
-- An idle device holds no slot for a job that left it.
local device = ARGV[1]
redis.call('SADD', PREFIX .. 'devices', device)
redis.call('HSET', PREFIX .. 'device:' .. device, 'seen', digits(now()), unpack(ARGV, 3))
if ARGV[2] == 'idle' then
  redis.call('DEL', PREFIX .. 'holds:' .. device)
end
wake(device, digits(now()))
return 1
