-- SUBMITTED|RUNNING -> COMPLETED, FAILED or CANCELLED; a result that came at once passes through RUNNING.
-- ARGV: id, fence, event, result JSON or '', error code, error message, Celery meta, hold microseconds.
-- Asked again with the same fence and event: the same answer, no second move.
local event = ARGV[3]
local job = load_job(ARGV[1])
if not job or job.fence ~= ARGV[2] then
  return stale(job)
end
if FINAL[job.state] then
  if job.state == ENDS[event] then
    return {'ok', job.cancel or ''}
  end
  return stale(job)
end
if not MOVES[job.state .. ' ' .. event] and MOVES[(MOVES[job.state .. ' start'] or '') .. ' ' .. event] == nil then
  return stale(job)
end
local time = digits(now())
if not MOVES[job.state .. ' ' .. event] then
  redis.call('HSET', job.key, of_attempt(job, 'running'), time)
  move(job, 'start', time)
end
if ARGV[4] ~= '' then
  redis.call('SET', PREFIX .. 'result:' .. job.id, ARGV[4])
end
if event == 'fail' then
  redis.call('HSET', job.key, 'error_code', ARGV[5], 'error_message', ARGV[6])
end
move(job, event, time)
end_attempt(job, string.lower(job.state), time)
give_back_slot(job, time, ARGV[8])
redis.call('PUBLISH', 'celery-task-meta-' .. job.id, ARGV[7])
wake(job.device, time)
return {'ok', job.cancel or ''}
