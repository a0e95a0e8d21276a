-- A part of a job of several is over and another follows: its result is kept, the device is not asked for it again.
-- SUBMITTED -> RUNNING where the device gave it at once. ARGV: id, fence, the part's number from 0, result, packed memory
-- or '', the byte of the job's memory at which it begins. Asked again: the same answer, nothing is kept twice.
local job = load_job(ARGV[1])
if not job or job.fence ~= ARGV[2] or (job.state ~= 'SUBMITTED' and job.state ~= 'RUNNING') then
  return stale(job)
end
local done, number = tonumber(redis.call('HGET', job.key, 'part') or 0), tonumber(ARGV[3])
if done == number + 1 then
  return {'ok', job.cancel or ''}
elseif done ~= number then
  return stale(job)
end
local time = digits(now())
redis.call('RPUSH', PREFIX .. 'parts:' .. job.id, ARGV[4])
keep_memory(job, ARGV[5], ARGV[6])
redis.call('HDEL', job.key, of_attempt(job, 'handle'), of_attempt(job, 'marked'))
local fields = {'part', digits(number + 1), of_attempt(job, 'advanced'), time}
if job.state == 'SUBMITTED' then
  append(fields, of_attempt(job, 'running'), redis.call('HGET', job.key, 'claimed') or time)
  move(job, time, {'start'}, fields)
else
  redis.call('HSET', job.key, unpack(fields))
  changed(job, time)
end
return {'ok', job.cancel or ''}
