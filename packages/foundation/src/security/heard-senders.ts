/** What was heard of each sender, within a bound; whom it forgets it takes nothing old of any more. */

import { type Hearing, ReplayWindow } from './replay-window.ts'

export interface HeardSendersOptions {
  /** Older messages are refused before they get here. */
  readonly ageMaxMs: number
  /** Senders remembered; the one heard of least recently is forgotten. @default 10_000 */
  readonly sendersMax?: number
}

const heardDefaults = { sendersMax: 10_000 } as const satisfies Omit<Required<HeardSendersOptions>, 'ageMaxMs'>

/** A message as it is told apart from others. */
export interface HeardMessage {
  /** Of its sender. */
  readonly life: string
  readonly sequence: number
  readonly sentMs: number
}

interface Sender {
  readonly window: ReplayWindow
  /** What it sent up to then an earlier window may have heard. */
  readonly sinceMs: number
  newestMs: number
}

/** Ensures: no message is heard twice within `ageMaxMs`, also when its sender was forgotten meanwhile. */
export class HeardSenders {
  readonly #ageMaxMs: number
  readonly #sendersMax: number
  /** The one heard of least recently first. */
  readonly #senders = new Map<string, Sender>()
  /** Senders that were forgotten had sent nothing later. */
  #forgottenMs = Number.NEGATIVE_INFINITY

  constructor({ ageMaxMs, sendersMax }: HeardSendersOptions) {
    this.#ageMaxMs = ageMaxMs
    this.#sendersMax = sendersMax ?? heardDefaults.sendersMax
  }

  get size(): number {
    return this.#senders.size
  }

  hear({ life, sequence, sentMs }: HeardMessage, nowMs: number): Hearing {
    const known = this.#senders.get(life)
    if (sentMs <= (known?.sinceMs ?? this.#forgottenMs)) return 'overtaken'
    if (known === undefined) this.#makeRoom(nowMs)
    else this.#senders.delete(life)
    const sender = known ?? { window: new ReplayWindow(), sinceMs: this.#forgottenMs, newestMs: sentMs }
    sender.newestMs = Math.max(sender.newestMs, sentMs)
    this.#senders.set(life, sender)
    return sender.window.hear(sequence)
  }

  #makeRoom(nowMs: number): void {
    for (const [life, { newestMs }] of this.#senders) {
      const isOver = newestMs < nowMs - this.#ageMaxMs
      if (!isOver && this.#senders.size < this.#sendersMax) return
      this.#senders.delete(life)
      // What is refused by its age needs no number.
      if (!isOver) this.#forgottenMs = Math.max(this.#forgottenMs, newestMs)
    }
  }
}
