import { GranaryError } from '@granary/core'
import { describe, expect, it } from 'vitest'
import { type RedisOptions, redis } from '../src/index.js'

describe('redis()', () => {
  const url = 'redis://localhost:1'
  const wrong: [what: string, options: unknown][] = [
    ['no options', undefined],
    ['no place', {}],
    ['two places', { url, cluster: ['localhost:1'] }],
    ['no URL of Redis', { url: 'http://localhost' }],
    ['a Cluster without nodes', { cluster: [] }],
    ['a client that is none', { client: {} }],
    ['a prefix with braces, which would choose the slot', { url, prefix: 'a{b}' }],
    ['a prefix that is no text', { url, prefix: '\ud800' }],
    ['a clock that does not tell the time', { url, clock: {} }],
    ['an empty name', { url, name: '' }],
    ['a timeout that is no duration', { url, timeout: 'soon' }],
    ['an unknown option', { url, ttl: '1h' }],
  ]

  it.each(wrong)('refuses %s', (_, options) => {
    let thrown: unknown
    try {
      redis(options as RedisOptions)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(GranaryError)
    expect((thrown as GranaryError).code).toMatch(/^INVALID_(OPTION|DURATION)$/)
  })

  it('connects to nothing before the first call', async () => {
    const store = redis({ url: 'redis://127.0.0.1:1' })
    expect(store.name).toBe('redis')
    await store.close?.()
  })
})
