const WIDTH = 30
const REDRAW_MS = 50

/** Shows how far a run is: a bar on a terminal, a line at every tenth elsewhere. */
export class Progress {
  readonly #total: number
  readonly #out: NodeJS.WriteStream
  #done = 0
  #drawnAt = 0
  #tenth = 0

  constructor(total: number, out: NodeJS.WriteStream) {
    this.#total = total
    this.#out = out
  }

  step(): void {
    this.#done++
    if (this.#out.isTTY) this.#draw()
    else this.#tell()
  }

  /** Takes the bar away. */
  end(): void {
    if (this.#out.isTTY) this.#out.write('\r\x1b[K')
  }

  #draw(): void {
    const now = performance.now()
    if (now - this.#drawnAt < REDRAW_MS && this.#done < this.#total) return
    this.#drawnAt = now
    const part = this.#done / this.#total
    const bar = '█'.repeat(Math.round(part * WIDTH)).padEnd(WIDTH, '░')
    this.#out.write(`\r\x1b[K${bar} ${Math.floor(part * 100)}%  ${this.#done} of ${this.#total}`)
  }

  #tell(): void {
    const tenth = Math.floor((this.#done / this.#total) * 10)
    if (tenth === this.#tenth) return
    this.#tenth = tenth
    this.#out.write(`${tenth * 10}%  ${this.#done} of ${this.#total}\n`)
  }
}
