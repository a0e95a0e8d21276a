-- WAITING -> CANCELLED at once; of a SUBMITTED or RUNNING job the wish is noted. ARGV: id, customer or '' for any, and, where
-- an operator says so, whose word it is. Answers what `describe` does, nil where there is no such job of that customer.
local job = load_job(ARGV[1])
if not job or (ARGV[2] ~= '' and job.customer ~= ARGV[2]) then
  return false
end
local time = digits(now())
local before = job.state
if ask_to_stop(job, time) then
  if ARGV[3] then
    note_on(job, word_from(3), time, 'cancel', before, job.state)
  end
  wake(job.device, time)
end
return describe(job.id)
