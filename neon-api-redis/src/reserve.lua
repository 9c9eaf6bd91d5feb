-- Reserves time slots of one account. All times are in microseconds, of this server's clock; what is
-- returned is relative to it.
--
-- KEYS: the state, the members, those who wait for the horizon, then for each limit in any second the
-- times of its latest slots.
-- ARGV: see Request::arguments.

local next_argument = 0
local function argument()
  next_argument = next_argument + 1
  return ARGV[next_argument]
end
local function number()
  return tonumber(argument())
end

local member = argument()
local want = number()
local has_narrow_slot = argument() == '1'
local horizon = number()
local learning = number()
local hold = number()
local known_start = number()
local away = number()
local account = { name = '', interval = number(), tolerance = number(), debt = number() }
local group = { name = argument(), interval = number(), tolerance = number(), debt = number() }
local route = { name = argument() }
local refused_age = number()
local refused_wait = number()
local windows = {}
for index = 4, #KEYS do
  windows[#windows + 1] = { key = KEYS[index], limit = number(), span = number() }
end

local STATE, MEMBERS, QUEUE = KEYS[1], KEYS[2], KEYS[3]
local MEMBER_FOR = 30000000
local STATE_FOR = 86400000
local LONGEST_WAIT = 15000000
local SILENT_FOR = 20000000
local SERIES = 10000000
local PAUSE = 250000
local LONGEST_PAUSE = 120000000
local LEAST_PART = 0.02
local RECOVERS_AFTER = 30000000
local RECOVERS_IN = 60000000

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])

-- Of a budget: tat, the time at which its bucket is full again; a pause and its cause; and the part
-- of the rate that the API accepts, since when.
local function load(budget)
  local prefix = budget.name .. ':'
  local stored = redis.call('HMGET', STATE, prefix .. 'tat', prefix .. 'pause', prefix .. 'reacted',
    prefix .. 'series', prefix .. 'part', prefix .. 'lowered')
  budget.tat = tonumber(stored[1])
  budget.pause = tonumber(stored[2]) or 0
  budget.reacted = tonumber(stored[3]) or 0
  budget.series = tonumber(stored[4]) or 0
  budget.part = tonumber(stored[5]) or 1
  budget.lowered = tonumber(stored[6]) or 0
end

local function save(budget)
  local prefix = budget.name .. ':'
  redis.call('HSET', STATE, prefix .. 'tat', string.format('%.0f', budget.tat or 0),
    prefix .. 'pause', string.format('%.0f', budget.pause),
    prefix .. 'reacted', string.format('%.0f', budget.reacted),
    prefix .. 'series', budget.series,
    prefix .. 'part', budget.part,
    prefix .. 'lowered', string.format('%.0f', budget.lowered))
end

local budgets = { account }
if group.name ~= '' then budgets[#budgets + 1] = group end
budgets[#budgets + 1] = route
for _, budget in ipairs(budgets) do load(budget) end
local stored = redis.call('HMGET', STATE, 'start', 'quiet', 'touched')
local start = tonumber(stored[1])
local quiet = tonumber(stored[2]) or 0
local touched = tonumber(stored[3]) or now

-- A clock that has jumped back: everything moves with it.
if touched > now then
  local jump = touched - now
  for _, budget in ipairs(budgets) do
    if budget.tat then budget.tat = budget.tat - jump end
    budget.pause = budget.pause - jump
    budget.reacted = budget.reacted - jump
    budget.lowered = budget.lowered - jump
  end
  quiet = quiet - jump
  if start and start > now then start = now end
  redis.call('DEL', MEMBERS, QUEUE)
  for _, window in ipairs(windows) do redis.call('DEL', window.key) end
end

local function part(budget)
  local since = now - budget.lowered - RECOVERS_AFTER
  if budget.part >= 1 or since <= 0 then return budget.part end
  return math.min(1, budget.part + since / RECOVERS_IN)
end

-- What is unknown of the time before counts as used.
local function empty(budget, from)
  if budget.interval and budget.interval > 0 then
    budget.tat = math.max(budget.tat or 0, from + budget.tolerance)
  end
end

if not account.tat or not start then
  start = now
  quiet = 0
  if away >= 0 then
    quiet = now + math.max(learning, hold)
  elseif known_start >= 0 then
    quiet = now + hold
  end
  empty(account, math.max(now, quiet))
elseif away >= 0 and touched < now - away then
  -- Nobody was here since this process lost the connection: all have used their shares.
  start = now
  quiet = math.max(quiet, now + math.max(learning, hold))
  empty(account, quiet)
elseif known_start >= 0 and known_start ~= start and now - start < learning then
  -- Somebody who knew nothing has begun anew.
  quiet = math.max(quiet, start + (away >= 0 and learning or hold))
elseif away >= 0 and now - away > start then
  -- Only this process was away: what it sent counts.
  for _, budget in ipairs(budgets) do
    if budget.debt and budget.debt > 0 and budget.interval > 0 then
      local from = math.max(budget.tat or 0, now - away)
      budget.tat = math.min(from + budget.debt * budget.interval, now + budget.tolerance + horizon)
    end
  end
end
-- A group was empty when the state of the account began.
if group.interval > 0 and not group.tat then empty(group, math.max(start, quiet)) end

-- A state from a clock that was ahead, or damaged.
for _, budget in ipairs(budgets) do
  budget.pause = math.min(budget.pause, now + LONGEST_PAUSE)
  budget.reacted = math.min(budget.reacted, now)
  budget.lowered = math.min(budget.lowered, now)
  if budget.tat and budget.interval and budget.interval > 0 then
    local latest = math.max(now + horizon, budget.pause, quiet)
    budget.tat = math.min(budget.tat, latest + budget.tolerance + budget.interval / part(budget))
  end
end
quiet = math.min(quiet, now + math.max(learning, horizon))

-- A slot that is further ahead than any can be is of another clock.
for _, window in ipairs(windows) do
  local newest = tonumber(redis.call('LINDEX', window.key, 0) or 0)
  if newest > now + horizon then redis.call('DEL', window.key) end
end

if refused_age >= 0 then
  local charged = account
  if group.name ~= '' then
    charged = group
  else
    local window = windows[1]
    if window then
      local half = redis.call('LINDEX', window.key, math.max(0, math.ceil(window.limit / 2) - 1))
      if half and tonumber(half) > now - window.span then charged = route end
    end
  end
  if now - refused_age > charged.reacted then
    local is_series = charged.reacted > 0 and now - charged.reacted < SERIES
    charged.series = is_series and charged.series + 1 or 0
    if is_series and charged.interval and charged.interval > 0 then
      local keeps = charged.series == 1 and 0.95 or charged.series == 2 and 0.9 or 0.8
      charged.part = math.max(LEAST_PART, part(charged) * keeps)
      charged.lowered = now
    end
    charged.reacted = now
    if refused_wait < 0 then
      refused_wait = PAUSE * 2 ^ math.min(charged.series, 4)
    end
  end
  if refused_wait >= 0 then
    charged.pause = math.max(charged.pause, now + math.min(refused_wait, LONGEST_PAUSE))
    empty(charged, charged.pause)
  end
end

redis.call('ZADD', MEMBERS, string.format('%.0f', now), member)
redis.call('ZREMRANGEBYSCORE', MEMBERS, '-inf', string.format('(%.0f', now - MEMBER_FOR))
local members = redis.call('ZCARD', MEMBERS)

-- Who has not come back does not wait any more.
for _ = 1, 2 do
  local first = redis.call('ZRANGE', QUEUE, 0, 0)[1]
  local seen = first and tonumber(redis.call('ZSCORE', MEMBERS, first) or 0)
  if not seen or seen > now - SILENT_FOR then break end
  redis.call('ZREM', QUEUE, first)
end

local OK, NARROW, BLOCKED, LATER = 0, 1, 2, 3
local status, wait, crowd = OK, 0, 0
-- Over which time those who ask again are spread, so that each slot is asked for a few times only.
local function spread(budget)
  return math.min(members * budget.interval / part(budget) / 4, LONGEST_WAIT)
end
local slots = {}
local function ready(budget)
  return math.max(now, quiet, budget.pause, (budget.tat or 0) - budget.tolerance)
end
while #slots < want do
  local from = math.max(now, quiet, account.pause, route.pause, group.pause or 0)
  if group.interval > 0 and not has_narrow_slot then
    local at = ready(group)
    if at > from then
      -- The account's slot is taken when this one is due, since others would wait behind it.
      if #slots == 0 then
        local ahead = math.max(horizon, 2 * group.interval)
        if at - now <= ahead then
          status, wait = NARROW, at - now
          group.tat = math.max(group.tat, at) + group.interval / part(group)
        else
          status, wait, crowd = BLOCKED, at - now - ahead, spread(group)
        end
      end
      break
    end
  end
  -- The same for a pause that is not the account's.
  local of_narrow = math.max(route.pause, group.pause or 0)
  if of_narrow > math.max(now, quiet, account.pause) then
    status, wait = BLOCKED, of_narrow - now
    break
  end
  local at = ready(account)
  local opens = 0
  for _, window in ipairs(windows) do
    local oldest = redis.call('LINDEX', window.key, window.limit - 1)
    if oldest then opens = math.max(opens, tonumber(oldest) + window.span) end
  end
  if opens > at then
    status, wait = BLOCKED, opens - at
    break
  end
  -- Slots within the horizon go to those who have waited for it longest.
  local interval = account.interval / part(account)
  local room = math.max(0, math.floor((now + horizon - at) / interval) + 1)
  local rank = redis.call('ZRANK', QUEUE, member)
  local position = rank or redis.call('ZCARD', QUEUE)
  if position >= room then
    if #slots == 0 then
      if not rank then redis.call('ZADD', QUEUE, string.format('%.0f', now), member) end
      redis.call('PEXPIRE', QUEUE, MEMBER_FOR / 1000)
      status = LATER
      wait = math.max(at - now - horizon, (position - room + 1) * interval)
      if wait > LONGEST_WAIT and account.pause <= now then wait = LONGEST_WAIT end
    end
    break
  end
  if rank then redis.call('ZREM', QUEUE, member) end
  account.tat = math.max(account.tat, at) + interval
  if group.interval > 0 and not has_narrow_slot then
    group.tat = math.max(group.tat, at) + group.interval / part(group)
  end
  for _, window in ipairs(windows) do
    redis.call('LPUSH', window.key, string.format('%.0f', at))
    redis.call('LTRIM', window.key, 0, window.limit - 1)
    redis.call('PEXPIRE', window.key, math.ceil((window.span + horizon) / 1000))
  end
  slots[#slots + 1] = at - now
end

save(account)
for index = 2, #budgets do
  local budget = budgets[index]
  if budget.interval and budget.interval > 0 or budget.reacted > 0 then save(budget) end
end
redis.call('HSET', STATE, 'start', string.format('%.0f', start), 'quiet', string.format('%.0f', quiet),
  'touched', string.format('%.0f', now))
redis.call('PEXPIRE', STATE, STATE_FOR)
redis.call('PEXPIRE', MEMBERS, MEMBER_FOR / 1000)

local narrow_pause = math.max(route.pause, group.pause or 0)
local reply = {
  members, start, status, math.ceil(wait), math.ceil(crowd),
  math.max(0, math.ceil(account.pause - now)),
  math.max(0, math.ceil(narrow_pause - now)),
  math.max(0, math.ceil(ready(account) - now)),
  math.floor(part(account) * 1000000),
}
for _, slot in ipairs(slots) do reply[#reply + 1] = math.ceil(slot) end
return reply
