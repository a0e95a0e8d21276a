-- Lets a lease end at once, because its worker is known to be gone. ARGV: id, fence. Answers {'ok'} or {'stale', …}.
local job = load_job(ARGV[1])
if not job or job.fence ~= ARGV[2] or FINAL[job.state] then
  return stale(job)
end
local time = digits(now())
redis.call('ZADD', PREFIX .. 'leases:' .. job.device, 'XX', time, job.id)
wake(job.device, time)
return {'ok', job.cancel or ''}
