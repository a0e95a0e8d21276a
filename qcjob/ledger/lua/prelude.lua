-- Shared by every script. MOVES, ENDS, STATES, FINAL, HOLDING, WAKE_UP, CANCELLED_META, EXPIRED, TIER_WIDTH, LAST_TAG and
-- ID_CHARACTERS are put in front of this text by scripts.py, from lifecycle.py, driver.py, wakeup.py, meta.py, rank.py
-- and ids.py: the rules have one home. Times are Redis TIME in microseconds, as numbers in here (exact below 2^53) and as strings of digits in keys.

local PREFIX = 'qcjob:'
local count_in_session, spend_in_session  -- of session.lua, behind this
local unpack = unpack or table.unpack

local function digits(number)
  return string.format('%.0f', number)
end

-- How long something waits that happens for the first, second, … time: 0.5 s, doubling to 60 s; in microseconds.
local function growing(times)
  return math.min(60000000, 500000 * 2 ^ (times - 1))
end

local BATCH_REST = 1000000  -- microseconds after which a keeper goes on with a batch whose web has not

local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end

-- The fields that moves need, or nil where there is no such job.
local function load_job(id)
  local key = PREFIX .. 'job:' .. id
  local got = redis.call('HMGET', key, 'state', 'customer', 'device', 'attempt', 'fence', 'created', 'score', 'cancel',
    'order', 'cost', 'charge', 'batch', 'session', 'version')
  if not got[1] then
    return nil
  end
  return {
    id = id, key = key, state = got[1], customer = got[2], device = got[3], attempt = got[4],
    fence = got[5], created = got[6], score = got[7], cancel = got[8],
    order = got[9] or '', cost = got[10] or '0', charge = got[11] or '0', batch = got[12], session = got[13],
    version = got[14],
  }
end

-- Whether the numbers that moves reckon with are numbers. A record that was changed by hand must not stop a device: who
-- meets one leaves it out, and the checkup (qcjob.ledger.checkup) puts it right.
local function is_sound(job)
  if not (STATES[job.state] and job.customer and job.device) then
    return false
  end
  for _, number in ipairs({job.score or '', job.attempt or '', job.created or '', job.version or '', job.cost, job.charge}) do
    if #number > 16 or not string.find(number, '^%d+$') then
      return false
    end
  end
  return true
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
  if job.batch then
    redis.call('XADD', PREFIX .. 'changes', 'MAXLEN', '~', '10000', '*',
      'id', job.id, 'version', digits(version), 'state', state, 'customer', job.customer, 'batch', job.batch)
    return
  end
  redis.call('XADD', PREFIX .. 'changes', 'MAXLEN', '~', '10000', '*',
    'id', job.id, 'version', digits(version), 'state', state, 'customer', job.customer)
end

-- A batch counts how many of its jobs are in each state.
local function count_in_batch(job, from, to, time)
  local batch = PREFIX .. 'batch:' .. job.batch
  redis.call('HINCRBY', batch, from, -1)
  redis.call('HINCRBY', batch, to, 1)
  redis.call('HINCRBY', batch, 'version', 1)
  redis.call('HSET', batch, 'updated', time)
end

-- A job's retention has ended. A batch is kept as long as any of its jobs.
local function leave_batch(id, customer)
  local batch = PREFIX .. 'batch:' .. id
  if redis.call('HINCRBY', batch, 'kept', -1) <= 0 then
    local idempotency = redis.call('HGET', batch, 'idempotency')
    if idempotency and idempotency ~= '' then
      redis.call('DEL', idempotency)
    end
    redis.call('DEL', batch, PREFIX .. 'batched:' .. id, PREFIX .. 'errors:' .. id)
    redis.call('ZREM', PREFIX .. 'batches:' .. customer, id)
  end
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
  if job.batch then
    count_in_batch(job, job.state, state, time)
  end
  if job.session then
    count_in_session(job, job.state, state, tonumber(time))
  end
  job.state, job.version = state, version + #path
  if FINAL[state] then
    if state == 'COMPLETED' then
      redis.call('DEL', PREFIX .. 'parts:' .. job.id) -- they are in its result
    end
    redis.call('ZADD', PREFIX .. 'ended', time, job.id)
    redis.call('HINCRBY', PREFIX .. 'usage:' .. job.customer, 'open', digits(0 - tonumber(job.cost)))
  end
  return true
end

local function day_of(time_number)
  return digits(math.floor(time_number / 86400000000))
end

-- An attempt ends, and its device's time is put down to its customer and to the day. The device had it from `running`
-- on; where it gave the result at once, from the claim on.
local function spend(job, time, at_once)
  local began = redis.call('HGET', job.key, at_once and 'claimed' or of_attempt(job, 'running'))
  if began then
    local usage, spent = PREFIX .. 'usage:' .. job.customer, digits(math.max(0, tonumber(time) - tonumber(began)))
    local day = day_of(tonumber(time))
    if redis.call('HGET', usage, 'day') == day then
      redis.call('HINCRBY', usage, 'used', spent)
    else
      redis.call('HSET', usage, 'day', day, 'used', spent)
    end
    if job.session then
      spend_in_session(job, spent)
    end
  end
end

-- The outcomes of one part's shots, packed, at their place among those of the job.
local function keep_memory(job, packed, at)
  if packed ~= '' then
    redis.call('SETRANGE', PREFIX .. 'memory:' .. job.id, at, packed)
  end
end

-- How many more jobs the device can take: slots not leased and not held, 0 while it takes none, or an operator said so.
local function free_slots(device)
  local known = redis.call('HMGET', PREFIX .. 'device:' .. device, 'slots', 'status', 'word')
  if known[3] or (known[2] and HOLDING[known[2]]) then
    return 0
  end
  return tonumber(known[1] or 1)
    - redis.call('ZCARD', PREFIX .. 'leases:' .. device) - redis.call('ZCARD', PREFIX .. 'holds:' .. device)
end

local function lapsed_leases(device, time)
  return redis.call('ZCOUNT', PREFIX .. 'leases:' .. device, '-inf', time)
end

-- Celery's clients who wait for this job are told that it was cancelled.
local function publish_cancelled(job)
  redis.call('PUBLISH', 'celery-task-meta-' .. job.id, (string.gsub(CANCELLED_META, '@JOB@', job.id)))
end

local function push_wake_ups(device, count)
  local wake_up = string.gsub(WAKE_UP, '@DEVICE@', device)
  for _ = 1, count do
    redis.call('LPUSH', device, wake_up)
  end
end

-- The wake-up invariant: while a job waits and a slot is free, or a lease has lapsed, a wake-up is queued. Where several
-- jobs came at once, as many as can start.
local function wake(device, time, came)
  local lapsed = lapsed_leases(device, time)
  local waiting = redis.call('ZCARD', PREFIX .. 'ready:' .. device)
  local free = waiting > 0 and free_slots(device) or 0
  if lapsed > 0 or free > 0 then
    local missing = waiting + lapsed - redis.call('LLEN', device)
    push_wake_ups(device, math.min(missing, math.max(1, math.min(came or 1, free))))
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

-- What a writer gets whose fence is not the job's, or who came too late.
local function stale(job)
  return {'stale', job and job.state or 'GONE', job and job.fence or ''}
end
