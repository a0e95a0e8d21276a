-- An operator takes a reservation away, before its window or in it. ARGV: id, and whose word it is. Answers 1, nil where
-- there is none of that id.
local known = redis.call('HMGET', PREFIX .. 'reservation:' .. ARGV[1], 'device', 'customer', 'from', 'to')
if not known[1] then
  return false
end
forget_reservation(ARGV[1], known[1])
note(word_from(2), digits(now()), 'unreserve', 'device ' .. known[1], table.concat(known, ' ', 2), '')
return 1
