-- Sessions, behind the prelude in every script. A session is `waiting` until one of its jobs is claimed while no other
-- session is active on its device, then `active`, and `closed` for ever when its time is over or somebody says so.
--
-- `closing` has the time at which an open one closes by itself if nothing happens before: one whose time runs, and one of
-- whose jobs none waits or runs. Its hash counts its jobs by their state.

local function session_key(id)
  return PREFIX .. 'session:' .. id
end

local function turn_of(id)
  return PREFIX .. 'turn:' .. id
end

local function is_open(id)
  local state = redis.call('HGET', session_key(id), 'state')
  return state and state ~= 'closed'
end

-- Say anew when it closes by itself.
local function watch_session(id, time_number)
  local known = redis.call('HMGET', session_key(id), 'state', 'max', 'idle', 'activated', 'WAITING', 'SUBMITTED', 'RUNNING')
  if not known[1] or known[1] == 'closed' then
    return
  end
  local due = known[4] and tonumber(known[4]) + tonumber(known[2])
  if tonumber(known[5] or 0) + tonumber(known[6] or 0) + tonumber(known[7] or 0) == 0 then
    local idle = time_number + tonumber(known[3])
    due = math.min(due or idle, idle)
  end
  if due then
    redis.call('ZADD', PREFIX .. 'closing', digits(due), id)
  else
    redis.call('ZREM', PREFIX .. 'closing', id)
  end
end

-- One of its jobs goes from one state to another; nil for none, where it joins or leaves the session.
count_in_session = function(job, from, to, time_number)
  local key = session_key(job.session)
  if redis.call('EXISTS', key) == 1 then
    if from then
      redis.call('HINCRBY', key, from, -1)
    end
    if to then
      redis.call('HINCRBY', key, to, 1)
    end
    if not from or not to or FINAL[to] then
      watch_session(job.session, time_number)
    end
  end
end

-- What a session's jobs have had of the device while it is active, microseconds.
spend_in_session = function(job, spent)
  if redis.call('HGET', session_key(job.session), 'state') == 'active' then
    redis.call('HINCRBY', session_key(job.session), 'used', spent)
  end
end

-- Its jobs that wait are ranked as any others from now on.
local function close_session(id, time, why)
  local key = session_key(id)
  local known = redis.call('HMGET', key, 'device', 'customer')
  redis.call('HSET', key, 'state', 'closed', 'closed', time, 'why', why)
  redis.call('ZREM', PREFIX .. 'closing', id)
  redis.call('ZADD', PREFIX .. 'closed', time, id)
  redis.call('UNLINK', turn_of(id))
  redis.call('HINCRBY', PREFIX .. 'usage:' .. known[2], 'sessions', -1)
  local device = PREFIX .. 'device:' .. known[1]
  if redis.call('HGET', device, 'session') == id then
    redis.call('HDEL', device, 'session')
  end
end

-- Close it if its time has come.
local function close_when_due(id, time_number)
  local due = tonumber(redis.call('ZSCORE', PREFIX .. 'closing', id))
  if due and due <= time_number then
    local known = redis.call('HMGET', session_key(id), 'activated', 'max')
    local is_over = known[1] and tonumber(known[1]) + tonumber(known[2]) <= due
    close_session(id, digits(time_number), is_over and 'max-time' or 'idle')
  end
end

local function close_active_session(device, time_number)
  local id = redis.call('HGET', PREFIX .. 'device:' .. device, 'session')
  if id then
    close_when_due(id, time_number)
  end
end

-- The session that is active on a device now, nil for none.
local function active_session(device)
  local id = redis.call('HGET', PREFIX .. 'device:' .. device, 'session')
  if id and tonumber(redis.call('ZSCORE', PREFIX .. 'closing', id) or 0) > now() then
    return id
  end
  return nil
end

-- One of its jobs is claimed: its time begins, unless it has begun, or another session is active.
local function activate_session(job, time_number)
  local key, device = session_key(job.session), PREFIX .. 'device:' .. job.device
  if redis.call('HGET', key, 'state') == 'waiting' and redis.call('HSETNX', device, 'session', job.session) == 1 then
    redis.call('HSET', key, 'state', 'active', 'activated', digits(time_number))
    watch_session(job.session, time_number)
  end
end

-- Its retention is over.
local function forget_session(id)
  local customer = redis.call('HGET', session_key(id), 'customer')
  redis.call('DEL', session_key(id))
  redis.call('ZREM', PREFIX .. 'closed', id)
  redis.call('ZREM', PREFIX .. 'sessions:' .. customer, id)
end

-- Why a new job cannot join the session it names: the end of a refusal. Nil where it can.
local function not_joined(job, time_number)
  close_when_due(job.session, time_number)
  local known = redis.call('HMGET', session_key(job.session), 'customer', 'device', 'state', 'why')
  if known[1] ~= job.customer then
    return {'session', digits(time_number), 'unknown', ''}
  elseif known[2] ~= job.device then
    return {'session', digits(time_number), 'elsewhere', known[2]}
  elseif known[3] == 'closed' then
    return {'session', digits(time_number), 'closed', known[4]}
  end
  return nil
end

-- Everything that is known of a session, as pairs, and when it closes by itself, '' where nothing says so yet.
local function describe_session(id)
  return {redis.call('HGETALL', session_key(id)), redis.call('ZSCORE', PREFIX .. 'closing', id) or ''}
end
