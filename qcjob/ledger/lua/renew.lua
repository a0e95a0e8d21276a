-- Keeps the lease. ARGV: id, fence, lease microseconds. Answers {'ok', cancel asked at or ''} or {'stale', …}.
local job = load_job(ARGV[1])
if not job or job.fence ~= ARGV[2] or FINAL[job.state] then
  return stale(job)
end
redis.call('ZADD', PREFIX .. 'leases:' .. job.device, 'XX', digits(now() + tonumber(ARGV[3])), job.id)
return {'ok', job.cancel or ''}
