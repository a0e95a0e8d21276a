-- Why a WAITING job has not started: everything that its rank and its start depend on, at one moment. ARGV: id, customer or
-- '' for any. Nil where there is no such job of that customer, {'refused', 'not-waiting'}, or pairs of names and values;
-- what is not known is missing.
local job = load_job(ARGV[1])
if not job or (ARGV[2] ~= '' and job.customer ~= ARGV[2]) then
  return false
end
if job.state ~= 'WAITING' then
  return {'refused', 'not-waiting'}
end
local time_number, tier, told = now(), tier_of(job.score), {}
local line = stands(job)

local function say(name, value)
  if value then
    append(told, name, type(value) == 'number' and digits(value) or value)
  end
end

-- How many jobs of each tier a line holds.
local function by_tier(line)
  local counts = {}
  for _, piece in ipairs(line) do
    local key, from, to = unpack(piece)
    local tier_from = tier_of(redis.call('ZRANGE', key, from, from, 'WITHSCORES')[2])
    local tier_to = tier_of(redis.call('ZRANGE', key, to - 1, to - 1, 'WITHSCORES')[2])
    for tier = tier_from, tier_to do
      local up_to = redis.call('ZCOUNT', key, '-inf', digits(tier * TIER_WIDTH + LAST_TAG))
      local count = math.min(to, up_to) - from
      counts[tier], from = (counts[tier] or 0) + count, from + count
    end
  end
  return counts
end

local clock, finish = fair_fields(job, tier)
local fair = redis.call('HMGET', PREFIX .. 'fair:' .. job.device, clock, finish)
local device = redis.call('HMGET', PREFIX .. 'device:' .. job.device, 'slots', 'pace', 'spread', 'paced')
local own = redis.call('HMGET', job.key, 'due', 'not_after', 'eta')
say('device', job.device)
say('customer', job.customer)
say('tier', tier)
say('tag', tonumber(job.score) - tier * TIER_WIDTH)
say('cost', job.cost)
say('charge', job.charge)
say('virtual_time', fair[1] or '0')
say('last_finish', fair[2] or '0')
say('ahead', line.ahead)
for ahead_in, count in pairs(by_tier(line)) do
  say('ahead_' .. ahead_in, count)
end
say('passed_by', line.passed_by)
say('session', job.session)
say('waits', line.waits)
say('due', (line.waits == 1 or tonumber(own[1] or 0) > time_number) and own[1])
say('not_after', own[2])
say('stated', own[3] and string.find(own[3], ' ') and own[3])
say('slots', device[1] or '1')
say('taken', redis.call('ZCARD', PREFIX .. 'leases:' .. job.device) + redis.call('ZCARD', PREFIX .. 'holds:' .. job.device))
say('pace', device[2])
say('spread', device[3])
say('paced', device[4] or '0')
local early, late, work, left = forecast(job, line, time_number, MANY)
say('early', early)
say('late', late)
say('work', work or work_in(line, MANY).sum)
say('left', left or device[2] and work_running(job.device, tonumber(device[2]), time_number).left)
say('at', time_number)
return told
