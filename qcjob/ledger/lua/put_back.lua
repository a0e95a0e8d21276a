-- SUBMITTED|RUNNING -> WAITING; CANCELLED where a cancel was asked for. ARGV: id, fence, how, hold microseconds,
-- why, error code or ''. How: 'now' and 'later' are the same attempt, surely not started;
-- 'retry' and 'rerun' end it with that error, the next one comes later. Later is 0.5 s, doubling to 60 s with each
-- put-back of the attempt, or with each attempt. Answers {'ok', state} or {'stale', …}.
local job = load_job(ARGV[1])
if not job or job.fence ~= ARGV[2] or job.state == 'WAITING' or FINAL[job.state] then
  return stale(job)
end
local how, why, code = ARGV[3], ARGV[5], ARGV[6]
local time_number = now()
local time = digits(time_number)
give_back_slot(job, time, ARGV[4])
if job.cancel or how == 'retry' or how == 'rerun' or job.state == 'RUNNING' then
  spend(job, time)
end
if job.cancel then
  move(job, time, {'cancelled'}, ended(job, 'cancelled', time))
  publish_cancelled(job)
else
  local fields, round = {}, nil
  if how == 'retry' or how == 'rerun' then
    round = tonumber(job.attempt)
    fields = ended(job, 'put_back', time)
    append(fields, of_attempt(job, 'error_code'), code, of_attempt(job, 'error_message'), why)
    job.attempt = digits(round + 1)
    append(fields, 'attempt', job.attempt)
    why = code .. ': ' .. why
    if how == 'retry' then
      redis.call('HINCRBY', job.key, 'retried', 1)
    end
  else
    redis.call('HDEL', job.key, of_attempt(job, 'handle'), of_attempt(job, 'marked'), of_attempt(job, 'running'),
      of_attempt(job, 'advanced'))
    round = how == 'later' and redis.call('HINCRBY', job.key, of_attempt(job, 'put_backs'), 1)
  end
  if round then
    local due = digits(time_number + growing(round))
    append(fields, 'due', due, 'why', why)
    redis.call('ZADD', PREFIX .. 'later:' .. job.device, due, job.id)
  end
  queue_up(job, not round)
  begin_deadline(job, redis.call('HGET', job.key, 'not_after'))
  redis.call('HDEL', job.key, 'fence')
  move(job, time, {'put_back'}, append(fields, 'used', '1'))
  -- A device that is unavailable for days must not grow the history without end: of an old round WAITING -> SUBMITTED
  -- -> WAITING the last two are dropped, which leaves a path of the table. Two places are looked at because a version
  -- that was no move shifts the rounds by one.
  for old = job.version - 400, job.version - 399 do
    local first, second = 'h' .. digits(old), 'h' .. digits(old + 1)
    local moves = redis.call('HMGET', job.key, first, second)
    if string.find(moves[1] or '', '^SUBMITTED') and string.find(moves[2] or '', '^WAITING') then
      redis.call('HDEL', job.key, first, second)
    end
  end
end
wake(job.device, time)
return {'ok', job.state}
