-- ARGV: id, customer or '' for any. Answers what `describe_session` does, nil where that customer has none of that id.
local customer = redis.call('HGET', session_key(ARGV[1]), 'customer')
if not customer or (ARGV[2] ~= '' and ARGV[2] ~= customer) then
  return false
end
close_when_due(ARGV[1], now())
return describe_session(ARGV[1])
