const closers = new Set<() => void>()

function closeAll(): void {
  for (const close of closers) close()
}

/**
 * Runs `close` when the process exits by itself; returns what calls that off. However many stores are open, the
 * process has one listener, and none when all are closed.
 */
export function atExit(close: () => void): () => void {
  if (closers.size === 0) process.on('exit', closeAll)
  closers.add(close)
  return () => {
    closers.delete(close)
    if (closers.size === 0) process.off('exit', closeAll)
  }
}
