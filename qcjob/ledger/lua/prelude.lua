-- Shared by every script. MOVES, ENDS, STATES, FINAL, HOLDING and WAKE_UP are put in front of this
-- text by scripts.py, from lifecycle.py, driver.py and wakeup.py: the rules have one home. Times are Redis TIME in
-- microseconds, as numbers in here (exact below 2^53) and as strings of digits in keys.

local PREFIX = 'qcjob:'
local unpack = unpack or table.unpack

local function digits(number)
  return string.format('%.0f', number)
end

local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end

-- The fields that moves need, or nil where there is no such job.
local function load_job(id)
  local key = PREFIX .. 'job:' .. id
  local got = redis.call('HMGET', key, 'state', 'customer', 'device', 'attempt', 'fence', 'created', 'score', 'cancel')
  if not got[1] then
    return nil
  end
  return {
    id = id, key = key, state = got[1], customer = got[2], device = got[3], attempt = got[4],
    fence = got[5], created = got[6], score = got[7], cancel = got[8],
  }
end

-- A field of the current attempt.
local function of_attempt(job, name)
  return 'a' .. job.attempt .. ':' .. name
end

local function append(list, ...)
  for _, item in ipairs({...}) do
    list[#list + 1] = item
  end
  return list
end

local function tell(job, version, state)
  redis.call('XADD', PREFIX .. 'changes', 'MAXLEN', '~', '10000', '*',
    'id', job.id, 'version', digits(version), 'state', state, 'customer', job.customer)
end

-- Something that users see has changed, but not the state.
local function changed(job, time)
  tell(job, redis.call('HINCRBY', job.key, 'version', 1), job.state)
  redis.call('HSET', job.key, 'updated', time)
end

-- The only place where a recorded job's state is written: one event, or several that pass at the same moment, and the
-- fields that change with it. False, and nothing written, where the table has no such moves.
local function move(job, time, events, fields)
  local path, state = {}, job.state
  for at, event in ipairs(events) do
    state = MOVES[state .. ' ' .. event]
    if not state then
      return false
    end
    path[at] = state
  end
  local index = PREFIX .. 'jobs:' .. job.customer .. ':'
  redis.call('ZREM', index .. job.state, job.id)
  redis.call('ZADD', index .. state, job.created, job.id)
  local version = redis.call('HINCRBY', job.key, 'version', #path) - #path
  fields = append(fields or {}, 'state', state, 'updated', time)
  for at, entered in ipairs(path) do
    append(fields, 'h' .. digits(version + at), entered .. ' ' .. time .. ' ' .. job.attempt)
    tell(job, version + at, entered)
  end
  redis.call('HSET', job.key, unpack(fields))
  job.state, job.version = state, version + #path
  if FINAL[state] then
    redis.call('ZADD', PREFIX .. 'ended', time, job.id)
  end
  return true
end

-- How many more jobs the device can take: slots not leased and not held, 0 while it takes none.
local function free_slots(device)
  local known = redis.call('HMGET', PREFIX .. 'device:' .. device, 'slots', 'status')
  if known[2] and HOLDING[known[2]] then
    return 0
  end
  return tonumber(known[1] or 1)
    - redis.call('ZCARD', PREFIX .. 'leases:' .. device) - redis.call('ZCARD', PREFIX .. 'holds:' .. device)
end

local function lapsed_leases(device, time)
  return redis.call('ZCOUNT', PREFIX .. 'leases:' .. device, '-inf', time)
end

local function push_wake_up(device)
  redis.call('LPUSH', device, (string.gsub(WAKE_UP, '@DEVICE@', device)))
end

-- The wake-up invariant: while a job waits and a slot is free, or a lease has lapsed, a wake-up is queued.
local function wake(device, time)
  local lapsed = lapsed_leases(device, time)
  local waiting = redis.call('ZCARD', PREFIX .. 'ready:' .. device)
  if lapsed > 0 or (waiting > 0 and free_slots(device) > 0) then
    if redis.call('LLEN', device) < waiting + lapsed then
      push_wake_up(device)
    end
  end
end

-- Jobs whose not-before time has come are ranked again, at their old score.
local function bring_due(device, time)
  local later = PREFIX .. 'later:' .. device
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', later, '-inf', time, 'LIMIT', 0, 100)) do
    local score = redis.call('HGET', PREFIX .. 'job:' .. id, 'score')
    if score then
      redis.call('ZADD', PREFIX .. 'ready:' .. device, score, id)
    end
    redis.call('ZREM', later, id)
  end
end

local function release_holds(device, time)
  redis.call('ZREMRANGEBYSCORE', PREFIX .. 'holds:' .. device, '-inf', time)
end

-- The fields of an attempt that ends.
local function ended(job, outcome, time)
  return {of_attempt(job, 'ended'), time, of_attempt(job, 'outcome'), outcome}
end

-- A hold is named by the fence too: a job that runs again elsewhere on the device may come to hold two slots.
local function give_back_slot(job, time, hold)
  redis.call('ZREM', PREFIX .. 'leases:' .. job.device, job.id)
  if tonumber(hold) > 0 then
    local name = job.id .. ':' .. job.fence
    redis.call('ZADD', PREFIX .. 'holds:' .. job.device, digits(tonumber(time) + tonumber(hold)), name)
  end
end

-- Everything a descriptor shows: jobs ranked before it (-1 unless WAITING) and the hash.
local function describe(id)
  local key = PREFIX .. 'job:' .. id
  local fields = redis.call('HGETALL', key)
  if #fields == 0 then
    return nil
  end
  local got = redis.call('HMGET', key, 'state', 'device', 'score')
  local ahead = -1
  if got[1] == 'WAITING' then
    local ready = PREFIX .. 'ready:' .. got[2]
    ahead = redis.call('ZRANK', ready, id) or redis.call('ZCOUNT', ready, '-inf', '(' .. got[3])
  end
  return {ahead, fields}
end

-- What a writer gets whose fence is not the job's, or who came too late.
local function stale(job)
  return {'stale', job and job.state or 'GONE', job and job.fence or ''}
end
