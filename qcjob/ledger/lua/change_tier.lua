-- A WAITING job goes to another tier, behind all that its customer has there, as if it were cancelled and submitted.
-- ARGV: id, customer, tier; customer is '' for an operator, whose word it then is. Answers what `describe` does, nil where there is no such job of that customer, or
-- {'refused', why}.
local job, tier = load_job(ARGV[1]), tonumber(ARGV[3])
if not job or (ARGV[2] ~= '' and job.customer ~= ARGV[2]) then
  return false
end
if job.state ~= 'WAITING' then
  return {'refused', 'not-waiting'}
end
if tier_of(job.score) ~= tier then
  local is_ready, before, time = leave_queue(job), tier_of(job.score), digits(now())
  give_back(job)
  unstate(job)
  rank_anew(job, tier, time)
  redis.call('HSET', job.key, 'tier', digits(tier))
  queue_up(job, is_ready)
  if ARGV[2] == '' then
    note_on(job, word_from(4), time, 'change tier', digits(before), digits(tier))
  end
  changed(job, time)
end
return describe(job.id)
