-- SUBMITTED -> RUNNING with the device's handle; of a later part of a RUNNING job the handle alone. ARGV: id, fence,
-- handle. Asked again: the same answer, no second move.
local job = load_job(ARGV[1])
if not job or job.fence ~= ARGV[2] then
  return stale(job)
end
local time, known = digits(now()), redis.call('HGET', job.key, of_attempt(job, 'handle'))
if job.state == 'SUBMITTED' then
  move(job, time, {'start'}, {of_attempt(job, 'handle'), ARGV[3], of_attempt(job, 'running'), time})
elseif job.state == 'RUNNING' and not known then
  redis.call('HSET', job.key, of_attempt(job, 'handle'), ARGV[3])
  changed(job, time)
elseif job.state ~= 'RUNNING' or known ~= ARGV[3] then
  return stale(job)
end
return {'ok', job.cancel or ''}
