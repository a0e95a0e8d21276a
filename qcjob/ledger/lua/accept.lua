-- CREATED -> WAITING, behind acts in the scripts that accept jobs: one, or several of one customer in their order. What
-- several have in common is asked and written once: that makes each of many cheap.

-- The job that stands in ARGV from there on, and where the next one would: id, device, tier, cost (estimated
-- microseconds), charge (cost over weight), start_after, not_after and session ('' for none), program, compiled,
-- the number of items that its hash gets, these as pairs.
local function job_in(at, customer, time_number)
  local job = {
    id = ARGV[at], key = PREFIX .. 'job:' .. ARGV[at], customer = customer, device = ARGV[at + 1],
    tier = tonumber(ARGV[at + 2]), cost = ARGV[at + 3], charge = ARGV[at + 4],
    start_after = tonumber(ARGV[at + 5]), not_after = tonumber(ARGV[at + 6]),
    session = ARGV[at + 7] ~= '' and ARGV[at + 7] or nil, program = ARGV[at + 8], compiled = ARGV[at + 9],
  }
  job.is_ready = not job.start_after or job.start_after <= time_number
  local behind = at + 11 + tonumber(ARGV[at + 10])
  job.fields = {unpack(ARGV, at + 11, behind - 1)}
  return job, behind
end

-- Why the customer may not have so many more jobs wait, of that cost together: the end of a refusal. Nil where they may.
-- The quotas are '' for none: of waiting jobs, and of microseconds a day.
local function over_quota(customer, count, cost, most_waiting, most_used, time_number)
  local usage = PREFIX .. 'usage:' .. customer
  if most_waiting ~= '' then
    local waiting = redis.call('ZCARD', PREFIX .. 'jobs:' .. customer .. ':' .. MOVES['CREATED accept'])
      + tonumber(redis.call('HGET', usage, 'pending') or 0)
    if waiting + count > tonumber(most_waiting) then
      return {'jobs_waiting', digits(time_number), waiting}
    end
  end
  if most_used ~= '' then
    local used = redis.call('HMGET', usage, 'day', 'used', 'open')
    local today = used[1] == day_of(time_number) and used[2] or '0'
    if tonumber(today) + tonumber(used[3] or 0) + cost > tonumber(most_used) then
      return {'device_seconds', digits(time_number), today, used[3] or '0'}
    end
  end
  return nil
end

-- Jobs by their device, each row in its order, and the devices as they came.
local function by_device(jobs)
  local rows, devices = {}, {}
  for _, job in ipairs(jobs) do
    local row = rows[job.device]
    if not row then
      row = {}
      rows[job.device], devices[#devices + 1] = row, job.device
    end
    row[#row + 1] = job
  end
  return rows, devices
end

local function write(job, time_number, state)
  local time, fields = digits(time_number), job.fields
  if job.session then
    append(fields, 'session', job.session)
    count_in_session(job, nil, state, time_number)
  end
  if job.start_after then
    append(fields, 'start_after', digits(job.start_after))
  end
  if not job.is_ready then
    append(fields, 'due', digits(job.start_after), 'unranked', '1')
    redis.call('ZADD', PREFIX .. 'later:' .. job.device, digits(job.start_after), job.id)
  end
  if job.not_after then
    append(fields, 'not_after', digits(job.not_after))
    begin_deadline(job, digits(job.not_after))
  end
  redis.call('HSET', job.key, 'customer', job.customer, 'device', job.device, 'attempt', '1', 'created', time,
    'updated', time, 'score', job.score, 'order', job.order, 'cost', job.cost, 'charge', job.charge,
    'state', state, 'version', '1', 'h1', state .. ' ' .. time .. ' 1', unpack(fields))
end

-- Jobs of one device, all new and in their order, begin to wait. What the first one stands at: how many are ahead, what it
-- waits for, and the window in which it is thought to start; those behind it begin no earlier.
local function line_up(jobs, device, time_number)
  local first, told = jobs[1], nil
  local time, ready = digits(time_number), {}
  for _, job in ipairs(jobs) do
    if not job.is_ready or job.session then
      queue_up(job, job.is_ready)
    end
    if job.is_ready then
      ready[#ready + 1], ready[#ready + 2] = job.score, member_of(job)
    end
  end
  if #ready > 0 then
    redis.call('ZADD', ready_of(first), unpack(ready))
    redis.call('ZADD', own_of(first), unpack(ready))
  end
  redis.call('SADD', PREFIX .. 'devices', device)
  wake(device, time, #ready / 2)
  for _, job in ipairs(jobs) do
    if not told then
      local line = stands(job)
      told = {line.ahead, line.waits, state_start(job, line, time_number)}
    elseif first.is_ready and job.is_ready and told[3] ~= '' then
      redis.call('HSET', job.key, 'eta', told[3])
    end
  end
  return told
end

-- Record, rank, index, tell, wake: jobs of one customer in one tier. The caller has counted their cost, `open`. Answers what
-- line_up says of the first device.
local function accept(jobs, time_number)
  local time, state, index = digits(time_number), MOVES['CREATED accept'], PREFIX .. 'jobs:' .. jobs[1].customer
  local rows, devices = by_device(jobs)
  for _, device in ipairs(devices) do
    rank_in_order(rows[device], jobs[1].tier)
  end
  local texts, listed = {}, {}
  for number, job in ipairs(jobs) do
    write(job, time_number, state)
    local at = 4 * number
    texts[at - 3], texts[at - 2] = PREFIX .. 'program:' .. job.id, job.program
    texts[at - 1], texts[at] = PREFIX .. 'compiled:' .. job.id, job.compiled
    listed[2 * number - 1], listed[2 * number] = time, job.id
    tell(job, 1, state)
  end
  redis.call('MSET', unpack(texts))
  redis.call('ZADD', index, unpack(listed))
  redis.call('ZADD', index .. ':' .. state, unpack(listed))
  local told
  for _, device in ipairs(devices) do
    local found = line_up(rows[device], device, time_number)
    told = told or found
  end
  return told
end
