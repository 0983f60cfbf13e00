import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, webcrypto } from 'node:crypto'
import type { Awaitable } from '@granary/core'
import { LONGEST_ON_THREAD, type Lock } from './lock.js'

const NONCE = 24
/** The first half of the nonce makes the key of one message, the second is that message's nonce. */
const HALF = 12
const TAG = 16
const BLOCK = 16

/**
 * XAES-256-GCM (https://c2sp.org/XAES-256-GCM): AES-256-GCM with nonces of 192 bits, which are drawn at random and do not
 * repeat in practice (2⁸⁰ messages, before one in 2³² repeats), where the 96 of GCM alone would after 2³² messages. Each
 * message has a key of its own, made with CMAC from half of its nonce (NIST SP 800-108r1).
 */
export function xaesGcm(key: Uint8Array, nonceOf: () => Uint8Array = () => randomBytes(NONCE)): Lock {
  // One block at a time, without padding, so that it has no state and serves every message.
  const block = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false)
  const mask = cmacMask(block.update(new Uint8Array(BLOCK)))

  function messageKey(nonce: Uint8Array): Uint8Array {
    const blocks = new Uint8Array(2 * BLOCK)
    for (const counter of [1, 2]) {
      const at = (counter - 1) * BLOCK
      blocks.set([0, counter, 0x58, 0], at)
      blocks.set(nonce.subarray(0, HALF), at + 4)
      for (let i = 0; i < BLOCK; i++) blocks[at + i] = (blocks[at + i] as number) ^ (mask[i] as number)
    }
    return block.update(blocks)
  }

  return {
    added: NONCE + TAG,
    close(header, bytes) {
      const nonce = nonceOf()
      const [own, iv] = [messageKey(nonce), nonce.subarray(HALF)]
      if (bytes.length > LONGEST_ON_THREAD) {
        return encryptLater(own, iv, header, bytes).then((closed) => Buffer.concat([header, nonce, closed]))
      }
      const cipher = createCipheriv('aes-256-gcm', createSecretKey(own), iv).setAAD(header)
      return Buffer.concat([header, nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()])
    },
    open(header, closed): Awaitable<Uint8Array | undefined> {
      const nonce = closed.subarray(0, NONCE)
      const [own, iv] = [messageKey(nonce), nonce.subarray(HALF)]
      if (closed.length > LONGEST_ON_THREAD) return decryptLater(own, iv, header, closed.subarray(NONCE))
      const decipher = createDecipheriv('aes-256-gcm', createSecretKey(own), iv, { authTagLength: TAG })
      decipher.setAAD(header).setAuthTag(closed.subarray(closed.length - TAG))
      const bytes = decipher.update(closed.subarray(NONCE, closed.length - TAG))
      try {
        decipher.final()
      } catch {
        return undefined
      }
      return bytes
    },
  }
}

/** The first subkey of CMAC (NIST SP 800-38B): the encrypted zero block, doubled in the field of GCM's blocks. */
function cmacMask(zeros: Uint8Array): Uint8Array {
  const mask = new Uint8Array(BLOCK)
  for (let i = 0; i < BLOCK; i++) mask[i] = ((zeros[i] as number) << 1) | ((zeros[i + 1] ?? 0) >> 7)
  // Chosen without a branch, as nothing that depends on a key should be.
  mask[BLOCK - 1] = (mask[BLOCK - 1] as number) ^ (((zeros[0] as number) >> 7) * 0x87)
  return mask
}

type Cut = Uint8Array<ArrayBuffer>

async function encryptLater(
  key: Uint8Array,
  iv: Uint8Array,
  header: Uint8Array,
  bytes: Uint8Array,
): Promise<Uint8Array> {
  const imported = await webcrypto.subtle.importKey('raw', key as Cut, 'AES-GCM', false, ['encrypt'])
  return new Uint8Array(await webcrypto.subtle.encrypt(parameters(iv, header), imported, bytes as Cut))
}

/** `undefined` for what does not match its tag. */
async function decryptLater(
  key: Uint8Array,
  iv: Uint8Array,
  header: Uint8Array,
  closed: Uint8Array,
): Promise<Uint8Array | undefined> {
  const imported = await webcrypto.subtle.importKey('raw', key as Cut, 'AES-GCM', false, ['decrypt'])
  try {
    return new Uint8Array(await webcrypto.subtle.decrypt(parameters(iv, header), imported, closed as Cut))
  } catch {
    return undefined
  }
}

function parameters(iv: Uint8Array, header: Uint8Array): webcrypto.AesGcmParams {
  return { name: 'AES-GCM', iv: iv as Cut, additionalData: header as Cut, tagLength: TAG * 8 }
}
