-- An operator says whether a device takes jobs; it holds until they say otherwise, whatever its worker publishes.
-- ARGV: device, 'online', 'drained' or 'offline', and whose word it is. Asked again, nothing changes.
local device, said, word = ARGV[1], ARGV[2], word_from(3)
local key, time = PREFIX .. 'device:' .. device, digits(now())
local before = redis.call('HGET', key, 'word') or 'online'
if before ~= said then
  redis.call('SADD', PREFIX .. 'devices', device)
  if said == 'online' then
    redis.call('HDEL', key, 'word', 'word_by', 'word_why')
  else
    redis.call('HSET', key, 'word', said, 'word_by', word.by, 'word_why', word.why)
  end
  note(word, time, said, 'device ' .. device, before, said)
  wake(device, time)
end
return 1
