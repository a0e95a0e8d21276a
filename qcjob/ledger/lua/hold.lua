-- An operator holds a WAITING job, or releases it. ARGV: id, 'hold' or 'release', and whose word it is. Answers what
-- `describe` does, nil where there is no such job, or {'refused', why}. Asked again, nothing changes.
local job, what = load_job(ARGV[1]), ARGV[2]
if not job then
  return false
end
if job.state ~= 'WAITING' then
  return {'refused', 'not-waiting'}
end
local is_held = redis.call('HEXISTS', job.key, 'held') == 1
if is_held ~= (what == 'hold') then
  local time = digits(now())
  leave_place(job)
  unstate(job)
  if what == 'hold' then
    redis.call('HSET', job.key, 'held', time)
  else
    redis.call('HDEL', job.key, 'held')
  end
  take_place(job, time)
  note_on(job, word_from(3), time, what, is_held and 'held' or 'released', is_held and 'released' or 'held')
  changed(job, time)
  wake(job.device, time)
end
return describe(job.id)
