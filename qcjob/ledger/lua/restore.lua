-- The record of a job that was changed by hand is put right. ARGV: id; error code, message and Celery meta where the job
-- is to be ended, each '' where it is not; then for each field its name, '=' and what stands there or '' for nothing, '='
-- and what it becomes or '' where it is to go. What stood there is kept in `damaged:<id>`. Answers 1; 0, and nothing is
-- written, where the record has changed meanwhile.
local id = ARGV[1]
local key, aside = PREFIX .. 'job:' .. id, PREFIX .. 'damaged:' .. id
for at = 5, #ARGV, 3 do
  local found = redis.call('HGET', key, ARGV[at])
  if (found and '=' .. found or '') ~= ARGV[at + 1] then
    return 0
  end
end
local time = digits(now())
redis.call('HSETNX', aside, 'at', time)
for at = 5, #ARGV, 3 do
  if ARGV[at + 1] ~= '' then
    redis.call('HSETNX', aside, ARGV[at], string.sub(ARGV[at + 1], 2))
  end
  if ARGV[at + 2] ~= '' then
    redis.call('HSET', key, ARGV[at], string.sub(ARGV[at + 2], 2))
  else
    redis.call('HDEL', key, ARGV[at])
  end
end
local job = load_job(id)
changed(job, time)
if ARGV[2] ~= '' and not FINAL[job.state] then
  local fields = {'error_code', ARGV[2], 'error_message', ARGV[3]}
  if job.state == 'WAITING' then
    local fence = digits(redis.call('INCR', PREFIX .. 'fence'))
    append(fields, 'fence', fence, of_attempt(job, 'fence'), fence, of_attempt(job, 'worker'), 'doctor',
      of_attempt(job, 'started'), time)
    leave_place(job)
    end_deadline(job)
    move(job, time, {'claim', 'fail'}, append(fields, unpack(ended(job, 'failed', time))))
  else
    give_back_slot(job, time, '30000000')  -- the device may be busy with it still
    move(job, time, {'fail'}, append(fields, unpack(ended(job, 'failed', time))))
  end
  redis.call('PUBLISH', 'celery-task-meta-' .. id, ARGV[4])
  wake(job.device, time)
end
return 1
