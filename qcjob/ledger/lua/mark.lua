-- Notes that submit is about to be called, for devices that cannot tell a second submit from the first.
-- ARGV: id, fence. Answers {'ok', cancel asked at or ''} or {'stale', …}.
local job = load_job(ARGV[1])
if not job or job.fence ~= ARGV[2] or job.state ~= 'SUBMITTED' then
  return stale(job)
end
redis.call('HSET', job.key, of_attempt(job, 'marked'), '1')
return {'ok', job.cancel or ''}
