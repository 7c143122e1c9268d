/** What happened in a simulated run, in order, as one number: two runs are the same when their traces are. */

import type { Clock } from '../../clock.ts'

export interface SimTraceSettings {
  readonly clock: Clock
  /** Called after each event is counted. */
  readonly onEvent: () => void
  /** Told of each event in a line. */
  readonly log: ((line: string) => void) | undefined
}

/** Counts events and hashes them. *Runs in* the turn of the event. */
export class SimTrace {
  /** Timers fired, messages handed over and operations done. */
  events = 0
  #low = 0x811c9dc5
  #high = 0x9e3779b9
  readonly #float = new Float64Array(1)
  readonly #words = new Uint32Array(this.#float.buffer)
  readonly #settings: SimTraceSettings

  constructor(settings: SimTraceSettings) {
    this.#settings = settings
  }

  /** One event, now: what, where, and with which bytes. */
  note(what: string, place: string, body?: Uint8Array): void {
    const { clock, log, onEvent } = this.#settings
    const atMs = clock.monotonicMs()
    this.events++
    log?.(`${atMs.toFixed(3)} ms ${place}: ${what}${body === undefined ? '' : ` (${body.length} bytes)`}`)
    this.#float[0] = atMs
    this.#mix(this.#words[0] as number)
    this.#mix(this.#words[1] as number)
    for (let i = 0; i < what.length; i++) this.#mix(what.charCodeAt(i))
    for (let i = 0; i < place.length; i++) this.#mix(place.charCodeAt(i))
    if (body !== undefined) {
      this.#mix(body.length)
      for (let i = Math.min(body.length, 64) - 1; i >= 0; i--) this.#mix(body[i] as number)
    }
    onEvent()
  }

  /** 64 bits, in hexadecimal. */
  get hash(): string {
    return [this.#high, this.#low].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
  }

  /** FNV-1a in two lanes with different multipliers. */
  #mix(word: number): void {
    this.#low = Math.imul(this.#low ^ word, 0x01000193)
    this.#high = Math.imul(this.#high ^ word ^ (this.#low >>> 15), 0x85ebca6b)
  }
}
