-- Its owner, or an operator, closes a session. ARGV: id, customer; customer is '' for an operator, whose word it then is.
-- Answers what `describe_session` does, nil where that customer has none of that id. Asked again, nothing changes.
local id, time_number = ARGV[1], now()
local customer = redis.call('HGET', session_key(id), 'customer')
if not customer or (ARGV[2] ~= '' and ARGV[2] ~= customer) then
  return false
end
close_when_due(id, time_number)
local state = redis.call('HGET', session_key(id), 'state')
if state ~= 'closed' then
  close_session(id, digits(time_number), ARGV[2] == '' and 'operator' or 'owner')
  if ARGV[2] == '' then
    note(word_from(3), digits(time_number), 'close session', 'session ' .. id, state, 'closed')
  end
end
return describe_session(id)
