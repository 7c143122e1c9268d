/** The last lines a process printed: bounded, so that one that prints without end fills nobody's memory. */

import { checkOptions, rule } from '../options.ts'

export interface OutputTailOptions {
  /** Lines kept; the oldest are dropped and counted. @default 1_000 */
  readonly linesMax?: number
  /** Characters kept of one line. @default 2_000 */
  readonly lineLengthMax?: number
}

const outputTailDefaults = { linesMax: 1_000, lineLengthMax: 2_000 } as const satisfies Required<OutputTailOptions>

/** *Runs in* the turn of whoever writes to it. */
export class OutputTail {
  /** Lines that were dropped for newer ones. */
  dropped = 0
  readonly #linesMax: number
  readonly #lineLengthMax: number
  readonly #lines: string[] = []
  /** Index of the oldest line; the list is a ring once it is full. */
  #first = 0
  #unended = ''

  constructor(options: OutputTailOptions = {}) {
    checkOptions('OutputTail', options, {
      linesMax: rule.optional(rule.int(1, 1_000_000)),
      lineLengthMax: rule.optional(rule.int(1, 1_000_000)),
    })
    const { linesMax, lineLengthMax } = { ...outputTailDefaults, ...options }
    this.#linesMax = linesMax
    this.#lineLengthMax = lineLengthMax
  }

  /** Takes what was printed, in pieces of any size. */
  write(text: string): void {
    const pieces = text.split('\n')
    for (const [i, piece] of pieces.entries()) {
      // A line without an end must not grow either.
      const room = this.#lineLengthMax - this.#unended.length
      if (room > 0) this.#unended += piece.slice(0, room)
      if (i < pieces.length - 1) this.#endLine()
    }
  }

  /** Oldest first; the line that has not ended yet is the last. */
  get lines(): readonly string[] {
    const kept = [...this.#lines.slice(this.#first), ...this.#lines.slice(0, this.#first)]
    return this.#unended === '' ? kept : [...kept, this.#unended]
  }

  #endLine(): void {
    const line = this.#unended.replace(/\r$/, '')
    this.#unended = ''
    if (this.#lines.length < this.#linesMax) return void this.#lines.push(line)
    this.#lines[this.#first] = line
    this.#first = (this.#first + 1) % this.#linesMax
    this.dropped++
  }
}
