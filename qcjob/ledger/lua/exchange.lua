-- A customer ranks two of their own: where the first stands behind the second they exchange places; where it is before
-- it already, nothing changes. ARGV: id, id of the other, customer, most jobs that may be moved between the two.
-- Answers what `describe` does, nil where there is no such job of that customer, or {'refused', why}.
local job, other = load_job(ARGV[1]), load_job(ARGV[2])
if not job or job.customer ~= ARGV[3] then
  return false
end
if not other or other.customer ~= ARGV[3] then
  return {'refused', 'unknown'}
end
if job.state ~= 'WAITING' or other.state ~= 'WAITING' then
  return {'refused', job.state ~= 'WAITING' and 'not-waiting' or 'other-not-waiting'}
end
if is_unranked(job) or is_unranked(other) then
  return {'refused', 'unranked'}
end
if job.device ~= other.device or tier_of(job.score) ~= tier_of(other.score) then
  return {'refused', 'elsewhere'}
end
local place, others_place = tonumber(job.score), tonumber(other.score)
if place < others_place or (place == others_place and job.order <= other.order) then
  return describe(job.id)
end
for _, one in ipairs({job, other}) do
  if is_used(one) or redis.call('HEXISTS', one.key, 'held') == 1 then
    return {'refused', 'kept'}  -- its place may be long past: whoever stood there would run at once
  end
end

local last = tier_of(place) * TIER_WIDTH + LAST_TAG

local function put(moved, score, order)
  local is_ready = leave_queue(moved)
  moved.score, moved.order = digits(math.min(score, last)), order
  redis.call('HSET', moved.key, 'score', moved.score, 'order', moved.order)
  unstate(moved)
  queue_up(moved, is_ready)
end

-- A place is as wide as the charge of the job in it, so those between the two, and the other, move by the difference: back
-- behind a job that needs a wider place than it finds, else exchanging small for large would win time from other customers;
-- forward behind a narrower one, else large ones would come to stand close together, and run in a row.
local wider, order, others_order = tonumber(job.charge) - tonumber(other.charge), job.order, other.order
local last_place = others_place
if wider ~= 0 then
  local between = {}
  for _, key in ipairs({own_of(job), aside_of(job)}) do
    append(between, unpack(redis.call('ZRANGEBYSCORE', key, '(' .. other.score, '(' .. job.score,
      'LIMIT', 0, tonumber(ARGV[4]) + 1)))
  end
  if #between > tonumber(ARGV[4]) then
    return {'refused', 'too-many'}
  end
  local moved = {}
  for _, member in ipairs(between) do
    append(moved, load_job(id_of(member)))
  end
  table.sort(moved, function(one, two)
    return tonumber(one.score) < tonumber(two.score) or (one.score == two.score and one.order < two.order)
  end)
  for _, one in ipairs(moved) do
    last_place = math.max(tonumber(one.score) + wider, last_place + 1)
    put(one, last_place, one.order)
  end
end
put(job, others_place, others_order)
put(other, math.max(place + wider, last_place + 1), order)
local time = digits(now())
changed(job, time)
changed(other, time)
return describe(job.id)
