-- A batch is accepted, and the first of its jobs are recorded. ARGV: id, customer, their quotas ('' for none) of waiting jobs
-- and of microseconds a day, idempotency key or '', how many jobs, their cost together, the earliest not_after or '',
-- whether `pending` has the jobs behind the first, or '', what was refused or '', how many pairs the hash gets, these, the ids of all jobs, then the first jobs as accept.lua reads them.
-- Answers {'ok', how many are recorded}, {'known', id}, or {'refused', quota, 'not_after' or 'session', time, what is there already, …}.
local id, customer, idempotency, count, cost = ARGV[1], ARGV[2], ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7])
local not_after, key, time_number = tonumber(ARGV[8]), PREFIX .. 'batch:' .. id, now()
local time, usage = digits(time_number), PREFIX .. 'usage:' .. customer
if idempotency ~= '' then
  local known = redis.call('GET', idempotency)
  if known and redis.call('EXISTS', PREFIX .. 'batch:' .. known) == 1 then
    return {'known', known}
  end
end
if redis.call('EXISTS', key) == 1 then
  return {'known', id}
end
if not_after and not_after <= time_number then
  return {'refused', 'not_after', time}
end
local ids_at = 12 + 2 * tonumber(ARGV[11])
local first = job_in(ids_at + count, customer, time_number)  -- all are of its session, if of any
local refusal = over_quota(customer, count, cost, ARGV[3], ARGV[4], time_number)
  or first.session and not_joined(first, time_number)
if refusal then
  return {'refused', unpack(refusal)}
end
if ARGV[9] ~= '' and redis.call('PERSIST', PREFIX .. 'pending:' .. id) == 0 then
  return redis.error_reply('ERR what was to be kept of the batch is gone')
end
if idempotency ~= '' then
  redis.call('SET', idempotency, id)
end
redis.call('HSET', key, 'customer', customer, 'jobs', ARGV[6], 'kept', ARGV[6], 'recorded', '0', 'WAITING', ARGV[6],
  'version', '1', 'created', time, 'updated', time, 'idempotency', idempotency, unpack(ARGV, 12, ids_at - 1))
for at = ids_at, ids_at + count - 1, 500 do
  redis.call('RPUSH', PREFIX .. 'batched:' .. id, unpack(ARGV, at, math.min(at + 499, ids_at + count - 1)))
end
redis.call('ZADD', PREFIX .. 'batches:' .. customer, time, id)
if ARGV[10] ~= '' then
  redis.call('SET', PREFIX .. 'errors:' .. id, ARGV[10])
end
redis.call('HINCRBY', usage, 'open', ARGV[7])
redis.call('HINCRBY', usage, 'pending', ARGV[6])
return {'ok', record_piece(id, customer, ids_at + count, time_number)}
