-- How long jobs take on a device, behind line in every script.
--
-- A device's hash keeps, of the jobs that COMPLETED, what a microsecond of estimated time came to: `pace`, its mean, and
-- `spread`, the mean of what single jobs were off by, both weighted towards the latest; `paced`, how many there were.

local LEAST_PACED, GAIN = 5, 1 / 16
local UNSEEN = 0.2  -- of a wait: the doubt that is left where every length is known, for nobody knows who comes
local FIRST_ROOM, LEAST_ROOM, MOST_ROOM = 2, 0.25, 30  -- that a window leaves on one side, in doubts; see eta.lua

-- A claimed job COMPLETED: its slot was taken from the claim on.
local function measure(job, time)
  local device = PREFIX .. 'device:' .. job.device
  local taken = tonumber(time) - tonumber(redis.call('HGET', job.key, 'claimed') or time)
  local known = redis.call('HMGET', device, 'pace', 'spread', 'paced')
  local found, count = taken / math.max(1, tonumber(job.cost)), tonumber(known[3] or 0) + 1
  local pace, spread = tonumber(known[1] or found), tonumber(known[2] or 0)
  local off, gain = found - pace, math.max(1 / count, GAIN)
  redis.call('HSET', device, 'pace', string.format('%.9g', pace + gain * off),
    'spread', string.format('%.9g', spread + gain * (math.abs(off) - spread)), 'paced', digits(count))
end

-- The work in a line, of at most so many of its jobs, evenly spread: estimated microseconds `sum`, the sum of their
-- `squares`, the `largest` cost, and what the jobs of each set have that pass, `passing`.
local function work_in(line, most)
  local work = {sum = 0, squares = 0, largest = 0, passing = {}}
  for _, piece in ipairs(line) do
    local key, from, to = unpack(piece)
    local size = to - from
    local count, members = math.min(size, math.max(1, math.floor(most * size / line.ahead))), {}
    if count == size then
      members = redis.call('ZRANGE', key, from, to - 1)
    else
      for number = 1, count do
        local at = from + math.floor((number - 0.5) * size / count)
        append(members, redis.call('ZRANGE', key, at, at)[1])
      end
    end
    for _, member in ipairs(members) do
      local cost = tonumber(redis.call('HGET', PREFIX .. 'job:' .. id_of(member), 'cost') or 0)
      local share = cost * size / count
      work.sum, work.squares = work.sum + share, work.squares + share * cost
      work.largest = math.max(work.largest, cost)
      if piece.passes then
        work.passing[key] = (work.passing[key] or 0) + share
      end
    end
  end
  return work
end

-- What those that run, and slots that are held for jobs that left, take yet: microseconds `left`, the `squares` of their
-- costs and the `largest`; and `had`, since when jobs of each session have run.
local function work_running(device, pace, time_number)
  local running = {left = 0, squares = 0, largest = 0, had = {}}
  for _, id in ipairs(redis.call('ZRANGE', PREFIX .. 'leases:' .. device, 0, 63)) do
    local known = redis.call('HMGET', PREFIX .. 'job:' .. id, 'cost', 'claimed', 'session')
    local cost, taken = tonumber(known[1] or 0), time_number - tonumber(known[2] or time_number)
    running.left = running.left + math.max(0, cost * pace - taken)
    running.squares = running.squares + cost * cost
    running.largest = math.max(running.largest, cost)
    if known[3] then
      running.had[known[3]] = (running.had[known[3]] or 0) + taken
    end
  end
  local holds = redis.call('ZRANGE', PREFIX .. 'holds:' .. device, 0, 63, 'WITHSCORES')
  for at = 2, #holds, 2 do
    running.left = running.left + math.max(0, tonumber(holds[at]) - time_number)
  end
  return running
end

-- What a device is like to those who wait for it; nil where nothing can be said: it takes no jobs, or too few have
-- COMPLETED on it. `wait` tells how long so much work takes, behind what runs or not, and how much that is in doubt.
local function outlook_of(device, time_number)
  local known = redis.call('HMGET', PREFIX .. 'device:' .. device, 'slots', 'status', 'word', 'pace', 'spread', 'paced',
    'seen', 'room_before', 'room_behind')
  local is_silent = time_number - tonumber(known[7] or 0) > STALE
  if known[3] or not known[2] or HOLDING[known[2]] or is_silent or tonumber(known[6] or 0) < LEAST_PACED then
    return nil
  end
  local look = {
    device = device, slots = math.max(1, tonumber(known[1] or 1)), pace = tonumber(known[4]), spread = tonumber(known[5]),
    before = tonumber(known[8] or FIRST_ROOM), behind = tonumber(known[9] or FIRST_ROOM),
    taken = redis.call('ZCARD', PREFIX .. 'leases:' .. device) + redis.call('ZCARD', PREFIX .. 'holds:' .. device),
  }
  look.running = work_running(device, look.pace, time_number)
  look.wait = function(work, is_behind)
    local left = is_behind and look.running.left or 0
    local squares = work.squares + (is_behind and look.running.squares or 0)
    local wait = (left + look.pace * work.sum) / look.slots
    return wait, look.spread * math.sqrt(squares) / look.slots + UNSEEN * wait
  end
  return look
end

