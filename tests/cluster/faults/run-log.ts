/** What was done in a run and what nodes told of it, for whoever has to find out why it broke. */

import { historyMs } from './history-clock.ts'

const linesMax = 5_000

export class RunLog {
  readonly lines: string[] = []
  readonly #beganMs = historyMs()

  note(line: string): void {
    const atMs = historyMs()
    this.lines.push(`${((atMs - this.#beganMs) / 1_000).toFixed(2)} s (${Math.round(atMs)}) ${line}`)
    if (this.lines.length > linesMax) this.lines.shift()
  }
}
