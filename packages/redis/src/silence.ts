import type { Redis } from 'ioredis'

const LOOK_EVERY = 250
/** A connection on which something is waited for, and nothing was heard for so long, is given up. */
const LONGEST_SILENCE = 1_000
/** A timer that is later than this says that the process itself was not listening. */
const LATE = 100

/**
 * Gives up a connection that has gone silent: a server that hangs, or a network that swallows packets, closes none. The
 * client then rejects what it was waiting for, and connects anew.
 */
export function watchSilence(client: Redis): void {
  let timer: NodeJS.Timeout | undefined
  const stop = () => {
    clearInterval(timer)
    timer = undefined
  }
  client.on('connect', () => {
    stop()
    const { stream } = client
    let heard = stream.bytesRead
    let sent = stream.bytesWritten
    let silentSince: number | undefined
    let lookedAt = performance.now()
    timer = setInterval(() => {
      const now = performance.now()
      const late = now - lookedAt > LOOK_EVERY + LATE
      lookedAt = now
      const answered = stream.bytesRead !== heard
      const asked = stream.bytesWritten !== sent
      heard = stream.bytesRead
      sent = stream.bytesWritten
      if (answered || late) silentSince = undefined
      if (asked && !answered) silentSince ??= now - LOOK_EVERY
      if (silentSince !== undefined && now - silentSince >= LONGEST_SILENCE)
        stream.destroy(new Error(`the server has not answered for ${LONGEST_SILENCE} ms`))
    }, LOOK_EVERY)
    timer.unref()
  })
  client.on('close', stop)
  client.on('end', stop)
}
