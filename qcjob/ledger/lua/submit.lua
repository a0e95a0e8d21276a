-- A job is accepted. ARGV: customer, their quotas ('' for none) of waiting jobs and of microseconds a day, idempotency key or
-- '', then the job as accept.lua reads it.
-- Answers {'ok', time, ahead, what it waits for, early, late}, {'known', id}, or {'refused', quota, 'not_after' or 'session', time, what is there already, …}.
local customer, idempotency, time_number = ARGV[1], ARGV[4], now()
local job = job_in(5, customer, time_number)
if idempotency ~= '' then
  local known = redis.call('GET', idempotency)
  if known and redis.call('EXISTS', PREFIX .. 'job:' .. known) == 1 then
    return {'known', known}
  end
end
if redis.call('EXISTS', job.key) == 1 then
  return {'known', job.id}
end
if job.not_after and job.not_after <= time_number then
  return {'refused', 'not_after', digits(time_number)}
end
local refusal = over_quota(customer, 1, tonumber(job.cost), ARGV[2], ARGV[3], time_number)
  or job.session and not_joined(job, time_number)
if refusal then
  return {'refused', unpack(refusal)}
end
if idempotency ~= '' then
  redis.call('SET', idempotency, job.id)
end
append(job.fields, 'idempotency', idempotency)
redis.call('HINCRBY', PREFIX .. 'usage:' .. customer, 'open', job.cost)
return {'ok', digits(time_number), unpack(accept({job}, time_number))}
