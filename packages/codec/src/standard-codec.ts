import {
  type Awaitable,
  type Codec,
  type CodecStage,
  type Decoded,
  isPromise,
  type KeyedInfo,
  parsePhysicalKey,
} from '@granary/core'
import { CONCEALED } from './envelope.js'
import { type HiddenNames, hiddenNames } from './hidden-names.js'
import { corrupt, type Opened, open } from './read-envelope.js'
import { CONTENT_BYTES, contentOf, deserialize, serialize } from './serialize.js'
import { applyStages, checkStages, undoStages } from './stages.js'
import { draft, finish } from './write-envelope.js'

/**
 * Msgpack in a checksummed envelope, through the given stages. Entries are self-contained: no two depend on each other
 * or on the program that wrote them.
 *
 * Both directions are synchronous unless a stage is not. See `docs/format.md` for the bytes.
 *
 * @param stages what happens to the serialized value, in this order: compress before sealing. Default: nothing.
 * @throws GranaryError `INVALID_OPTION` for a stage whose id is out of range or taken twice, or that stands where it would do harm
 */
export function standardCodec(stages: readonly CodecStage[] = []): Codec {
  checkStages(stages)
  const chain = [...stages]
  const concealment = chain.find((stage) => stage.concealment !== undefined)?.concealment
  const names = concealment && hiddenNames(concealment)
  const flags = names === undefined ? 0 : CONCEALED

  function encode(value: unknown, about: KeyedInfo): Awaitable<Uint8Array> {
    const content = contentOf(value)
    const written = names === undefined ? about : hideNames(names, about)
    const drafted = draft(written, flags, content, serialize(value, content))
    return chain.length === 0 ? finish(drafted) : applyStages(chain, drafted)
  }

  function decode(bytes: Uint8Array, key: string): Awaitable<Decoded> {
    const opened = open(bytes, names === undefined ? key : hideKey(names, key), flags)
    if (chain.length === 0 && opened.ids.length === 0) return decodeBare(opened)
    const finish = (raw: Uint8Array): Decoded => ({
      value: deserializeAll(opened, raw),
      // Not before a seal has said that they are what was written.
      about: names === undefined ? opened.about : revealNames(names, opened.about, key),
    })
    const payload = undoStages(chain, opened)
    return isPromise(payload) ? payload.then(finish) : finish(payload)
  }

  return { encode, decode, ...(concealment !== undefined && { concealment }) }
}

function decodeBare({ bytes, payloadStart, rawLength, content, about }: Opened): Decoded {
  if (bytes.length - payloadStart !== rawLength) throw corrupt('damaged', 'its lengths do not add up')
  return { value: deserialize(bytes, payloadStart, bytes.length, content), about }
}

function deserializeAll({ content, bytes }: Opened, raw: Uint8Array): unknown {
  // Stages may give a Buffer, of which slices are Buffers too.
  const plain = new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength)
  if (content === CONTENT_BYTES && isAlone(plain, bytes)) return plain
  return deserialize(plain, 0, plain.length, content)
}

/** Shorter bytes are copied: they may lie in a buffer that others lie in too. */
const SHORTEST_ALONE = 64 * 1024
/** What a stage sets aside beyond what it needs, at most. */
const SPARE = 64

/** Has a stage made large bytes in memory of their own? Then they are the value itself: a copy would take as much again. */
function isAlone(made: Uint8Array, stored: Uint8Array): boolean {
  const { buffer, length } = made
  return length >= SHORTEST_ALONE && buffer !== stored.buffer && buffer.byteLength <= length + SPARE
}

function hideNames(names: HiddenNames, about: KeyedInfo): KeyedInfo {
  return { ...about, key: names.key(about.key), tags: about.tags.map(names.tag) }
}

function hideKey(names: HiddenNames, key: string): string {
  if (!key.isWellFormed()) throw corrupt('moved', 'nothing is written for a key with a lone surrogate')
  return names.key(key)
}

function revealNames(names: HiddenNames, about: KeyedInfo, key: string): KeyedInfo {
  return { ...about, key, namespace: parsePhysicalKey(key).namespace, tags: about.tags.map(names.revealTag) }
}
