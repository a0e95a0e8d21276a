-- What operators do is written down, behind rank in every script: in the audit, and on the job that it touched. AUDIT_KEPT
-- and MOST_ON_A_JOB are put in front by scripts.py, from acts.py.

-- Whose word it is: three arguments of a script, who, by which key, why.
local function word_from(at)
  return {by = ARGV[at], key = ARGV[at + 1], why = ARGV[at + 2]}
end

local function note(word, time, what, on, before, after)
  redis.call('XADD', PREFIX .. 'audit', 'MAXLEN', '~', AUDIT_KEPT, '*', 'at', time, 'by', word.by, 'key', word.key,
    'what', what, 'on', on, 'before', before, 'after', after, 'why', word.why)
end

-- A line of a job's acts: time, who, what, before, after, why.
local function write_on(job, word, time, what, before, after)
  local line = table.concat({time, word.by, what, before, after, word.why}, '\t') .. '\n'
  local acts = (redis.call('HGET', job.key, 'acts') or '') .. line
  local _, lines = string.gsub(acts, '\n', '')
  if lines > MOST_ON_A_JOB then
    acts = string.gsub(acts, '^[^\n]*\n', '')
  end
  redis.call('HSET', job.key, 'acts', acts)
end

local function note_on(job, word, time, what, before, after)
  note(word, time, what, 'job ' .. job.id, before, after)
  write_on(job, word, time, what, before, after)
end
