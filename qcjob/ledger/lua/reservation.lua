-- Reservations, behind session in every script: a customer has a device from one moment to another, that one excluded.
-- Windows of a device do not overlap, so they stand in `reservations` by their ends in the order of their beginnings too.

local function reservations_of(device)
  return PREFIX .. 'reservations:' .. device
end

-- A window: {id, customer, from, to}; nil where there is none of that id.
local function window_of(id)
  local known = redis.call('HMGET', PREFIX .. 'reservation:' .. id, 'customer', 'from', 'to')
  return known[1] and {id = id, customer = known[1], from = tonumber(known[2]), to = tonumber(known[3])} or nil
end

-- The window on a device that ends next after a time; nil for none.
local function window_after(device, time_number)
  local id = redis.call('ZRANGEBYSCORE', reservations_of(device), '(' .. digits(time_number), '+inf', 'LIMIT', 0, 1)[1]
  return id and window_of(id) or nil
end

-- Whether a job that would begin now is thought to run into a window that has not begun.
local function runs_into(member, device, from, time_number)
  local cost = redis.call('HGET', PREFIX .. 'job:' .. string.sub(member, -ID_CHARACTERS), 'cost')
  local pace = redis.call('HGET', PREFIX .. 'device:' .. device, 'pace')
  return time_number + tonumber(cost or 0) * tonumber(pace or 1) > from
end

-- Whose jobs run next for a reservation, nil for nobody's: its holder's in the window; and before it, where they have jobs
-- that are ready, instead of a job that would run into it. `session` is the active one, whose job would be next.
local function holder_now(device, session, time_number)
  if redis.call('EXISTS', reservations_of(device)) == 0 then
    return nil
  end
  local time = time_number or now()
  local window = window_after(device, time)
  if not window then
    return nil
  elseif window.from <= time then
    return window.customer
  end
  local own, tier_1 = PREFIX .. 'own:' .. device .. ':' .. window.customer, digits(TIER_WIDTH)
  if redis.call('ZCOUNT', own, tier_1, '+inf') > 0 then
    local next_one = session and redis.call('ZRANGEBYSCORE', turn_of(session), tier_1, '+inf', 'LIMIT', 0, 1)[1]
      or redis.call('ZRANGEBYSCORE', PREFIX .. 'ready:' .. device, tier_1, '+inf', 'LIMIT', 0, 1)[1]
    if next_one and not redis.call('ZSCORE', own, next_one) and runs_into(next_one, device, window.from, time) then
      return window.customer
    end
  end
  return nil
end

-- As users are told of it: pairs.
local function describe_reservation(id)
  return append({'id', id}, unpack(redis.call('HGETALL', PREFIX .. 'reservation:' .. id)))
end

local function forget_reservation(id, device)
  redis.call('ZREM', reservations_of(device), id)
  redis.call('DEL', PREFIX .. 'reservation:' .. id)
end
