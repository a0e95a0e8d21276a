-- Who stands before whom, behind rank in every script. Jobs run by their scores; but behind tier 0 some come first: those
-- of whoever holds a reservation, in its window, then those of the session that is active on the device. Nothing is
-- ranked anew when a window or a session begins or ends: the line before a job is made of pieces of sorted sets.

-- Those who come first on a device, the first ones first: the set of their ready jobs; whose jobs they are; and `line`, the
-- sets that hold theirs and those of all before them, each job once.
local function firsts(device, time_number)
  local session = active_session(device)
  local holder = holder_now(device, session, time_number)
  if not session and not holder then
    return {}
  end
  local turn, own = session and turn_of(session), holder and PREFIX .. 'own:' .. device .. ':' .. holder
  if not holder then
    return {{key = turn, session = session, line = {turn}}}
  elseif not session then
    return {{key = own, customer = holder, line = {own}}}
  elseif redis.call('HGET', session_key(session), 'customer') == holder then
    return {{key = turn, session = session, line = {turn}}, {key = own, customer = holder, line = {own}}}
  end
  return {{key = own, customer = holder, line = {own}}, {key = turn, session = session, line = {own, turn}}}
end

local function comes_first(job, first)
  return first.customer == job.customer or (first.session and first.session == job.session)
end

-- Take the member out of the ready set that runs next, nil where there is none; and whether others of its tier have a
-- better score. A member that is in the set of those who come first, but not ready, is taken out of there.
local function take_best(device, time_number)
  local ready, list = PREFIX .. 'ready:' .. device, firsts(device, time_number)
  if #list == 0 then
    return redis.call('ZPOPMIN', ready)[1], false
  end
  local best = redis.call('ZRANGE', ready, 0, 0, 'WITHSCORES')
  if best[1] and tier_of(best[2]) > 0 then
    for _, first in ipairs(list) do
      local found = redis.call('ZRANGEBYSCORE', first.key, digits(TIER_WIDTH), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
      if found[1] then
        best = found
        redis.call('ZREM', first.key, found[1])
        break
      end
    end
  end
  if best[1] then
    redis.call('ZREM', ready, best[1])
    local base = tier_of(best[2]) * TIER_WIDTH
    return best[1], redis.call('ZCOUNT', ready, digits(base), '(' .. best[2]) > 0
  end
  return nil, false
end

-- How many of a set stand before a job, whether or not it is in there; with `limit`, those up to that score.
local function count_before(key, job, limit)
  if limit then
    return redis.call('ZCOUNT', key, '-inf', limit)
  end
  local member = member_of(job)
  local found = redis.call('ZRANK', key, member)
  if found then
    return found
  end
  local low = redis.call('ZCOUNT', key, '-inf', '(' .. job.score)
  local high = low + redis.call('ZCOUNT', key, job.score, job.score)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if redis.call('ZRANGE', key, middle, middle)[1] < member then
      low = middle + 1
    else
      high = middle
    end
  end
  return low
end

local function count_of_tier_0(key)
  return redis.call('ZCOUNT', key, '-inf', '(' .. digits(TIER_WIDTH))
end

-- The pieces of the line before a job, in order: {set, from rank, to rank, that one excluded}; `ahead`, how many jobs they
-- hold; and `passed_by`, how many of those would run behind it by their scores: they are in pieces that say `passes`. Of
-- those who come first on the device, `behind` are those that it stands behind, `mine` the one that it is of.
-- `rank` is the job's in the ready set, where it is in there; before one that has no place yet stand those up to `limit`.
local function line_before(job, rank, limit)
  local ready, line, earlier = ready_of(job), {ahead = 0, passed_by = 0, behind = {}, limit = limit}, nil
  if tier_of(job.score) > 0 then
    for _, first in ipairs(firsts(job.device)) do
      if comes_first(job, first) then
        line.mine = first
        break
      end
      append(line.behind, first)
      earlier = first.line
    end
  end
  local mine = line.mine and line.mine.line

  local function piece(key, from, to, passes)
    if from < to then
      line[#line + 1] = {key, from, to, passes = passes}
      line.ahead = line.ahead + to - from
    end
  end

  if mine then
    piece(ready, 0, count_of_tier_0(ready))
    for _, key in ipairs(mine) do
      piece(key, count_of_tier_0(key), count_before(key, job, limit))
    end
  else
    piece(ready, 0, rank or count_before(ready, job, limit))
  end
  for _, key in ipairs(earlier or {}) do
    local before, count = count_before(key, job, limit), redis.call('ZCARD', key)
    piece(key, before, count, true)
    line.passed_by = line.passed_by + count - before
  end
  return line
end

-- The line before a WAITING job, and what keeps it from being claimed, `waits`: 1 a time to come, 2 an operator holds it, 3
-- holds its customer, else 0. One that is not ready stands where it would be if it were.
local function stands(job)
  local waits, limit, rank = 0, nil, redis.call('ZRANK', ready_of(job), member_of(job))
  if not rank then
    local tier = tier_of(job.score)
    limit = is_unranked(job) and digits(tier * TIER_WIDTH + next_tag(job, tier)) or nil
    waits = redis.call('HEXISTS', job.key, 'held') == 1 and 2 or 1
  end
  local line = line_before(job, rank, limit)
  line.waits = waits ~= 2 and is_held(job.customer) and 3 or waits
  return line
end

-- Everything a descriptor shows: where it stands (-1 and 0 unless WAITING), and the hash between the two.
local function describe(id)
  local fields = redis.call('HGETALL', PREFIX .. 'job:' .. id)
  if #fields == 0 then
    return nil
  end
  local job = load_job(id)
  if job.state ~= 'WAITING' then
    return {-1, fields, 0}
  end
  local line = stands(job)
  return {line.ahead, fields, line.waits}
end
