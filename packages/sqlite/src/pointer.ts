import { randomBytes } from 'node:crypto'

/** `GRF` and a version: an envelope begins otherwise. */
const HEAD = Buffer.from([0x47, 0x52, 0x46, 1])
const NAME = 16
export const POINTER_LENGTH: number = HEAD.length + 6 + NAME

/** What a row has in place of a value that is in a file of its own. */
export interface Pointer {
  /** Of the file: 32 hexadecimal digits that no other has. */
  readonly name: string
  /** Bytes in it. */
  readonly length: number
}

export function newPointer(length: number): Pointer {
  return { name: randomBytes(NAME).toString('hex'), length }
}

/** 26 bytes: `GRF`, 1, the length as 48 bits, the name as 128. */
export function pointerBytes({ name, length }: Pointer): Uint8Array {
  const bytes = Buffer.alloc(POINTER_LENGTH)
  HEAD.copy(bytes)
  bytes.writeUIntBE(length, HEAD.length, 6)
  bytes.write(name, HEAD.length + 6, 'hex')
  return bytes
}

/** The pointer that these bytes are; `undefined` for a value. */
export function pointerIn(bytes: Uint8Array): Pointer | undefined {
  if (bytes.length !== POINTER_LENGTH || HEAD.some((byte, i) => bytes[i] !== byte)) return undefined
  const own = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return { length: own.readUIntBE(HEAD.length, 6), name: own.toString('hex', HEAD.length + 6) }
}
