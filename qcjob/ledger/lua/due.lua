-- Jobs that wait for a time to come and may run before another one when it has, behind pace in every script.

-- So many of those whose time comes until then, evenly spread, stand for all: `due`, the `sum` of their costs and of their
-- `squares`, and `is_sure` where they run first anyway; by their times. In its own tier another customer gets no more
-- before the job than its tag is behind where they would begin now, and one job: "nobody starves" in docs/rank.md. A job
-- that has no place yet finds what is left of them, of each customer so much at most: `left`, as one more of them.
local function due_before(job, line, until_time, most)
  local later, tier, room, largest = PREFIX .. 'later:' .. job.device, tier_of(job.score), {}, {}
  local place, count = line.limit or job.score, redis.call('ZCOUNT', later, '-inf', digits(until_time))
  local number, found, left = math.min(count, most), {}, {sum = 0, squares = 0}

  local function add_left(cost)
    left.sum, left.squares = left.sum + cost, left.squares + cost * cost
  end

  -- So many of them come first, and whether they do for sure.
  local function jobs_of(other, jobs, cost)
    local its_tier, who, has_place = tier_of(other.score), other.customer, not is_unranked(other)
    if its_tier > (line.mine and 0 or tier) or is_held(who) then
      return 0, false
    elseif its_tier < tier or has_place or who == job.customer then
      local is_first = its_tier < tier or line.limit  -- or, of the owner's own, those whose time comes first
      if its_tier == tier and has_place then
        is_first = tonumber(other.score) < tonumber(place)
      end
      add_left(is_first and jobs * cost or 0)
      return is_first and jobs or 0, true
    end
    local charge = math.max(1, tonumber(other.charge))
    room[who] = room[who] or tonumber(place) - tier * TIER_WIDTH - next_tag(other, tier) - 1
    if line.limit then
      local owed = math.max(0, room[who]) * cost / charge + cost
      add_left(math.max(0, owed - (largest[who] or 0)))
      largest[who] = math.max(owed, largest[who] or 0)
      return jobs, false
    end
    jobs = room[who] >= 0 and math.min(jobs, room[who] / charge + 1) or 0
    room[who] = room[who] - jobs * charge
    return jobs, false
  end

  for nth = 1, number do
    local at = math.floor((nth - 0.5) * count / number)
    local member = redis.call('ZRANGE', later, at, at, 'WITHSCORES')
    local other = member[1] ~= job.id and load_job(member[1])
    if other then
      local cost = tonumber(other.cost)
      local jobs, is_sure = jobs_of(other, count / number, cost)
      append(found, {due = tonumber(member[2]), sum = jobs * cost, squares = jobs * cost * cost, is_sure = is_sure})
    end
  end
  return found, line.limit and left
end

-- Each moves the late end of the job's window, if its time comes before that; one that runs first for sure the early one
-- too. A job that has a time of its own, `due`, waits for what is left of them by then; `dry` is when the work in sight is
-- done. Looked at twice: as the window moves, the time of more of them comes before it.
local function wait_for_those_due(start, job, line, look, due, most)
  if redis.call('ZCARD', PREFIX .. 'later:' .. job.device) == 0 then
    return
  end

  local function end_of(others, from)
    local early, late = start.early, from
    for _, other in ipairs(others) do
      local wait, doubt = look.wait(other, false)
      if other.is_sure and other.due <= early then
        early = early + math.max(0, wait - look.before * doubt)
      end
      if other.due <= math.max(late, due) then
        late = math.max(late, other.due) + wait + look.behind * doubt
      end
    end
    return early, late
  end

  local from = start.dry or start.late
  local _, late = end_of(due_before(job, line, math.max(from, due), most), from)
  local others, left = due_before(job, line, math.max(late, due), most)
  start.early, late = end_of(others, from)
  local more = math.max(0, late - math.max(from, due))
  if left then
    local wait, doubt = look.wait(left, false)
    more = math.min(more, wait + look.behind * doubt)
  end
  start.late = start.late + more
end
