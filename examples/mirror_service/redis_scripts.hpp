// What the Redis list does, as scripts: each is one step that no other process can come between.
//
// Keys, all below a prefix:
//     :jobs       the stream; an entry names a subject (s) that waits or is worked on; one entry a subject
//     :job:S      hash: version (wanted), payload, state (queued, delayed, done, failed), attempts,
//                 completed, error, again (what is under way is to be done once more)
//     :delayed    sorted set of subjects that wait for another attempt, by time
//     :done :failed                   sets of subjects
//     :round:N:owner :round:N:next
// The consumer group's pending list says who works on what: a claim is an entry that is pending for this
// process, its lease the time since it was delivered or extended.
#pragma once

#include <string_view>

namespace mirror::redis {

/// Before each of the others. ARGV[1]: prefix; ARGV[2]: this process.
inline constexpr std::string_view prelude = R"lua(
local P, who = ARGV[1], ARGV[2]
local stream, group = P .. ':jobs', 'mirrors'
redis.pcall('XGROUP', 'CREATE', stream, group, '0', 'MKSTREAM')
local function now()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
local function job(s) return P .. ':job:' .. s end
local function queue(s)
  redis.call('XADD', stream, '*', 's', s)
  redis.call('HSET', job(s), 'state', 'queued')
  redis.call('SREM', P .. ':done', s)
  redis.call('SREM', P .. ':failed', s)
  redis.call('ZREM', P .. ':delayed', s)
end
local function is_ours(id)
  local pending = redis.call('XPENDING', stream, group, id, id, 1)
  return #pending == 1 and pending[1][2] == who
end
local function drop(id)
  redis.call('XACK', stream, group, id)
  redis.call('XDEL', stream, id)
end
)lua";

/// subject, version, payload
inline constexpr std::string_view put = R"lua(
local s, v = ARGV[3], ARGV[4]
local old = redis.call('HMGET', job(s), 'version', 'state')
if old[1] == v and old[2] ~= 'failed' then return 0 end
redis.call('HSET', job(s), 'version', v, 'payload', ARGV[5], 'attempts', 0)
if old[2] ~= 'queued' then queue(s) end
return 1
)lua";

/// lease in ms, most
inline constexpr std::string_view claim = R"lua(
local most, got = tonumber(ARGV[4]), {}
for _, s in ipairs(redis.call('ZRANGEBYSCORE', P .. ':delayed', '-inf', now(), 'LIMIT', 0, 100)) do queue(s) end
local function take(entries)
  for _, entry in ipairs(entries) do
    local s = entry[2] and entry[2][1] == 's' and entry[2][2]
    local kept = s and redis.call('HMGET', job(s), 'payload', 'version')
    if kept and kept[1] then
      redis.call('HDEL', job(s), 'again')
      got[#got + 1] = {s, kept[2] or '', kept[1], redis.call('HINCRBY', job(s), 'attempts', 1), entry[1]}
    else
      drop(entry[1])
    end
  end
end
local cursor = '0-0'
repeat
  local over = redis.call('XAUTOCLAIM', stream, group, who, ARGV[3], cursor, 'COUNT', most - #got)
  cursor = over[1]
  take(over[2])
until cursor == '0-0' or #got >= most
if #got < most then
  local new = redis.call('XREADGROUP', 'GROUP', group, who, 'COUNT', most - #got, 'STREAMS', stream, '>')
  if new then take(new[1][2]) end
end
return got
)lua";

/// entry... Answers the places of those that are lost.
inline constexpr std::string_view extend = R"lua(
local lost = {}
for i = 3, #ARGV do
  if is_ours(ARGV[i]) then
    redis.call('XCLAIM', stream, group, who, 0, ARGV[i], 'JUSTID')
  else
    lost[#lost + 1] = i - 3
  end
end
return lost
)lua";

/// subject
inline constexpr std::string_view redo = R"lua(
local s = ARGV[3]
local state = redis.call('HGET', job(s), 'state')
if state == 'done' or state == 'failed' then
  redis.call('HSET', job(s), 'attempts', 0)
  queue(s)
elseif state == 'queued' then
  redis.call('HSET', job(s), 'again', 1)
else
  return 0
end
return 1
)lua";

/// entry, subject, version
inline constexpr std::string_view complete = R"lua(
local id, s, v = ARGV[3], ARGV[4], ARGV[5]
if not is_ours(id) then return 0 end
drop(id)
redis.call('HSET', job(s), 'completed', v, 'attempts', 0)
redis.call('HDEL', job(s), 'error')
local again = redis.call('HDEL', job(s), 'again') == 1
if redis.call('HGET', job(s), 'version') == v and not again then
  redis.call('HSET', job(s), 'state', 'done')
  redis.call('SADD', P .. ':done', s)
else
  queue(s)
end
return 1
)lua";

/// entry, subject, version, error, ms until the next attempt or -1
inline constexpr std::string_view fail = R"lua(
local id, s, v, wait = ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[7])
if not is_ours(id) then return 0 end
drop(id)
redis.call('HSET', job(s), 'error', ARGV[6])
if (redis.call('HGET', job(s), 'version') or '') ~= v then
  queue(s)
elseif wait >= 0 then
  redis.call('HSET', job(s), 'state', 'delayed')
  redis.call('ZADD', P .. ':delayed', now() + wait, s)
else
  redis.call('HSET', job(s), 'state', 'failed')
  redis.call('SADD', P .. ':failed', s)
end
return 1
)lua";

/// name of the round that this process may be in
inline constexpr std::string_view give_back = R"lua(
for _, pending in ipairs(redis.call('XPENDING', stream, group, '-', '+', 100000, who)) do
  local entry = redis.call('XRANGE', stream, pending[1], pending[1])[1]
  drop(pending[1])
  if entry then
    local s = entry[2][2]
    local attempts = tonumber(redis.call('HGET', job(s), 'attempts')) or 0
    redis.call('HSET', job(s), 'attempts', math.max(attempts - 1, 0))
    queue(s)
  end
end
redis.call('XGROUP', 'DELCONSUMER', stream, group, who)
local owner = P .. ':round:' .. ARGV[3] .. ':owner'
if redis.call('GET', owner) == who then redis.call('DEL', owner) end
return 1
)lua";

inline constexpr std::string_view counts = R"lua(
local active = redis.call('XPENDING', stream, group)[1]
local waiting = redis.call('XLEN', stream) - active + redis.call('ZCARD', P .. ':delayed')
return {waiting, active, redis.call('SCARD', P .. ':done'), redis.call('SCARD', P .. ':failed')}
)lua";

/// subject
inline constexpr std::string_view completed = R"lua(
return redis.call('HGET', job(ARGV[3]), 'completed')
)lua";

/// name, lease in ms, "due" or "now"
inline constexpr std::string_view begin_round = R"lua(
local owner, next = P .. ':round:' .. ARGV[3] .. ':owner', P .. ':round:' .. ARGV[3] .. ':next'
local present = redis.call('GET', owner)
if present and present ~= who then return math.max(1, redis.call('PTTL', owner)) end
if not present and ARGV[5] == 'due' then
  local wait = (tonumber(redis.call('GET', next)) or 0) - now()
  if wait > 0 then return wait end
end
redis.call('SET', owner, who, 'PX', ARGV[4])
return 0
)lua";

/// name, ms until the next one. Also forgets processes that have long gone without work of theirs left.
inline constexpr std::string_view end_round = R"lua(
local owner, next = P .. ':round:' .. ARGV[3] .. ':owner', P .. ':round:' .. ARGV[3] .. ':next'
if redis.call('GET', owner) ~= who then return 0 end
redis.call('SET', next, now() + tonumber(ARGV[4]))
redis.call('DEL', owner)
for _, fields in ipairs(redis.call('XINFO', 'CONSUMERS', stream, group)) do
  local c = {}
  for i = 1, #fields, 2 do c[fields[i]] = fields[i + 1] end
  if c.name ~= who and c.pending == 0 and c.idle > 86400000 then
    redis.call('XGROUP', 'DELCONSUMER', stream, group, c.name)
  end
end
return 1
)lua";

} // namespace mirror::redis
