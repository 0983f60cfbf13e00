import { type Awaitable, type CodecStage, GranaryError, isPromise } from '@granary/core'
import { associatedData } from './envelope.js'
import { corrupt, type Opened } from './read-envelope.js'
import { type Draft, finish, finishStaged } from './write-envelope.js'

/** @throws GranaryError `INVALID_OPTION` for an id that is out of range or taken twice, or a stage behind a seal */
export function checkStages(stages: readonly CodecStage[]): void {
  if (!Array.isArray(stages))
    throw new GranaryError('INVALID_OPTION', 'codec: give the stages as a list: [compress(), seal({ keys })]')
  const taken = new Map<number, string>()
  let seal: string | undefined
  for (const { id, name, required } of stages) {
    if (required) seal = name
    else if (seal !== undefined)
      throw new GranaryError(
        'INVALID_OPTION',
        `the stage ${name} stands behind ${seal}, which could not refuse bytes before it works on them: put ${seal} last`,
      )
    if (!Number.isInteger(id) || id < 1 || id > 255)
      throw new GranaryError('INVALID_OPTION', `the id of the stage ${name} is ${id}: give it one from 1 to 255`)
    const other = taken.get(id)
    if (other !== undefined)
      throw new GranaryError('INVALID_OPTION', `the stages ${other} and ${name} have the same id, ${id}: keep one`)
    taken.set(id, name)
  }
}

/** Runs the stages over a draft's payload; a promise only if one of them gives one. */
export function applyStages(stages: readonly CodecStage[], draft: Draft): Awaitable<Uint8Array> {
  const { bytes, headEnd } = draft
  const ids: number[] = []
  const from = (first: number, payload: Uint8Array): Awaitable<Uint8Array> => {
    let current = payload
    for (let at = first; at < stages.length; at++) {
      const stage = stages[at] as CodecStage
      const next = stage.encode(current, associatedData(bytes, headEnd, ids))
      if (isPromise(next)) return next.then((made) => from(at + 1, take(stage, made) ?? current))
      current = take(stage, next) ?? current
    }
    return ids.length === 0 ? finish(draft) : finishStaged(draft, ids, current)
  }
  const take = (stage: CodecStage, made: Uint8Array | undefined): Uint8Array | undefined => {
    if (made !== undefined) ids.push(stage.id)
    else if (stage.required)
      throw new GranaryError('UNSUPPORTED_VALUE', `the stage ${stage.name} is required and did not apply`)
    return made
  }
  return from(0, bytes.subarray(headEnd + 5, bytes.length - 4))
}

/**
 * Undoes the stages that an envelope names; a promise only if one of them gives one.
 *
 * @throws GranaryError `CORRUPT` for a stage that is not configured, out of order or missing, or that refuses its bytes
 */
export function undoStages(stages: readonly CodecStage[], opened: Opened): Awaitable<Uint8Array> {
  const { bytes, headEnd, ids, payloadStart } = opened
  const named = inOrder(stages, ids)
  const from = (last: number, payload: Uint8Array): Awaitable<Uint8Array> => {
    let current = payload
    for (let at = last; at >= 0; at--) {
      const stage = named[at] as CodecStage
      let next: Awaitable<Uint8Array>
      try {
        next = stage.decode(current, associatedData(bytes, headEnd, ids.slice(0, at)))
      } catch (error) {
        throw refusedBy(stage, error)
      }
      if (isPromise(next)) {
        return next.then(
          (made) => from(at - 1, made),
          (error: unknown) => {
            throw refusedBy(stage, error)
          },
        )
      }
      current = next
    }
    if (current.length !== opened.rawLength) throw corrupt('damaged', 'its value is not as long as its head says')
    return current
  }
  return from(named.length - 1, bytes.subarray(payloadStart))
}

/** The stages of these ids, which must be a selection of the configured ones in their order. */
function inOrder(stages: readonly CodecStage[], ids: readonly number[]): CodecStage[] {
  const named: CodecStage[] = []
  let at = 0
  for (const id of ids) {
    const found = stages.findIndex((stage) => stage.id === id)
    if (found < 0) throw corrupt('unknown-format', `it went through a stage that is not configured (id ${id})`)
    if (found < at)
      throw corrupt('unknown-format', `the stage ${stages[found]?.name} (id ${id}) is not in the configured order`)
    at = found + 1
    named.push(stages[found] as CodecStage)
  }
  for (const stage of stages) {
    if (stage.required && !named.includes(stage))
      throw corrupt('unsealed', `it lacks the stage ${stage.name} (id ${stage.id})`)
  }
  return named
}

function refusedBy(stage: CodecStage, error: unknown): GranaryError {
  if (error instanceof GranaryError && error.code === 'CORRUPT') return error
  return new GranaryError('CORRUPT', `the stage ${stage.name} (id ${stage.id}) failed on the bytes`, {
    cause: error,
    reason: 'damaged',
  })
}
