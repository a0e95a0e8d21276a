-- Batches, behind accept in the scripts that record their jobs. A batch is accepted whole by one script; so that none
-- runs long, each script records no more than a piece of its jobs, and what is not recorded yet lies in `pending`.

-- The jobs that stand in ARGV from there on, the next ones of their batch.
local function record_piece(batch, customer, at, time_number)
  local key, jobs = PREFIX .. 'batch:' .. batch, {}
  while at <= #ARGV do
    local job
    job, at = job_in(at, customer, time_number)
    job.batch = batch
    jobs[#jobs + 1] = job
  end
  accept(jobs, time_number)
  redis.call('HINCRBY', PREFIX .. 'usage:' .. customer, 'pending', -#jobs)
  local recorded = redis.call('HINCRBY', key, 'recorded', #jobs)
  if recorded == tonumber(redis.call('HGET', key, 'jobs')) then
    redis.call('DEL', PREFIX .. 'pending:' .. batch)
    if redis.call('HEXISTS', key, 'cancel') == 0 then
      redis.call('ZREM', PREFIX .. 'unfinished', batch)
    end
  else
    redis.call('ZADD', PREFIX .. 'unfinished', digits(time_number + BATCH_REST), batch)
  end
  return recorded
end
