-- The next jobs of a batch are cancelled, or asked to stop. ARGV: id, customer or '' for any, how many at most, and, where
-- an operator says so, whose word it is: that stays with the batch, for whoever goes on.
-- Answers {'ok', how many are left}, {'refused'} where all had ended before it was first asked, {'recording'} while jobs are
-- not recorded yet, nil where there is no such batch of that customer.
local id, key = ARGV[1], PREFIX .. 'batch:' .. ARGV[1]
local batch = redis.call('HMGET', key, 'customer', 'jobs', 'recorded', 'cancel', 'asked_to_stop', 'COMPLETED', 'FAILED', 'CANCELLED',
  'cancel_by', 'cancel_key', 'cancel_why')
if not batch[1] or (ARGV[2] ~= '' and batch[1] ~= ARGV[2]) then
  return false
end
local time_number, count = now(), tonumber(batch[2])
local time, stopped = digits(time_number), tonumber(batch[5] or 0)
local word = batch[9] and {by = batch[9], key = batch[10], why = batch[11]}
if not batch[4] then
  local left = count - tonumber(batch[6] or 0) - tonumber(batch[7] or 0) - tonumber(batch[8] or 0)
  if left == 0 then
    return {'refused'}
  end
  if ARGV[4] then
    word = word_from(4)
    redis.call('HSET', key, 'cancel_by', word.by, 'cancel_key', word.key, 'cancel_why', word.why)
    note(word, time, 'cancel', 'batch ' .. id, left .. ' of ' .. count .. ' jobs', 'asked to stop')
  end
  redis.call('HSET', key, 'cancel', time, 'updated', time)
  redis.call('HINCRBY', key, 'version', 1)
  redis.call('ZADD', PREFIX .. 'unfinished', time, id)
end
if batch[3] ~= batch[2] then
  return {'recording'}
end
local devices = {}
for _, job_id in ipairs(redis.call('LRANGE', PREFIX .. 'batched:' .. id, stopped, stopped + tonumber(ARGV[3]) - 1)) do
  local job = load_job(job_id)
  stopped = stopped + 1
  local before = job and job.state
  if job and ask_to_stop(job, time) then
    if word then
      write_on(job, word, time, 'cancel', before, job.state)
    end
    devices[job.device] = true
  end
end
for device in pairs(devices) do
  wake(device, time)
end
redis.call('HSET', key, 'asked_to_stop', digits(stopped))
if stopped == count then
  redis.call('ZREM', PREFIX .. 'unfinished', id)
else
  redis.call('ZADD', PREFIX .. 'unfinished', digits(time_number + BATCH_REST), id)
end
return {'ok', count - stopped}
