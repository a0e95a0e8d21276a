-- What will come between a waiting job and its start, behind due in every script: its own time, a session that is active,
-- windows that are reserved. Each moves the two ends of the window in which it is thought to start: the early one by what is
-- known to run first, the late one by all that may.
--
-- `start` is {early, late, from}, `look` what pace.lua says of the device; all in microseconds.

local WINDOWS = 8  -- so many windows to come are looked at
local SOME = 8  -- so many jobs, evenly spread, stand for others that matter
local KEEPER = 1000000  -- after which it is seen that a job's time has come

-- Until then the job waits anyway. What it finds on the device may have begun the moment before; one that has no place yet
-- gets it then, as if it were submitted then, and those that have its tag now stand for those who will.
local function wait_for_its_time(start, job, due, work, look, time_number)
  local ready = ready_of(job)
  local waiting = redis.call('ZCARD', ready)
  local all = work_in({{ready, 0, waiting}, ahead = waiting}, SOME)
  start.from, start.dry = math.max(start.from, due), time_number + look.wait(all, true)
  if start.dry > due then
    if is_unranked(job) then
      local wait, doubt = look.wait(work, false)
      start.late = due + wait + look.behind * doubt
    end
    start.late = math.max(start.late, due) + look.pace * math.max(all.largest, look.running.largest)
  end
  start.late = math.max(start.late, due) + KEEPER
end

-- The active session may send more as long as it lasts: it is thought to go on having as much of the device as it has had.
local function wait_for_session(start, id, work, look, time_number)
  local known = redis.call('HMGET', session_key(id), 'activated', 'max', 'used')
  local ends = tonumber(known[1] or 0) + tonumber(known[2])
  if start.from >= ends then
    return
  end
  local passing = look.pace * (work.passing[turn_of(id)] or 0) / look.slots
  local had = tonumber(known[3] or 0) + (look.running.had[id] or 0)
  local share = math.min(1, had / math.max(1, time_number - tonumber(known[1])) / look.slots)
  local too_much = math.max(0, passing - (ends - time_number))  -- when it is over, the others come first again
  start.early, start.late = start.early - too_much, start.late - too_much
  local rest, left = start.late - start.from - passing, math.max(0, ends - start.from - passing)
  if rest > 0 then
    start.late = start.late + math.min(share * left, share < 1 and rest * share / (1 - share) or share * left)
  end
end

-- A window of somebody else: they may use all of it, and their last run may go beyond its end; what they have waiting
-- runs first for sure.
local function wait_for_window(start, job, window, work, look, time_number)
  local own, over = PREFIX .. 'own:' .. job.device .. ':' .. window.customer, look.pace * work.largest
  if window.from <= time_number then
    local passing, left = look.pace * (work.passing[own] or 0) / look.slots, window.to - start.from
    start.early = start.early - math.max(0, passing - left)
    start.late = math.max(start.late, start.late - passing + left + over)
    return
  end
  local from = math.max(window.from, start.from)
  if start.late + look.pace * tonumber(job.cost) <= from then
    return
  end
  if math.max(start.early, start.from) >= from then
    local before, count = count_before(own, job), redis.call('ZCARD', own)
    local theirs = work_in({{own, before, count}, ahead = count - before}, SOME)
    start.early = start.early + math.min(look.wait(theirs, false), window.to - from)
  end
  start.late = window.to + math.max(0, start.late - from) + over
end

-- The job's customer has a window to come: there it waits for their own jobs alone, and for what runs over into it.
local function wait_for_own_window(start, job, window, line, look)
  if window.from <= start.from or start.late <= window.from then
    return
  end
  local own = own_of(job)
  local first, before = count_of_tier_0(own), count_before(own, job, line.limit)
  local work = work_in({{own, first, before}, ahead = before - first}, SOME)
  local wait, doubt = look.wait(work, false)
  if window.from + wait < window.to then
    local largest = math.max(work.largest, look.running.largest, tonumber(job.cost))
    local over = look.behind * look.spread * largest
    start.early = math.min(start.early, window.from - look.pace * largest + wait - look.before * doubt)
    start.late = math.min(start.late, window.from + wait + look.behind * doubt + over)
  end
end

-- A job comes first only as long as the session or the window lasts; then it stands where its score puts it.
local function outlast(start, job, line, look, time_number)
  local first, ends = line.mine, nil
  if first.session then
    local known = redis.call('HMGET', session_key(first.session), 'activated', 'max')
    ends = tonumber(known[1] or 0) + tonumber(known[2])
  else
    local window = window_after(job.device, time_number)
    ends = window and window.to
  end
  if ends and start.late > ends then
    local ready = ready_of(job)
    local before = count_before(ready, job, line.limit)
    local wait, doubt = look.wait(work_in({{ready, 0, before}, ahead = before}, SOME), true)
    start.late = math.max(start.late, time_number + wait + look.behind * doubt)
  end
end

local function foresee(start, job, line, work, look, time_number)
  if line.mine then
    outlast(start, job, line, look, time_number)
  end
  for _, first in ipairs(line.behind) do
    if first.session then
      wait_for_session(start, first.session, work, look, time_number)
    end
  end
  local reserved = reservations_of(job.device)
  local ids = redis.call('ZRANGEBYSCORE', reserved, '(' .. digits(start.from), '+inf', 'LIMIT', 0, WINDOWS)
  for _, id in ipairs(ids) do
    local window = window_of(id)
    if window and window.customer ~= job.customer then
      wait_for_window(start, job, window, work, look, time_number)
    elseif window then
      wait_for_own_window(start, job, window, line, look)
    end
  end
end
