-- One reservation held against the windows of its device. ARGV: id, 'repair' or ''. Answers and mends as check.lua does.
local known = redis.call('HMGET', PREFIX .. 'reservation:' .. ARGV[1], 'device', 'to')
local ends = known[1] and redis.call('ZSCORE', reservations_of(known[1]), ARGV[1])
if not known[1] or (ends and tonumber(ends) == tonumber(known[2])) then
  return {}
end
if ARGV[2] == 'repair' then
  redis.call('ZADD', reservations_of(known[1]), known[2], ARGV[1])
end
return {{'is not among the windows of ' .. known[1] .. ', so that nobody has it', 'list it'}}
