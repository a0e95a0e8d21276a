-- An operator moves a WAITING job to another device, behind what its customer has in that tier there; a session is of one
-- device, so it leaves its own. ARGV: id, the device
-- it was compiled away from, the other device, compiled, cost, charge, and whose word it is. Answers what `describe`
-- does, nil where there is no such job, or {'refused', why}.
local job, device = load_job(ARGV[1]), ARGV[3]
if not job then
  return false
end
if job.state ~= 'WAITING' then
  return {'refused', 'not-waiting'}
end
if job.device ~= ARGV[2] then
  return {'refused', 'moved'}
end
if job.device ~= device then
  local time, from = digits(now()), job.device
  leave_place(job)
  unstate(job)
  if job.session then
    count_in_session(job, job.state, nil, tonumber(time))
    redis.call('HDEL', job.key, 'session')
    job.session = nil
  end
  give_back(job)
  redis.call('HINCRBY', PREFIX .. 'usage:' .. job.customer, 'open', digits(tonumber(ARGV[5]) - tonumber(job.cost)))
  job.device, job.cost, job.charge = device, ARGV[5], ARGV[6]
  redis.call('SADD', PREFIX .. 'devices', device)
  rank_anew(job, tier_of(job.score), time)
  redis.call('HSET', job.key, 'device', device, 'cost', job.cost, 'charge', job.charge)
  redis.call('SET', PREFIX .. 'compiled:' .. job.id, ARGV[4])
  redis.call('DEL', PREFIX .. 'parts:' .. job.id, PREFIX .. 'memory:' .. job.id)
  redis.call('HDEL', job.key, 'part')
  take_place(job, time)
  note_on(job, word_from(7), time, 'move', from, device)
  changed(job, time)
  forget_when_empty(from)
  wake(device, time)
end
return describe(job.id)
