/** The network of a simulation: as bad as it may be until it stabilises, then good. */

import type { Random } from '@mabeam/foundation'

const fastMs = 10
const slowMs = 300

export class UnkindNetwork {
  readonly #random: Random
  readonly #stableMs: number
  #parts: readonly (readonly number[])[] = []

  /** `stableMs`: from then on all arrives soon. */
  constructor(random: Random, stableMs: number) {
    this.#random = random
    this.#stableMs = stableMs
  }

  /** Until it stabilises, nothing passes between those. */
  part(parts: readonly (readonly number[])[]): void {
    this.#parts = parts
  }

  /** A short time, as a message takes that nothing happens to. */
  soonMs(): number {
    return this.#random.next() * fastMs
  }

  /** How long a message takes that is sent at that time: 30 % are held until it stabilises, 30 % are slow. */
  delayMs(from: number, to: number, sentMs: number): number {
    const soonMs = this.soonMs()
    if (sentMs >= this.#stableMs) return soonMs
    const heldMs = this.#stableMs - sentMs + soonMs
    if (this.#isParted(from, to)) return heldMs
    const luck = this.#random.next()
    if (luck < 0.3) return heldMs
    return luck < 0.6 ? Math.min(heldMs, this.#random.next() * slowMs) : soonMs
  }

  #isParted(from: number, to: number): boolean {
    const [side, other] = [from, to].map((member) => this.#parts.findIndex((part) => part.includes(member)))
    return side !== -1 && other !== -1 && side !== other
  }
}
