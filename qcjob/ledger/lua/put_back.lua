-- SUBMITTED|RUNNING -> WAITING: surely not started, or as the next attempt; CANCELLED where a cancel was asked for.
-- ARGV: id, fence, 'same' or 'next' attempt, 'now' or 'later', hold microseconds, Celery meta of a cancelled job.
-- Later is 0.5 s, doubling with each put-back to 60 s. Answers {'ok', state} or {'stale', …}.
local job = load_job(ARGV[1])
if not job or job.fence ~= ARGV[2] or job.state == 'WAITING' or FINAL[job.state] then
  return stale(job)
end
local time_number = now()
local time = digits(time_number)
give_back_slot(job, time, ARGV[5])
if job.cancel then
  move(job, time, {'cancelled'}, ended(job, 'cancelled', time))
  redis.call('PUBLISH', 'celery-task-meta-' .. job.id, ARGV[6])
else
  local fields = {}
  if ARGV[3] == 'next' then
    fields = ended(job, 'put_back', time)
    job.attempt = digits(tonumber(job.attempt) + 1)
    append(fields, 'attempt', job.attempt)
  else
    redis.call('HDEL', job.key, of_attempt(job, 'handle'), of_attempt(job, 'marked'), of_attempt(job, 'running'))
  end
  redis.call('HDEL', job.key, 'fence')
  move(job, time, {'put_back'}, fields)
  if ARGV[4] == 'later' then
    local delay = math.min(60000000, 500000 * 2 ^ (redis.call('HINCRBY', job.key, 'put_backs', 1) - 1))
    redis.call('ZADD', PREFIX .. 'later:' .. job.device, digits(time_number + delay), job.id)
  else
    redis.call('ZADD', PREFIX .. 'ready:' .. job.device, job.score, job.id)
  end
  -- A device that is unavailable for days must not grow the history without end: of an old round WAITING -> SUBMITTED
  -- -> WAITING the last two are dropped, which leaves a path of the table. Two places are looked at because a version
  -- that was no move shifts the rounds by one.
  for old = job.version - 400, job.version - 399 do
    local first, second = 'h' .. digits(old), 'h' .. digits(old + 1)
    local round = redis.call('HMGET', job.key, first, second)
    if string.find(round[1] or '', '^SUBMITTED') and string.find(round[2] or '', '^WAITING') then
      redis.call('HDEL', job.key, first, second)
    end
  end
end
wake(job.device, time)
return {'ok', job.state}
