/** Which numbers of one sender were heard: the newest ones one by one, all older ones as one. RFC 4303, 3.4.3. */

/** Numbers below the highest one that are told apart; what comes later still is refused. */
export const replayWindowSize = 1_024
const wordBits = 32

/** `replayed`: it was heard; `overtaken`: it is so old that nobody knows. */
export type Hearing = 'heard' | 'replayed' | 'overtaken'

/** Ensures: no number is heard twice, in whatever order they come. */
export class ReplayWindow {
  #highest = Number.NEGATIVE_INFINITY
  /** A bit a number, at its remainder by the size. */
  readonly #heard = new Uint32Array(replayWindowSize / wordBits)

  /** Requires: an integer >= 0. */
  hear(sequence: number): Hearing {
    if (sequence > this.#highest) this.#advance(sequence)
    else if (this.#highest - sequence >= replayWindowSize) return 'overtaken'
    const at = sequence % replayWindowSize
    const [word, bit] = [at >>> 5, 1 << (at & 31)]
    const heard = this.#heard[word] as number
    if ((heard & bit) !== 0) return 'replayed'
    this.#heard[word] = heard | bit
    return 'heard'
  }

  /** The numbers in between have not been heard. */
  #advance(sequence: number): void {
    if (sequence - this.#highest >= replayWindowSize) this.#heard.fill(0)
    else {
      for (let one = this.#highest + 1; one <= sequence; one++) {
        const at = one % replayWindowSize
        this.#heard[at >>> 5] = (this.#heard[at >>> 5] as number) & ~(1 << (at & 31))
      }
    }
    this.#highest = sequence
  }
}
