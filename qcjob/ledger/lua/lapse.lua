-- Ends a lease early, because its worker is known to be gone. ARGV: id, fence. Answers {'ok'} or {'stale', …}.
-- The first time in an attempt it ends at once; what ends one worker after the other is given a growing rest, until
-- the time at most at which the lease would have ended by itself.
local job = load_job(ARGV[1])
if not job or job.fence ~= ARGV[2] or FINAL[job.state] then
  return stale(job)
end
local leases, time_number = PREFIX .. 'leases:' .. job.device, now()
local ends = redis.call('ZSCORE', leases, job.id)
if ends then
  local _, rescues = string.gsub(redis.call('HGET', job.key, of_attempt(job, 'rescues')) or '', ';', '')
  local rest = rescues > 0 and growing(rescues) or 0
  redis.call('ZADD', leases, digits(math.min(tonumber(ends), time_number + rest)), job.id)
end
wake(job.device, digits(time_number))
return {'ok', job.cancel or ''}
