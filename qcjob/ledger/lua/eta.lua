-- When a job will start, behind foresee in every script. docs/rank.md has the formula, and what it rests on.
--
-- A device's hash counts the jobs whose window was stated when they were submitted, `stated`, and those that kept to it,
-- `kept`. `room_before` and `room_behind` are how much room windows leave to either side, in doubts, as the stated ones
-- taught.

local FEW, MANY = 8, 200  -- of the jobs ahead, so many are looked at, evenly spread, by a submit and by who asks
local SAMPLE = 16  -- of those with more ahead of them, one in so many has a window stated at its submit
local HANDOVER = 1000000  -- what a keeper and a worker may take between two jobs
local LATE, STEP = 0.05, 1  -- the share of windows that may be missed on one side, and how fast that is learnt

-- The window in which a WAITING job is thought to start, microseconds since the epoch, and what it is made of: estimated
-- microseconds ahead, microseconds that run yet. Nil where nothing can be said, also where somebody holds the job.
local function forecast(job, line, time_number, most)
  local look = line.waits <= 1 and outlook_of(job.device, time_number)
  if not look then
    return nil
  end
  local work, wait, doubt = work_in(line, most), 0, 0
  if line.ahead + look.taken >= look.slots then
    wait, doubt = look.wait(work, true)
  end
  local start = {
    early = time_number + wait - look.before * doubt, late = time_number + wait + look.behind * doubt, from = time_number,
  }
  local due = line.waits == 1 and tonumber(redis.call('HGET', job.key, 'due') or 0) or 0
  if line.waits == 1 then
    wait_for_its_time(start, job, due, work, look, time_number)
  end
  if wait > 0 or line.waits == 1 then
    wait_for_those_due(start, job, line, look, due, math.min(SOME, most))
  end
  if tier_of(job.score) > 0 then
    foresee(start, job, line, work, look, time_number)
  end
  local early = math.max(start.early, start.from)
  return math.floor(early), math.ceil(math.max(start.late, early)) + HANDOVER, work.sum, look.running.left
end

-- What a submit notes: the window, for every job of a short queue and a sample of a long one; else its beginning alone,
-- from one of the jobs ahead, which says when to ask again.
local function state_start(job, line, time_number)
  local is_told = line.ahead < FEW or tonumber(job.order) % SAMPLE == 0
  local early, late = forecast(job, line, time_number, is_told and FEW or 1)
  if early then
    redis.call('HSET', job.key, 'eta', digits(early) .. (is_told and ' ' .. digits(late) or ''))
  end
  return early and digits(early) or '', early and is_told and digits(late) or ''
end

-- The room that windows leave on one side, after one more of them: the share that is missed comes to LATE in the long run,
-- whatever it hangs on (Gibbs and Candès, 2021).
local function learn(device, room, is_missed)
  local before = tonumber(redis.call('HGET', device, room) or FIRST_ROOM)
  local after = before + STEP * ((is_missed and 1 or 0) - LATE)
  redis.call('HSET', device, room, string.format('%.9g', math.max(LEAST_ROOM, math.min(MOST_ROOM, after))))
end

-- A job is claimed for the first time: whether the window that was stated when it was submitted was kept to. One of a
-- free slot is no wider than the handover, and teaches nothing.
local function keep_score(job, time_number)
  local early, late = string.match(redis.call('HGET', job.key, 'eta') or '', '(%d+) (%d+)')
  if early then
    local device = PREFIX .. 'device:' .. job.device
    early, late = tonumber(early), tonumber(late)
    redis.call('HINCRBY', device, 'stated', 1)
    if early <= time_number and time_number <= late then
      redis.call('HINCRBY', device, 'kept', 1)
    end
    if late - early > HANDOVER then
      learn(device, 'room_before', time_number < early)
      learn(device, 'room_behind', time_number > late)
    end
  end
end

-- Somebody gave the job another place or another device: what was stated counts no more.
local function unstate(job)
  redis.call('HDEL', job.key, 'eta')
end
