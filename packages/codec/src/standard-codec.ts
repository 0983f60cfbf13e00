import { type Awaitable, type Codec, type CodecStage, type Decoded, isPromise, type KeyedInfo } from '@granary/core'
import { corrupt, type Opened, open } from './read-envelope.js'
import { contentOf, deserialize, serialize } from './serialize.js'
import { applyStages, checkStages, undoStages } from './stages.js'
import { draft, finish } from './write-envelope.js'

/**
 * Msgpack in a checksummed envelope, through the given stages. Entries are self-contained: no two depend on each other
 * or on the program that wrote them.
 *
 * Both directions are synchronous unless a stage is not. See `docs/format.md` for the bytes.
 *
 * @param stages what happens to the serialized value, in this order: compress before sealing. Default: nothing.
 * @throws GranaryError `INVALID_OPTION` for a stage whose id is out of range or taken twice
 */
export function standardCodec(stages: readonly CodecStage[] = []): Codec {
  checkStages(stages)
  const chain = [...stages]

  function encode(value: unknown, about: KeyedInfo): Awaitable<Uint8Array> {
    const content = contentOf(value)
    const drafted = draft(about, content, serialize(value, content))
    return chain.length === 0 ? finish(drafted) : applyStages(chain, drafted)
  }

  function decode(bytes: Uint8Array, key: string): Awaitable<Decoded> {
    const opened = open(bytes, key)
    if (chain.length === 0 && opened.ids.length === 0) {
      const { payloadStart } = opened
      if (opened.bytes.length - payloadStart !== opened.rawLength) throw corrupt('damaged', 'its lengths do not add up')
      const value = deserialize(opened.bytes, payloadStart, opened.bytes.length, opened.content)
      return { value, about: opened.about }
    }
    const payload = undoStages(chain, opened)
    return isPromise(payload) ? payload.then((raw) => decoded(opened, raw)) : decoded(opened, payload)
  }

  return { encode, decode }
}

function decoded({ content, about }: Opened, raw: Uint8Array): Decoded {
  // Stages may give a Buffer, of which slices are Buffers too.
  const plain = new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength)
  return { value: deserialize(plain, 0, plain.length, content), about }
}
