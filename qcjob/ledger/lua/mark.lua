-- Notes that submit is about to be called, for devices that cannot tell a second submit from the first.
-- ARGV: id, fence, and a program where another than the one compiled at submit is about to be run: of that one no part
-- is over yet. Answers {'ok', cancel asked at or ''} or {'stale', …}.
local job = load_job(ARGV[1])
if not job or job.fence ~= ARGV[2] or FINAL[job.state] or job.state == 'WAITING'
    or (job.state == 'RUNNING' and redis.call('HEXISTS', job.key, of_attempt(job, 'handle')) == 1) then
  return stale(job)
end
if ARGV[3] then
  redis.call('SET', PREFIX .. 'compiled:' .. job.id, ARGV[3])
  redis.call('DEL', PREFIX .. 'parts:' .. job.id, PREFIX .. 'memory:' .. job.id)
  redis.call('HDEL', job.key, 'part')
end
redis.call('HSET', job.key, of_attempt(job, 'marked'), '1')
return {'ok', job.cancel or ''}
