-- A session begins to wait for its first job. ARGV: id, customer, device, max and idle in microseconds, how many a
-- customer may have open. Answers what `describe_session` does, or {'refused', how many there are}.
local id, customer, time_number = ARGV[1], ARGV[2], now()
local key, time, usage = session_key(id), digits(time_number), PREFIX .. 'usage:' .. customer
if redis.call('EXISTS', key) == 0 then
  local open = redis.call('HGET', usage, 'sessions') or '0'
  if tonumber(open) >= tonumber(ARGV[6]) then
    return {'refused', open}
  end
  redis.call('HSET', key, 'customer', customer, 'device', ARGV[3], 'state', 'waiting', 'created', time,
    'max', ARGV[4], 'idle', ARGV[5])
  redis.call('ZADD', PREFIX .. 'sessions:' .. customer, time, id)
  redis.call('HINCRBY', usage, 'sessions', 1)
  redis.call('SADD', PREFIX .. 'devices', ARGV[3])
  watch_session(id, time_number)
end
return describe_session(id)
