/**
 * Which messages of other nodes are taken: each sequence number once, in rising order, of the newest life of each sender.
 * Engines keep the order of one publisher on one subject, but a reconnect or a fault may double or delay a message; a
 * late one is refused rather than taken out of order, so that delivery stays at most once and in order.
 */

/** What is known of one sender. */
interface Sender {
  epoch: number
  last: number
  /** Numbers below `last` that never came. */
  readonly missing: Set<number>
}

/** `late`: it never came before and is now out of order; `doubled`: it was taken already, or is of an earlier life. */
export type Arrival = 'taken' | 'late' | 'doubled'

export interface ArrivalOrderOptions {
  /** Senders remembered; the one heard of least recently is forgotten. @default 10_000 */
  readonly sendersMax?: number
  /** Missing numbers remembered for each sender; an older one that comes after all counts as doubled. @default 256 */
  readonly missingMax?: number
}

const arrivalDefaults = { sendersMax: 10_000, missingMax: 256 } as const satisfies Required<ArrivalOrderOptions>

export class ArrivalOrder {
  readonly #sendersMax: number
  readonly #missingMax: number
  /** The one heard of least recently first. */
  readonly #senders = new Map<string, Sender>()

  constructor(options: ArrivalOrderOptions = {}) {
    const { sendersMax, missingMax } = { ...arrivalDefaults, ...options }
    this.#sendersMax = sendersMax
    this.#missingMax = missingMax
  }

  get senders(): number {
    return this.#senders.size
  }

  arrived(name: string, epoch: number, sequence: number): Arrival {
    const known = this.#senders.get(name)
    if (known !== undefined && epoch < known.epoch) return 'doubled'
    if (known === undefined || epoch > known.epoch) {
      this.#remember(name, { epoch, last: sequence, missing: new Set() })
      return 'taken'
    }
    this.#remember(name, known)
    if (sequence > known.last) {
      const from = Math.max(known.last + 1, sequence - this.#missingMax)
      for (let number = from; number < sequence; number++) known.missing.add(number)
      known.last = sequence
      for (const oldest of known.missing) {
        if (known.missing.size <= this.#missingMax) break
        known.missing.delete(oldest)
      }
      return 'taken'
    }
    return known.missing.delete(sequence) ? 'late' : 'doubled'
  }

  #remember(name: string, sender: Sender): void {
    this.#senders.delete(name)
    this.#senders.set(name, sender)
    if (this.#senders.size <= this.#sendersMax) return
    for (const oldest of this.#senders.keys()) {
      this.#senders.delete(oldest)
      break
    }
  }
}
