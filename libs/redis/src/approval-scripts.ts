import { SERVER_TIME } from './server-time.js';

/*
 * a:<id>: a hash with id, binding, expires, asked (JSON), at (µs), decision (JSON), approved, and the keys of its user and its list.
 * b:<binding>: the key of its live approval. user:<…>: keys of the approvals of a user; open:<…>: of one issuer and tenant, undecided.
 */
const LIVE = `${SERVER_TIME}
local clock = tonumber(ARGV[1])
if clock > now then now = clock end
local function live(key)
  local kept = redis.call('HMGET', key, 'id', 'binding', 'expires', 'asked', 'at', 'decision', 'approved', 'user', 'open', 'bound')
  if not kept[3] then
    if redis.call('EXISTS', key) == 1 then return nil, true end
    return nil
  end
  if not tonumber(kept[3]) then return nil, true end
  if tonumber(kept[3]) <= now then return nil end
  return kept
end
local function shown(kept) return { kept[4] or '', kept[5] or '', kept[6] or '' } end
`;

export const REQUEST = `${LIVE}
local known = redis.call('GET', KEYS[2])
if known then
  local kept, poisoned = live(known)
  if poisoned or (kept and kept[2] ~= ARGV[3]) then return redis.error_reply('unreadable') end
  if kept then return shown(kept) end
end
local expires = tonumber(ARGV[4])
if redis.call('ZCOUNT', KEYS[3], '(' .. now, '+inf') >= tonumber(ARGV[6]) then return 'full' end
if redis.call('EXISTS', KEYS[1]) == 1 then return redis.error_reply('unreadable') end
redis.call('HSET', KEYS[1], 'id', ARGV[2], 'binding', ARGV[3], 'expires', expires, 'asked', ARGV[5], 'at', micros,
  'user', KEYS[3], 'open', KEYS[4], 'bound', KEYS[2])
redis.call('SET', KEYS[2], KEYS[1])
for _, list in ipairs({ KEYS[3], KEYS[4] }) do
  redis.call('ZREMRANGEBYSCORE', list, '-inf', now)
  redis.call('ZADD', list, expires, KEYS[1])
  redis.call('EXPIREAT', list, math.max(expires, tonumber(time[1]) + redis.call('TTL', list)))
end
redis.call('EXPIREAT', KEYS[1], expires)
redis.call('EXPIREAT', KEYS[2], expires)
return { ARGV[5], tostring(micros), '' }`;

export const FIND = `${LIVE}
local kept, poisoned = live(KEYS[1])
if poisoned then return redis.error_reply('unreadable') end
return kept and shown(kept) or 0`;

export const PENDING = `${LIVE}
local found = {}
for _, key in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf', 'LIMIT', 0, tonumber(ARGV[2]))) do
  local kept, poisoned = live(key)
  if poisoned then return redis.error_reply('unreadable') end
  if kept and not kept[6] then found[#found + 1] = shown(kept) end
end
return found`;

export const DECIDE = `${LIVE}
local kept, poisoned = live(KEYS[1])
if poisoned then return redis.error_reply('unreadable') end
if not kept or kept[6] or kept[7] then return 0 end
redis.call('HSET', KEYS[1], 'decision', ARGV[2], 'approved', ARGV[3])
if kept[9] then redis.call('ZREM', kept[9], KEYS[1]) end
return 1`;

export const CONSUME = `${LIVE}
local kept, poisoned = live(KEYS[1])
if poisoned then return redis.error_reply('unreadable') end
if not kept or kept[7] ~= '1' or not kept[6] or kept[2] ~= ARGV[2] then return 0 end
redis.call('DEL', KEYS[1], KEYS[2])
if kept[8] then redis.call('ZREM', kept[8], KEYS[1]) end
return shown(kept)`;
