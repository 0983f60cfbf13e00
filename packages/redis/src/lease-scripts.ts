import { type Script, script } from './scripts.js'

/**
 * Asks for a lease. KEYS: entry, lease. ARGV: token, ms, since. Gives 0 if the entry was stored after `since`, -1 if it
 * is granted, else the ms that another holds it for; that one will then tell of its end.
 */
export const ACQUIRE: Script = script(`
local old, since = redis.call('GETRANGE', KEYS[1], 0, 7), tonumber(ARGV[3])
if since and #old == 8 and struct.unpack('>d', old) > since then return 0 end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return -1 end
local held = redis.call('GET', KEYS[2])
if string.sub(held, -1) ~= '!' then redis.call('SET', KEYS[2], held .. '!', 'KEEPTTL') end
return math.max(redis.call('PTTL', KEYS[2]), 1)`)

/** KEYS: lease. ARGV: token, ms. Gives 1 if it lasts from now on. */
export const RENEW: Script = script(`
local held = redis.call('GET', KEYS[1])
if held ~= ARGV[1] and held ~= ARGV[1] .. '!' then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`)

/** KEYS: lease, clock. ARGV: token, channel, command that publishes, origin, key. */
export const RELEASE: Script = script(`
local held = redis.call('GET', KEYS[1])
if held ~= ARGV[1] and held ~= ARGV[1] .. '!' then return 0 end
redis.call('DEL', KEYS[1])
if string.sub(held, -1) == '!' then
  local clock = redis.call('GET', KEYS[2])
  local last = clock and #clock == 48 and struct.unpack('>d', clock, 9) or 0
  redis.call(ARGV[3], ARGV[2], struct.pack('>dd', last, last) .. ARGV[4] .. struct.pack('>I4', #ARGV[5] + 1) .. 'l' .. ARGV[5])
end
return 1`)
