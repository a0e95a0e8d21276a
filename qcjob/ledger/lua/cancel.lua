-- WAITING -> CANCELLED at once; of a SUBMITTED or RUNNING job the wish is noted. ARGV: id, customer or '' for any,
-- Celery meta of a cancelled job. Answers what `describe` does, nil where there is no such job of that customer.
local job = load_job(ARGV[1])
if not job or (ARGV[2] ~= '' and job.customer ~= ARGV[2]) then
  return false
end
if not FINAL[job.state] and not job.cancel then
  local time = digits(now())
  local put_back = redis.call('HEXISTS', job.key, of_attempt(job, 'started')) == 1  -- and waiting to go on
  redis.call('HSET', job.key, 'cancel', time)
  if move(job, time, {'cancel'}, put_back and ended(job, 'cancelled', time)) then
    redis.call('ZREM', PREFIX .. 'ready:' .. job.device, job.id)
    redis.call('ZREM', PREFIX .. 'later:' .. job.device, job.id)
    redis.call('PUBLISH', 'celery-task-meta-' .. job.id, ARGV[3])
  else
    changed(job, time)
  end
  wake(job.device, time)
end
return describe(job.id)
