/** What happened in a simulated run, in order, as one number: two runs are the same when their traces are. */

/** Counts events and hashes them. *Runs in* the turn of the event. */
export class SimTrace {
  /** Timers fired, messages handed over and operations done. */
  events = 0
  #low = 0x811c9dc5
  #high = 0x9e3779b9
  readonly #float = new Float64Array(1)
  readonly #words = new Uint32Array(this.#float.buffer)
  readonly #onEvent: () => void

  /** `onEvent` is called after each event is counted. */
  constructor(onEvent: () => void) {
    this.#onEvent = onEvent
  }

  /** One event: when, what, where, and with which bytes. */
  note(atMs: number, what: string, place: string, body?: Uint8Array): void {
    this.events++
    this.#float[0] = atMs
    this.#mix(this.#words[0] as number)
    this.#mix(this.#words[1] as number)
    for (let i = 0; i < what.length; i++) this.#mix(what.charCodeAt(i))
    for (let i = 0; i < place.length; i++) this.#mix(place.charCodeAt(i))
    if (body !== undefined) {
      this.#mix(body.length)
      for (let i = Math.min(body.length, 64) - 1; i >= 0; i--) this.#mix(body[i] as number)
    }
    this.#onEvent()
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
