-- SUBMITTED|RUNNING -> COMPLETED, FAILED or CANCELLED; a result that came at once passes through RUNNING.
-- ARGV: id, fence, event, result JSON or '', error code, error message, Celery meta, hold microseconds,
-- packed memory or '', the byte at which it begins.
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
local time = digits(now())
local fields, events = ended(job, string.lower(ENDS[event]), time), {event}
local at_once = not MOVES[job.state .. ' ' .. event]
if at_once then
  events = {'start', event}
  append(fields, of_attempt(job, 'running'), time)
end
if event == 'fail' then
  append(fields, 'error_code', ARGV[5], 'error_message', ARGV[6])
end
if not move(job, time, events, fields) then
  return stale(job)
end
spend(job, time, at_once)
if event == 'complete' then
  measure(job, time)
end
if ARGV[4] ~= '' then
  redis.call('SET', PREFIX .. 'result:' .. job.id, ARGV[4])
  keep_memory(job, ARGV[9], ARGV[10])
end
give_back_slot(job, time, ARGV[8])
redis.call('PUBLISH', 'celery-task-meta-' .. job.id, ARGV[7])
wake(job.device, time)
return {'ok', job.cancel or ''}
