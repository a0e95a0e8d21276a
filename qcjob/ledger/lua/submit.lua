-- CREATED -> WAITING: record, rank, index, tell, wake. ARGV: id, customer, device, base score, idempotency key or '',
-- program, compiled, then pairs of job fields. Answers {'ok', time, ahead} or {'known', id}.
local id, customer, device, base, idempotency = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local key = PREFIX .. 'job:' .. id
local time = digits(now())
if idempotency ~= '' then
  local known = redis.call('GET', idempotency)
  if known then
    return {'known', known}
  end
end
if redis.call('EXISTS', key) == 1 then
  return {'known', id}
end
if idempotency ~= '' then
  redis.call('SET', idempotency, id)
end
local state = MOVES['CREATED accept']
local score = digits(tonumber(base) + redis.call('INCR', PREFIX .. 'tag:' .. device))
redis.call('HSET', key, 'customer', customer, 'device', device, 'attempt', '1', 'created', time, 'updated', time,
  'score', score, 'idempotency', idempotency, 'state', state, 'version', '1', 'h1', state .. ' ' .. time .. ' 1',
  unpack(ARGV, 8))
redis.call('SET', PREFIX .. 'program:' .. id, ARGV[6])
redis.call('SET', PREFIX .. 'compiled:' .. id, ARGV[7])
redis.call('ZADD', PREFIX .. 'jobs:' .. customer, time, id)
redis.call('ZADD', PREFIX .. 'jobs:' .. customer .. ':' .. state, time, id)
local ready = PREFIX .. 'ready:' .. device
redis.call('ZADD', ready, score, id)
redis.call('SADD', PREFIX .. 'devices', device)
redis.call('XADD', PREFIX .. 'changes', 'MAXLEN', '~', '10000', '*',
  'id', id, 'version', 1, 'state', state, 'customer', customer)
wake(device, time)
return {'ok', time, redis.call('ZRANK', ready, id)}
