-- The next jobs of an accepted batch are recorded. ARGV: id of the batch, how many of its jobs are recorded already, jobs as
-- accept.lua reads them. Answers how many are recorded now; nothing is written where it is asked again or out of turn.
local batch = redis.call('HMGET', PREFIX .. 'batch:' .. ARGV[1], 'customer', 'recorded')
if not batch[1] or batch[2] ~= ARGV[2] then
  return tonumber(batch[2] or 0)
end
return record_piece(ARGV[1], batch[1], 3, now())
