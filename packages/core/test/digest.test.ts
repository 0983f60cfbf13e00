import { afterEach, expect, it, vi } from 'vitest'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

const DATA = ['', 'abc', 'ünïcödé 😀', '\ud800', Uint8Array.of(0, 255), new Uint8Array(1_000)]

it('is the same with and without the crypto of the runtime, so that a browser makes the keys that a server makes', async () => {
  const native = await import('../src/digest.js')
  vi.resetModules()
  vi.stubGlobal('process', undefined)
  const plain = await import('../src/digest.js')
  vi.unstubAllGlobals()
  expect(plain.digest).not.toBe(native.digest)
  for (const data of DATA) expect(plain.digest(data)).toBe(native.digest(data))
})

it('is 64 hexadecimal digits', async () => {
  const { digest } = await import('../src/digest.js')
  expect(digest('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})
