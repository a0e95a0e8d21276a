-- An operator gives a customer a device for a window. ARGV: id, device, customer, from or '' for now, to or '', seconds in
-- microseconds where there is no to, note, and whose word it is. Answers what `describe_reservation` does, {'overlaps',
-- and that} of one there is, {'past', time}. The same again changes nothing and answers the one there is.
local id, device, customer, note_of_it, time_number = ARGV[1], ARGV[2], ARGV[3], ARGV[7], now()
local from = tonumber(ARGV[4]) or time_number
local to = tonumber(ARGV[5]) or from + tonumber(ARGV[6])
if to <= time_number then
  return {'past', digits(time_number)}
end
local other = window_after(device, from)
if other and other.from < to then
  local is_same = other.customer == customer and (other.id == id or (other.from == from and other.to == to))
  return is_same and describe_reservation(other.id) or {'overlaps', describe_reservation(other.id)}
end
redis.call('HSET', PREFIX .. 'reservation:' .. id, 'device', device, 'customer', customer, 'from', digits(from),
  'to', digits(to), 'note', note_of_it, 'created', digits(time_number))
redis.call('ZADD', reservations_of(device), digits(to), id)
redis.call('SADD', PREFIX .. 'devices', device)
note(word_from(8), digits(time_number), 'reserve', 'device ' .. device, '', customer .. ' ' .. digits(from) .. ' ' .. digits(to))
return describe_reservation(id)
