-- SUBMITTED -> RUNNING with the device's handle. ARGV: id, fence, handle. Asked again: the same answer, no second move.
local job = load_job(ARGV[1])
if not job or job.fence ~= ARGV[2] then
  return stale(job)
end
local time = digits(now())
if job.state == 'SUBMITTED' then
  move(job, time, {'start'}, {of_attempt(job, 'handle'), ARGV[3], of_attempt(job, 'running'), time})
elseif job.state ~= 'RUNNING' or redis.call('HGET', job.key, of_attempt(job, 'handle')) ~= ARGV[3] then
  return stale(job)
end
return {'ok', job.cancel or ''}
