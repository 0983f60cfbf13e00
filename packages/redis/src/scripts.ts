import { createHash } from 'node:crypto'

/** A script, and the digest by which the server knows it once it has seen it. */
export interface Script {
  readonly lua: string
  readonly sha: string
}

/** A script of this text. */
export function script(lua: string): Script {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') }
}

/**
 * What the scripts on a bucket's history share. KEYS: clock, key marks, scope marks. Both sets of marks hold the sentinel
 * '^': a set without it was evicted, and the history begins anew, above all that went before. What came before is then
 * refused or a miss, never taken for valid.
 *
 * Under memory pressure the server refuses a script's first write if it adds data, and none after one that does not:
 * so what deletes comes first.
 */
const HISTORY = `
local c, k, s = KEYS[1], KEYS[2], KEYS[3]
local seq, last, lastScope, keyFloor, scopeFloor, life = 0, 0, 0, 0, 0, 0
local function num(n) return string.format('%.0f', n) end
local function now() local t = redis.call('TIME') return t[1] * 1000000 + t[2] end
local function clock() return struct.pack('>dddddd', seq, last, lastScope, keyFloor, scopeFloor, life) end
local function save() redis.call('SET', c, clock()) end
local function begin()
  local newest = math.max(now(), seq + 1)
  for _, marks in ipairs({ k, s }) do
    local top = redis.call('ZRANGE', marks, -1, -1, 'WITHSCORES')
    if top[2] then newest = math.max(newest, tonumber(top[2]) + 1) end
  end
  seq, last, lastScope, keyFloor, scopeFloor, life = newest, newest, newest, newest, newest, 0
  redis.call('DEL', k, s)
  redis.call('ZADD', k, num(seq), '^')
  redis.call('ZADD', s, num(seq), '^')
  save()
end
local function open()
  local raw = redis.call('GET', c)
  if raw and #raw == 48 then seq, last, lastScope, keyFloor, scopeFloor, life = struct.unpack('>dddddd', raw)
  else begin() end
end
local function score(marks, name) return tonumber(redis.call('ZSCORE', marks, name) or 0) end
local function whole() return redis.call('ZSCORE', k, '^') and redis.call('ZSCORE', s, '^') end
local function following() return math.max(seq + 1, now()) end
local function name(text) return struct.pack('>I4', #text) .. text end
`

/**
 * Forgets the oldest marks. A key's is needed while computations that began before it may still run; a namespace's or
 * tag's while entries that it covers may be there, which is as long as the longest life so far.
 */
const FORGET = `
local function forget(marks, most)
  local count = redis.call('ZCARD', marks)
  if count <= most then return 0 end
  local kept = math.floor(most * 3 / 4)
  local cut = redis.call('ZRANGE', marks, count - kept, count - kept, 'WITHSCORES')[2]
  redis.call('ZREMRANGEBYSCORE', marks, '-inf', cut)
  redis.call('ZADD', marks, cut, '^')
  return tonumber(cut)
end
local function forgetKeys(most) keyFloor = math.max(keyFloor, forget(k, most)) end
local function forgetScopes(most)
  if life < math.huge and redis.call('ZCARD', s) > 1000 then
    local cut = seq - (life + 60000) * 1000
    if cut > keyFloor and redis.call('ZREMRANGEBYSCORE', s, '-inf', num(cut)) > 0 then
      keyFloor = cut
      redis.call('ZADD', s, num(cut), '^')
    end
  end
  scopeFloor = math.max(scopeFloor, forget(s, most))
  keyFloor = math.max(keyFloor, scopeFloor)
end
`

/** KEYS: clock, key marks, scope marks. Begins the history where there is none. Gives the clock. */
export const BEGIN: Script = script(`${HISTORY}
open()
return clock()`)

/**
 * Stores entries, computed and explicit, in order.
 *
 * KEYS: clock, key marks, scope marks, an entry for each item. ARGV: channel, command that publishes, origin, most key
 * marks, then for each item: since (empty for an explicit set), ms to live (0 for ever), the entry's bytes, key, number of
 * scopes, scopes. Gives for each: 0 stored, 1 invalidated, 2 overtaken, 3 forgotten, or what the server said against it.
 */
export const PUT: Script = script(`${HISTORY}${FORGET}
open()
local before, results, hard, soft = last, {}, {}, {}
local at = 5
for i = 4, #KEYS do
  local since, ms, bytes, key, scopes = tonumber(ARGV[at]), ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], tonumber(ARGV[at + 4])
  local result, old = 0, redis.call('GETRANGE', KEYS[i], 0, 7)
  if not since then
    if not whole() then begin() end
  else
    if since < keyFloor then result = 3
    elseif last > since then
      if not whole() then begin() result = 3
      elseif score(k, 'k' .. key) > since then result = 2
      elseif lastScope > since then
        if score(s, 'n') > since then result = 1 end
        for j = at + 5, at + 4 + scopes do if score(s, ARGV[j]) > since then result = 1 end end
      end
    end
    if result == 0 and #old == 8 and struct.unpack('>d', old) > since then result = 2 end
  end
  if result == 0 then
    local version = since and math.max(seq, since) + 1 or following()
    local value = struct.pack('>dd', version, since or version) .. bytes
    local set
    if ms == '0' then set = redis.pcall('SET', KEYS[i], value) else set = redis.pcall('SET', KEYS[i], value, 'PX', ms) end
    if set.err then result = set.err
    else
      seq = version
      life = math.max(life, ms == '0' and math.huge or tonumber(ms))
      if not since then
        redis.call('ZADD', k, num(version), 'k' .. key)
        last = version
        hard[#hard + 1] = name('k' .. key)
      elseif #old == 8 then soft[#soft + 1] = name('k' .. key) end
    end
  end
  results[#results + 1] = result
  at = at + 5 + scopes
end
if #hard > 0 then forgetKeys(tonumber(ARGV[4])) end
save()
if #hard > 0 then redis.call(ARGV[2], ARGV[1], struct.pack('>dd', before, last) .. ARGV[3] .. table.concat(hard)) end
if #soft > 0 then redis.call(ARGV[2], ARGV[1], struct.pack('>dd', last, last) .. ARGV[3] .. table.concat(soft)) end
return results`)

/**
 * Marks keys, namespaces and tags, and removes what the marks on keys cover.
 *
 * KEYS: clock, key marks, scope marks, an entry for each key. ARGV: channel, command that publishes, origin, most key
 * marks, most scope marks, the keys, then the names of namespaces and tags. Gives for each key when the entry that was
 * removed would have expired, 0 where there was none that counted.
 */
export const MARK: Script = script(`${HISTORY}${FORGET}
open()
local function held(entry)
  local head = redis.call('GETRANGE', entry, 0, 60)
  if #head < 61 then return '0' end
  local since = struct.unpack('>d', head, 9)
  if since < scopeFloor or score(s, 'n') > since then return '0' end
  if lastScope > since then
    local size = struct.unpack('>I4', head, 58)
    local names, at = redis.call('GETRANGE', entry, 61, 60 + size), 1
    while at < #names do
      local scope
      scope, at = struct.unpack('>I4c0', names, at)
      if score(s, scope) > since then return '0' end
    end
  end
  local stale = struct.unpack('>d', head, 34)
  return stale == math.huge and 'Infinity' or num(stale)
end
local results, names = {}, {}
local keys = #KEYS - 3
for i = 1, keys do
  results[i] = held(KEYS[3 + i])
  redis.call('UNLINK', KEYS[3 + i])
end
if not whole() then begin() end
redis.call('ZREM', k, '')
local before = last
seq = following()
last = seq
for i = 1, keys do
  names[i] = name('k' .. ARGV[5 + i])
  redis.call('ZADD', k, num(seq), 'k' .. ARGV[5 + i])
end
for i = 6 + keys, #ARGV do
  lastScope = seq
  names[#names + 1] = name(ARGV[i])
  redis.call('ZADD', s, num(seq), ARGV[i])
end
if keys > 0 then forgetKeys(tonumber(ARGV[4])) end
if lastScope == seq then forgetScopes(tonumber(ARGV[5])) end
save()
redis.call(ARGV[2], ARGV[1], struct.pack('>dd', before, last) .. ARGV[3] .. table.concat(names))
return results`)

/**
 * KEYS: clock, key marks, scope marks. ARGV: position, '1' for the marks on keys too. Gives the clock, then name and
 * position of each mark above the position.
 */
export const NEWS: Script = script(`${HISTORY}
open()
if not whole() then begin() end
local news = { clock() }
for _, marks in ipairs(ARGV[2] == '1' and { k, s } or { s }) do
  local found = redis.call('ZRANGEBYSCORE', marks, '(' .. ARGV[1], '+inf', 'WITHSCORES')
  for _, each in ipairs(found) do news[#news + 1] = each end
end
return news`)

/** KEYS: entry. ARGV: its first eight bytes. Removes it unless another version has taken its place; how many. */
export const REMOVE: Script = script(`
if redis.call('GETRANGE', KEYS[1], 0, 7) ~= ARGV[1] then return 0 end
return redis.call('UNLINK', KEYS[1])`)
