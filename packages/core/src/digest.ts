import { sha256 } from './sha256.js'

/** The part of `node:crypto` that is used where the runtime has it (Node, Deno, Bun). */
interface NativeCrypto {
  hash?(algorithm: 'sha256', data: string | Uint8Array): string
}

interface Runtime {
  process?: { getBuiltinModule?(name: string): NativeCrypto | undefined }
}

// Asked for at run time and not imported: a browser, which has no such module, bundles core as it is.
const native = (globalThis as Runtime).process?.getBuiltinModule?.('node:crypto')?.hash

const encoder = new TextEncoder()

/** SHA-256 of bytes, or of a string's UTF-8, as 64 hexadecimal digits. */
export const digest: (data: string | Uint8Array) => string =
  native === undefined
    ? (data) => sha256(typeof data === 'string' ? encoder.encode(data) : data)
    : (data) => native('sha256', data)
