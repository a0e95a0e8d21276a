-- Who runs next, behind the prelude in every script: start-time fair queueing inside a tier of a device.
--
-- A job's score is tier x TIER_WIDTH + tag. Its tag is the later of the tier's virtual time, which is the tag of the last
-- job claimed, and of its customer's last finish tag; this then grows by the job's charge (cost over weight). Equal
-- scores run in the order of submission, which stands in front of the id in the members of a ready set.

local function member_of(job)
  return job.order .. job.id
end

local function id_of(member)
  return string.sub(member, -ID_CHARACTERS)
end

local function tier_of(score)
  return math.floor(tonumber(score) / TIER_WIDTH)
end

local function ready_of(job)
  return PREFIX .. 'ready:' .. job.device
end

local function own_of(job)
  return PREFIX .. 'own:' .. job.device .. ':' .. job.customer
end

local function aside_of(job)
  return PREFIX .. 'aside:' .. job.device .. ':' .. job.customer
end

-- The fields of a tier in its device's `fair` hash: its virtual time, and a customer's last finish tag.
local function fair_fields(job, tier)
  return digits(tier), digits(tier) .. ':' .. job.customer
end

-- A device that has run empty owes nobody anything: its clocks begin again at 0. That is the same order as going on from
-- the largest finish tag given, and keeps tags small.
local function forget_when_empty(device)
  if redis.call('ZCARD', PREFIX .. 'ready:' .. device) == 0 and redis.call('ZCARD', PREFIX .. 'leases:' .. device) == 0
      and redis.call('ZCARD', PREFIX .. 'later:' .. device) == 0
      and redis.call('ZCARD', PREFIX .. 'held:' .. device) == 0 then
    redis.call('UNLINK', PREFIX .. 'fair:' .. device)
  end
end

-- The tag that the customer's next job gets, but for those of theirs that wait.
local function next_tag(job, tier)
  local known = redis.call('HMGET', PREFIX .. 'fair:' .. job.device, fair_fields(job, tier))
  return math.max(tonumber(known[1] or 0), tonumber(known[2] or 0))
end

-- The tag of the last job that the customer has waiting in a tier, -1 for none.
local function last_tag(job, base)
  local last = -1
  for _, key in ipairs({own_of(job), aside_of(job)}) do
    local newest = redis.call('ZREVRANGEBYSCORE', key, digits(base + LAST_TAG), digits(base), 'WITHSCORES', 'LIMIT', 0, 1)
    last = math.max(last, newest[2] and tonumber(newest[2]) - base or -1)
  end
  return last
end

-- Give jobs of one customer and device their places in a tier, in their order: score and order, at the end of what the
-- customer has waiting there. Each moves the next one back by its charge; one that is not ready yet gets no place, only its
-- tier. Their tags grow strictly even where a cancel gave cost back, so one customer's jobs are first come, first served.
local function rank_in_order(jobs, tier)
  local first = jobs[1]
  forget_when_empty(first.device)
  local fair, base, tag = PREFIX .. 'fair:' .. first.device, tier * TIER_WIDTH, next_tag(first, tier)
  local last = last_tag(first, base)
  local order = redis.call('INCRBY', PREFIX .. 'order:' .. first.device, #jobs) - #jobs
  for number, job in ipairs(jobs) do
    if job.is_ready then
      last = math.min(LAST_TAG, math.max(tag, last + 1))
      tag = math.min(LAST_TAG, tag + tonumber(job.charge))
    end
    job.score, job.order = digits(base + (job.is_ready and last or 0)), string.format('%013.0f', order + number)
  end
  local _, finish = fair_fields(first, tier)
  redis.call('HSET', fair, finish, digits(tag))
end

local function rank(job, tier, is_ready)
  job.is_ready = is_ready
  rank_in_order({job}, tier)
end

-- The job is claimed: its tier's virtual time is its tag, unless it had been put back and comes late.
local function advance(job)
  local fair, tier = PREFIX .. 'fair:' .. job.device, tier_of(job.score)
  local clock, tag = digits(tier), tonumber(job.score) - tier * TIER_WIDTH
  if tag > tonumber(redis.call('HGET', fair, clock) or 0) then
    redis.call('HSET', fair, clock, digits(tag))
  end
end

-- A job that waits for its start_after has no place, and is ranked when its time comes: what others were given until then
-- is not owed to it.
local function is_unranked(job)
  return redis.call('HEXISTS', job.key, 'unranked') == 1
end

-- A job that was put back has used its place: what it costs was counted when it was claimed.
local function is_used(job)
  return redis.call('HEXISTS', job.key, 'used') == 1
end

-- The job will not run from its place: its cost goes back to its customer, unless the place was used; but nobody is owed
-- what the device gave to others meanwhile.
local function give_back(job)
  if is_unranked(job) or is_used(job) then
    return
  end
  local fair = PREFIX .. 'fair:' .. job.device
  local clock, finish = fair_fields(job, tier_of(job.score))
  local known = redis.call('HMGET', fair, clock, finish)
  if known[2] then
    local lower = tonumber(known[2]) - tonumber(job.charge)
    redis.call('HSET', fair, finish, digits(math.max(lower, tonumber(known[1] or 0))))
  end
end

-- A WAITING job that may be claimed stands in the ready set, among its customer's own, and in the turn of its session
-- while that is open; one that may not stands aside, if it has a place.
local function queue_up(job, is_ready)
  local member = member_of(job)
  if not is_ready then
    if not is_unranked(job) then
      redis.call('ZADD', aside_of(job), job.score, member)
    end
    return
  end
  redis.call('ZADD', ready_of(job), job.score, member)
  redis.call('ZADD', own_of(job), job.score, member)
  if job.session and is_open(job.session) then
    redis.call('ZADD', turn_of(job.session), job.score, member)
  end
end

-- It is taken out of the ready set: out of the others too.
local function leave_own(job)
  redis.call('ZREM', own_of(job), member_of(job))
  if job.session then
    redis.call('ZREM', turn_of(job.session), member_of(job))
  end
end

-- Whether it could have been claimed.
local function leave_queue(job)
  if redis.call('ZREM', ready_of(job), member_of(job)) == 1 then
    leave_own(job)
    return true
  end
  redis.call('ZREM', aside_of(job), member_of(job))
  return false
end

-- A job that an operator holds stands in `held` under a blank and its id; one whose customer is held, and whose turn has
-- come meanwhile, under that customer's name, a blank and its id. All have the score 0, so they stand by customer.
local function set_aside(job, customer)
  redis.call('ZADD', PREFIX .. 'held:' .. job.device, 0, customer .. ' ' .. job.id)
end

local function is_held(customer)
  return redis.call('HEXISTS', PREFIX .. 'customer:' .. customer, 'held') == 1
end

-- Where a WAITING job stands: it is held, or waits for its time, or is ready.
local function leave_place(job)
  if not leave_queue(job) then
    redis.call('ZREM', PREFIX .. 'later:' .. job.device, job.id)
    redis.call('ZREM', PREFIX .. 'held:' .. job.device, ' ' .. job.id, job.customer .. ' ' .. job.id)
  end
end

local function take_place(job, time)
  local known = redis.call('HMGET', job.key, 'held', 'due')
  local is_later = known[2] and (tonumber(known[2]) > tonumber(time) or is_unranked(job))
  queue_up(job, not known[1] and not is_later)
  if known[1] then
    set_aside(job, '')
  elseif is_later then
    redis.call('ZADD', PREFIX .. 'later:' .. job.device, known[2], job.id)
  end
end

-- A WAITING job leaves its place for one in this tier, on its device as it is by now; one that may not be claimed before a
-- time to come gets it then.
local function rank_anew(job, tier, time)
  local due = redis.call('HGET', job.key, 'due')
  if due and tonumber(due) > tonumber(time) then
    redis.call('HSET', job.key, 'unranked', '1')
  end
  redis.call('HDEL', job.key, 'used')
  rank(job, tier, not is_unranked(job))
  redis.call('HSET', job.key, 'score', job.score, 'order', job.order)
end

-- The jobs of customers who are not held any more are ranked again, at their old place.
local function bring_released(device)
  local held, from = PREFIX .. 'held:' .. device, '[!'
  for _ = 1, 100 do
    local first = redis.call('ZRANGEBYLEX', held, from, '+', 'LIMIT', 0, 1)[1]
    if not first then
      return
    end
    local customer = string.sub(first, 1, -ID_CHARACTERS - 2)
    if not is_held(customer) then
      local members = redis.call('ZRANGEBYLEX', held, '[' .. customer .. ' ', '(' .. customer .. '!', 'LIMIT', 0, 200)
      for _, member in ipairs(members) do
        local job = load_job(id_of(member))
        redis.call('ZREM', held, member)
        if job and job.state == 'WAITING' and is_sound(job) then
          leave_queue(job)
          queue_up(job, true)
        end
      end
    end
    from = '(' .. customer .. '!'
  end
end

-- Jobs whose not-before time has come are ranked again, at their old place; those that had none get one.
local function bring_due(device, time)
  local later = PREFIX .. 'later:' .. device
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', later, '-inf', time, 'LIMIT', 0, 100)) do
    local job = load_job(id)
    if job and is_sound(job) then
      leave_queue(job)
      if is_unranked(job) then
        rank(job, tier_of(job.score), true)
        redis.call('HDEL', job.key, 'unranked')
        redis.call('HSET', job.key, 'score', job.score, 'order', job.order)
      end
      queue_up(job, true)
    end
    redis.call('ZREM', later, id)
  end
end

-- A WAITING job may have a time until which it must be claimed.
local function begin_deadline(job, not_after)
  if not_after then
    redis.call('ZADD', PREFIX .. 'deadlines', not_after, job.id)
  end
end

local function end_deadline(job)
  redis.call('ZREM', PREFIX .. 'deadlines', job.id)
end

-- WAITING -> CANCELLED by this event, with these fields. False, and nothing done, where the job does not wait.
local function withdraw(job, time, event, fields)
  local was_begun = redis.call('HEXISTS', job.key, of_attempt(job, 'started')) == 1  -- put back, and waiting to go on
  fields = was_begun and append(ended(job, 'cancelled', time), unpack(fields)) or fields
  if not move(job, time, {event}, fields) then
    return false
  end
  leave_place(job)
  redis.call('HDEL', job.key, 'held')
  give_back(job)
  end_deadline(job)
  publish_cancelled(job)
  return true
end

-- A job that has not ended, and was not asked before, is cancelled at once where it waits; else the wish is noted.
local function ask_to_stop(job, time)
  if FINAL[job.state] or job.cancel then
    return false
  end
  redis.call('HSET', job.key, 'cancel', time)
  if not withdraw(job, time, 'cancel', {}) then
    changed(job, time)
  end
  return true
end

-- The job's deadline has passed: it will not run.
local function expire(job, time)
  if not withdraw(job, time, 'expire', {'error_code', EXPIRED[1], 'error_message', EXPIRED[2]}) then
    end_deadline(job)
  end
end
