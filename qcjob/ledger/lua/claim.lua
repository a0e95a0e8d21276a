-- WAITING -> SUBMITTED of the best-ranked job, or a lapsed lease taken over. ARGV: device, worker, lease microseconds.
-- Answers nil, or {id, fence, 'new' or 'rescue', compiled, the fields a worker needs}.
local device, worker, lease = ARGV[1], ARGV[2], tonumber(ARGV[3])
local time_number = now()
local time = digits(time_number)
local leases = PREFIX .. 'leases:' .. device
local UNSOUND_HOLD = 30000000  -- the device may be busy with a job that nobody can take over

local function hand_over(job, kind, is_out_of_turn)
  local fence = digits(redis.call('INCR', PREFIX .. 'fence'))
  redis.call('ZADD', leases, digits(time_number + lease), job.id)
  if kind == 'rescue' then
    local rescues = of_attempt(job, 'rescues')
    local before = redis.call('HGET', job.key, rescues) or ''
    redis.call('HSET', job.key, 'fence', fence, rescues, before .. time .. ' ' .. fence .. ' ' .. worker .. ';')
    changed(job, time)
  else
    end_deadline(job)
    if not is_out_of_turn then
      advance(job)
    end
    if job.session then
      activate_session(job, time_number)
    end
    if redis.call('HSETNX', job.key, of_attempt(job, 'started'), time) == 1 and job.attempt == '1' then
      keep_score(job, time_number)
    end
    move(job, time, {'claim'}, {'fence', fence, 'claimed', time, of_attempt(job, 'fence'), fence,
      of_attempt(job, 'worker'), worker})
  end
  wake(device, time)
  return {job.id, fence, kind, redis.call('GET', PREFIX .. 'compiled:' .. job.id) or '',
    redis.call('HMGET', job.key, 'state', 'customer', 'attempt', 'shots', 'seed', 'options', 'request', 'cancel',
      of_attempt(job, 'handle'), of_attempt(job, 'marked'), of_attempt(job, 'rescues'), of_attempt(job, 'running'),
      'retries', 'retried', 'on_uncertain', 'part', of_attempt(job, 'advanced'))}
end

release_holds(device, time)
for _, id in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', time, 'LIMIT', 0, 100)) do
  local job = load_job(id)
  if job and not FINAL[job.state] and job.state ~= 'WAITING' then
    if is_sound(job) then
      return hand_over(job, 'rescue')
    end
    redis.call('ZADD', PREFIX .. 'holds:' .. device, digits(time_number + UNSOUND_HOLD), id .. ':' .. (job.fence or ''))
  end
  redis.call('ZREM', leases, id)
end
bring_due(device, time)
if free_slots(device) < 1 then
  return false
end
close_active_session(device, time_number)
for _ = 1, 100 do
  local member, is_out_of_turn = take_best(device, time_number)
  local job = member and load_job(id_of(member))
  if job and job.state == 'WAITING' and job.device == device and is_sound(job) then
    leave_own(job)
    if tonumber(redis.call('ZSCORE', PREFIX .. 'deadlines', job.id) or time_number + 1) <= time_number then
      expire(job, time)
    elseif is_held(job.customer) then
      queue_up(job, false)
      set_aside(job, job.customer)
      unstate(job)
    else
      return hand_over(job, 'new', is_out_of_turn)
    end
  elseif not member then
    return false
  end  -- else it was no job, or not waiting: a fault, but not one to stop for
end
wake(device, time)  -- so many that there may be more of them: another claim goes on
return false
