import { SERVER_TIME } from './server-time.js';

/** Changes that one script answers. */
export const PAGE = 5_000;
/** Marks that are kept. Who knows an older one reads everything again. */
const MARKS = 10_000;

/** Seconds for which clocks of issuers and processes may be ahead of that of Redis: what is further ahead is not believed. */
const AHEAD = 60;

/** The keys of each script. */
export const KEYS: readonly string[] = ['state', 'entries', 'order', 'times', 'marks'];

/*
 * state: epoch, seq, kept, the longest of all processes, and latest, the latest time that any of them has seen, and count, of
 * the entries. entries: field → JSON, and on lines of their own the JSON of its user and of its
 * issuer. order: field by the number of its
 * last change. times: field by the time of its revocation. marks: a random mark of each write by its last number.
 * A field is <issuer>:<sub or ->:<revocation>, each a hash. When there are too many, those of one user, else of one issuer, become one.
 *
 * Values: a new epoch, the one that the caller knows, the last number that it has read and its mark, the last that it has written and its mark, kept, and
 * the latest time that it has seen.
 * Numbers are used again after a failover that lost some. Their marks are not.
 */
const STATE = `${SERVER_TIME}
local state = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'kept', 'latest', 'count')
local epoch, seq, longest = state[1], tonumber(state[2]), tonumber(state[3] or 0)
if not epoch then
  if redis.call('EXISTS', KEYS[1]) == 1 then return redis.error_reply('unreadable') end
  epoch, seq = ARGV[1], 0
elseif not seq or not longest or #epoch > 64 then return redis.error_reply('unreadable') end
local kept = math.max(tonumber(ARGV[7]), longest)
local latest = math.min(math.max(tonumber(ARGV[8]), tonumber(state[4] or 0) or 0), now + ${AHEAD})
-- A replica and a full Redis refuse this, so a look there fails as a write does.
redis.call('HSET', KEYS[1], 'epoch', epoch, 'seq', seq, 'kept', kept, 'latest', latest)
local function extend()
  for i = 2, 5 do
    if redis.call('TTL', KEYS[i]) < 2 * kept then redis.call('EXPIRE', KEYS[i], 2 * kept) end
  end
end
if kept > longest then extend() end
local size = redis.call('HLEN', KEYS[2])
if (size > 0 and not state[1]) or size < (tonumber(state[5]) or 0) or size ~= redis.call('ZCARD', KEYS[3]) or size ~= redis.call('ZCARD', KEYS[4]) then
  -- Redis has dropped a key: what is left counts, and processes that know another epoch write back what they know.
  redis.call('DEL', KEYS[3], KEYS[4])
  local all = redis.call('HGETALL', KEYS[2])
  for i = 1, #all, 2 do
    local at = tonumber(string.match(all[i + 1], '^{"at":(%d+)'))
    if not at then return redis.error_reply('unreadable') end
    seq = seq + 1
    redis.call('ZADD', KEYS[3], seq, all[i])
    redis.call('ZADD', KEYS[4], at, all[i])
  end
  epoch = ARGV[1]
  redis.call('ZADD', KEYS[5], seq, epoch)
  redis.call('HSET', KEYS[1], 'epoch', epoch, 'seq', seq, 'count', size)
  extend()
end
local function mark(number)
  return redis.call('ZRANGEBYSCORE', KEYS[5], number, '+inf', 'LIMIT', 0, 1)[1] or ''
end
local isLost = ARGV[2] ~= '' and epoch ~= ARGV[2]
for i = 3, 5, 2 do
  local known = tonumber(ARGV[i])
  if known > seq or (known > 0 and mark(known) ~= ARGV[i + 1]) then isLost = true end
end
`;

/** What has changed since the caller has read: everything where something that it knows is lost. */
export const CHANGES = `${STATE}
local from, to = isLost and 0 or tonumber(ARGV[3]), seq
local fields = redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. from, '+inf', 'LIMIT', 0, ${PAGE})
local changes = {}
for i, field in ipairs(fields) do
  local number = redis.call('ZSCORE', KEYS[3], field)
  changes[#changes + 1] = number
  changes[#changes + 1] = redis.call('HGET', KEYS[2], field) or ''
  if i == ${PAGE} then to = tonumber(number) end
end
return { isLost and 1 or 0, tostring(to), mark(to), epoch, changes }`;

/**
 * Then: whether they are news, which count for all that was issued until now, on the clock of Redis and on any that a process has seen; the capacity, the channel, a new mark; and of each entry its field, its
 * time, its JSON without the time, its issuer, and the JSON of its issuer and of its user. No JSON of a caller is read here.
 */
export const WRITE = `${STATE}
local news, capacity, before = ARGV[9] == '1', tonumber(ARGV[10]), seq
local numbers = {}
local function drop(field)
  redis.call('HDEL', KEYS[2], field)
  redis.call('ZREM', KEYS[3], field)
  redis.call('ZREM', KEYS[4], field)
end
local function put(field, at, json, user, issuer)
  local known = redis.call('ZSCORE', KEYS[4], field)
  if at + kept <= now or (known and tonumber(known) >= at) then return end
  seq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
  redis.call('HSET', KEYS[2], field, '{"at":' .. string.format('%.0f', at) .. ',"revoked":' .. json .. '}\\n' .. user .. '\\n' .. issuer)
  redis.call('ZADD', KEYS[3], seq, field)
  redis.call('ZADD', KEYS[4], at, field)
  return seq
end
local function one(fields, wide, line)
  local lines = {}
  for each in string.gmatch(redis.call('HGET', KEYS[2], fields[1]), '[^\\n]+') do lines[#lines + 1] = each end
  local json, issuer = lines[line], lines[3]
  if not json or not issuer then return true end
  local latest = 0
  for _, field in ipairs(fields) do latest = math.max(latest, tonumber(redis.call('ZSCORE', KEYS[4], field) or 0)) end
  for _, field in ipairs(fields) do drop(field) end
  put(wide, latest, json, json, issuer)
end
local function isTooMany() return redis.call('HLEN', KEYS[2]) > capacity * 0.9 end
local function fieldsOf(own)
  local all, most = {}, own
  for _, field in ipairs(redis.call('HKEYS', KEYS[2])) do
    local of = string.match(field, '^[^:]+:') or ''
    all[of] = all[of] or {}
    table.insert(all[of], field)
  end
  if all[own] and #all[own] > 1 then return all[own], own end
  for of, fields in pairs(all) do if not all[most] or #fields > #all[most] then most = of end end
  return all[most], most
end
-- Within the issuer that fills it; where there is nothing to put together, within the one that has the most.
local function widen(own)
  local all, issuer = fieldsOf(own)
  if #all < 2 then return 'done' end
  local users = {}
  for _, field in ipairs(all) do
    local prefix, user = string.match(field, '^([^:]+:([^:]+):)')
    if user and user ~= '-' then
      users[prefix] = users[prefix] or {}
      table.insert(users[prefix], field)
    end
  end
  local rest = #all
  for prefix, fields in pairs(users) do
    if #fields > 1 and isTooMany() then
      if one(fields, prefix .. '*', 2) then return 'unreadable' end
      rest = rest - #fields + 1
    end
  end
  if isTooMany() and rest > 1 then
    all = {}
    for _, field in ipairs(redis.call('HKEYS', KEYS[2])) do
      if string.sub(field, 1, #issuer) == issuer then all[#all + 1] = field end
    end
    if one(all, issuer .. '-:*', 3) then return 'unreadable' end
  end
end
for _, field in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', now - kept, 'LIMIT', 0, 1000)) do drop(field) end
for i = 13, #ARGV, 6 do
  local at = tonumber(ARGV[i + 1])
  if news then at = math.max(at, now, latest) end
  numbers[#numbers + 1] = put(ARGV[i], at, ARGV[i + 2], ARGV[i + 5], ARGV[i + 4])
  local ended
  while redis.call('HLEN', KEYS[2]) > capacity and not ended do ended = widen(ARGV[i + 3]) end
  if ended == 'unreadable' then return redis.error_reply('unreadable') end
end
if seq > before then
  redis.call('ZADD', KEYS[5], seq, ARGV[12])
  redis.call('ZREMRANGEBYRANK', KEYS[5], 0, -${MARKS + 1})
end
redis.call('HSET', KEYS[1], 'count', redis.call('HLEN', KEYS[2]))
extend()
redis.call('PUBLISH', ARGV[11], '')
return { isLost and 1 or 0, tostring(seq), mark(seq), numbers }`;
