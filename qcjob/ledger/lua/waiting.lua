-- The jobs that wait for a device, in the order in which they would be claimed now; behind them those that wait for a
-- time, by it, and those that are held. ARGV: device, how many, and where the page before ended: its section ('' for the
-- first page), score, member. Answers where this page ends, {} at the end of all; and for each job id, position (-1 for one
-- that is not ready), what it waits for, and the fields that are shown.
local device, most, told = ARGV[1], tonumber(ARGV[2]), {}
local section, score, member = ARGV[3], ARGV[4], ARGV[5]
local LOOKED = 300  -- at so many a page ends, whether or not it is full
local SHOWN = {'customer', 'score', 'cost', 'charge', 'shots', 'created', 'session', 'batch', 'name', 'due', 'why', 'held', 'state'}
local ready, line_of, looked, position, held = PREFIX .. 'ready:' .. device, {}, 0, nil, {}

-- The sections: sets in their order, from which score on, up to which, and the sets that hold those who came before.
local sections = {{name = 'a', key = ready, from = '-inf', to = '(' .. digits(TIER_WIDTH), without = {}}}
for number, first in ipairs(firsts(device)) do
  append(sections, {name = 'b' .. number, key = first.key, from = digits(TIER_WIDTH), to = '+inf', without = {unpack(line_of)}})
  append(line_of, first.key)
end
append(sections, {name = 'c', key = ready, from = digits(TIER_WIDTH), to = '+inf', without = line_of},
  {name = 'd', key = PREFIX .. 'later:' .. device, from = '-inf', to = '+inf', without = {}},
  {name = 'e', key = PREFIX .. 'held:' .. device, from = '-inf', to = '+inf', without = {}})

local function is_elsewhere(found, sets)
  for _, key in ipairs(sets) do
    if redis.call('ZSCORE', key, found) then
      return true
    end
  end
  return false
end

local function is_of_held(customer)
  if held[customer] == nil then
    held[customer] = is_held(customer)
  end
  return held[customer]
end

local function tell_of(found, is_ready)
  local id = id_of(found)
  local fields = redis.call('HMGET', PREFIX .. 'job:' .. id, unpack(SHOWN))
  if fields[13] ~= 'WAITING' then
    return
  end
  if is_ready then
    position = position and position + 1 or line_before(load_job(id), redis.call('ZRANK', ready, found)).ahead + 1
  end
  local waits = fields[12] and 2 or is_of_held(fields[1]) and 3 or is_ready and 0 or 1
  told[#told + 1] = {id, is_ready and position or -1, waits, fields}
end

for _, part in ipairs(sections) do
  if section <= part.name then
    local at = part.from == '-inf' and 0 or redis.call('ZCOUNT', part.key, '-inf', '(' .. part.from)
    if section == part.name then
      local place = {score = score, order = '', id = member}
      at = math.max(at, count_before(part.key, place) + (redis.call('ZSCORE', part.key, member) and 1 or 0))
    end
    local last = part.to == '+inf' and redis.call('ZCARD', part.key) or redis.call('ZCOUNT', part.key, '-inf', part.to)
    while at < last do
      local found = redis.call('ZRANGE', part.key, at, math.min(at + most, last) - 1, 'WITHSCORES')
      for number = 1, #found, 2 do
        if #told == most or looked == LOOKED then
          return {{section, score, member}, told}
        end
        section, member, score = part.name, found[number], digits(tonumber(found[number + 1]))
        looked = looked + 1
        if not is_elsewhere(member, part.without) then
          tell_of(member, part.name < 'd')
        end
      end
      at = at + #found / 2
    end
  end
end
return {{}, told}
