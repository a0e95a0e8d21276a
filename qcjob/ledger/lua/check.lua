-- One job held against every set that should or should not name it. ARGV: id, 'repair' or '', a lease in microseconds. Answers the findings as
-- pairs {what is wrong, what mends it or ''}; asked to, it mends them in the same breath.
local id, repair, lease = ARGV[1], ARGV[2] == 'repair', tonumber(ARGV[3])
local job = load_job(id)
if not job then
  return {}
end
local findings = {}
local time = digits(now())

-- A finding, and what mends it: a list of Redis commands; none where nothing can.
local function find(what, mend, ...)
  findings[#findings + 1] = {what, mend}
  if repair then
    for _, command in ipairs({...}) do
      redis.call(unpack(command))
    end
  end
end

local function named_in(key, member)
  return redis.call('ZSCORE', key, member or id)
end

local ready, later, own, aside = ready_of(job), PREFIX .. 'later:' .. job.device, own_of(job), aside_of(job)
local leases, index = PREFIX .. 'leases:' .. job.device, PREFIX .. 'jobs:' .. job.customer
local deadline, deadlines = redis.call('HGET', job.key, 'not_after'), PREFIX .. 'deadlines'
local held, is_held_itself = PREFIX .. 'held:' .. job.device, redis.call('HEXISTS', job.key, 'held') == 1
local is_set_aside = redis.call('ZSCORE', held, ' ' .. id) or redis.call('ZSCORE', held, job.customer .. ' ' .. id)
local function stands_elsewhere(key, name, score)
  local found = named_in(key, name)
  return found and score and tonumber(found) ~= tonumber(score)
end

local claimed = job.state == 'SUBMITTED' or job.state == 'RUNNING'
local member = member_of(job)
local ranked, turn = named_in(ready, member), job.session and turn_of(job.session)
local unranked, due = is_unranked(job), redis.call('HGET', job.key, 'due') or time
if job.state == 'WAITING' then
  if not ranked and not named_in(later) and not is_set_aside then
    find('is WAITING and in no ready set: it would never be claimed', 'rank it again',
      unranked and {'ZADD', later, due, id} or {'ZADD', ready, job.score, member})
    ranked = not unranked
  end
  if is_held_itself and not redis.call('ZSCORE', held, ' ' .. id) then
    find('is held and not set aside: it would be claimed', 'set it aside', {'ZREM', ready, member},
      {'ZREM', later, id}, {'ZADD', held, 0, ' ' .. id})
    ranked = false
  end
  local mine, other = ranked and own or aside, ranked and aside or own
  if unranked then
    if ranked or named_in(own, member) or named_in(aside, member) then
      find('waits for its time and has a place already', 'take it out', {'ZREM', ready, member}, {'ZREM', own, member},
        {'ZREM', aside, member}, is_set_aside and {'ZREM', later, id} or {'ZADD', later, due, id})
      ranked = false
    end
  elseif not named_in(mine, member) or named_in(other, member) then
    find('is WAITING and not where it should be among its customer\'s own', 'name it there',
      {'ZADD', mine, job.score, member}, {'ZREM', other, member})
  end
  if turn and is_open(job.session) and not named_in(turn, member) ~= not ranked then
    find('is WAITING and wrong in the turn of its session', 'put that right',
      ranked and {'ZADD', turn, job.score, member} or {'ZREM', turn, member})
  end
  for _, place in ipairs({{ready, member, job.score}, {own, member, job.score}, {aside, member, job.score},
      {later, id, redis.call('HGET', job.key, 'due')}}) do
    if stands_elsewhere(unpack(place)) then
      find('is WAITING and does not stand at its own place in ' .. place[1], 'put it there', {'ZADD', place[1], place[3], place[2]})
    end
  end
  if deadline and (not named_in(deadlines) or stands_elsewhere(deadlines, id, deadline)) then
    find('is WAITING and its deadline would pass unseen', 'watch its deadline', {'ZADD', deadlines, deadline, id})
  end
  if named_in(leases) then
    find('is WAITING and holds a lease', 'end the lease', {'ZREM', leases, id})
  end
else
  local in_turn = turn and named_in(turn, member)
  if ranked or named_in(later) or named_in(own, member) or named_in(aside, member) or in_turn or is_set_aside then
    find('is ' .. job.state .. ' and still ranked', 'unrank it', {'ZREM', ready, member}, {'ZREM', later, id},
      {'ZREM', own, member}, {'ZREM', aside, member}, {'ZREM', held, ' ' .. id, job.customer .. ' ' .. id},
      {'ZREM', turn or own, member})
  end
  if named_in(deadlines) then
    find('is ' .. job.state .. ' and its deadline is still watched', 'forget the deadline', {'ZREM', deadlines, id})
  end
  if claimed and not named_in(leases) then
    find('is ' .. job.state .. ' and nobody holds it: it would stay so', 'let a worker rescue it', {'ZADD', leases, time, id})
  end
  if claimed and tonumber(named_in(leases) or 0) > tonumber(time) + lease + 60000000 then
    find('is ' .. job.state .. ' by a lease that ends later than any: a lost worker would not be missed', 'shorten it',
      {'ZADD', leases, digits(tonumber(time) + lease), id})
  end
  if not claimed and named_in(leases) then
    find('is ' .. job.state .. ' and still takes a slot', 'give the slot back', {'ZREM', leases, id})
  end
end
if FINAL[job.state] and not named_in(PREFIX .. 'ended') then
  find('ended, but its retention never will', 'start its retention', {'ZADD', PREFIX .. 'ended', time, id})
end
if not FINAL[job.state] and named_in(PREFIX .. 'ended') then
  find('has not ended, but would be deleted', 'end its retention', {'ZREM', PREFIX .. 'ended', id})
end
local fences, given = {job.fence or '0', redis.call('HGET', job.key, of_attempt(job, 'fence')) or '0'}, PREFIX .. 'fence'
local highest = math.max(tonumber(fences[1]) or 0, tonumber(fences[2]) or 0)
if highest > (tonumber(redis.call('GET', given) or 0) or 0) then
  find('has a fence, ' .. digits(highest) .. ', that is not given yet: another claim would get the same', 'count on from there',
    {'SET', given, digits(highest)})
end
local orders = PREFIX .. 'order:' .. job.device
if job.state == 'WAITING' and (tonumber(job.order) or 0) > (tonumber(redis.call('GET', orders) or 0) or 0) then
  find('has an order that is not given yet: another job would get the same', 'count on from there',
    {'SET', orders, digits(tonumber(job.order))})
end
if stands_elsewhere(index, id, job.created) then
  find('does not stand at its time in its customer\'s list', 'list it there', {'ZADD', index, job.created, id})
end
if not named_in(index) then
  find('is missing in its customer\'s list', 'list it', {'ZADD', index, job.created, id})
end
for state in pairs(STATES) do
  if stands_elsewhere(index .. ':' .. state, id, job.created) then
    find('does not stand at its time in the list of ' .. state .. ' jobs', 'list it there', {'ZADD', index .. ':' .. state, job.created, id})
  end
  local key = index .. ':' .. state
  if state == job.state and not named_in(key) then
    find('is missing in the list of ' .. state .. ' jobs', 'list it', {'ZADD', key, job.created, id})
  elseif state ~= job.state and named_in(key) then
    find('is ' .. job.state .. ' but listed as ' .. state, 'unlist it', {'ZREM', key, id})
  end
end
if redis.call('EXISTS', PREFIX .. 'program:' .. id, PREFIX .. 'compiled:' .. id) < 2 then
  find('has lost its program', '')
end
if job.state == 'COMPLETED' and redis.call('EXISTS', PREFIX .. 'result:' .. id) == 0 then
  find('is COMPLETED but its result is gone', '')
end
if repair and #findings > 0 then
  wake(job.device, time)
end
return findings
