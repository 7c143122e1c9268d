/** What a session has cost so far, and whether one more ask is within its limits. Counts and decides; does nothing. */

import type { EndReason } from './protocol.ts'
import type { SessionFigures } from './session.ts'
import type { SessionSettings } from './session-options.ts'

type Limits = Pick<SessionSettings, 'roundsMax' | 'messagesMax' | 'bytesMax'>
/** An ask as far as limits are concerned. */
export interface AskCost {
  readonly round: number
  readonly requests: number
  readonly bytes: number
}

export class SessionLedger {
  readonly #limits: Limits
  #rounds = 0
  #messages = 0
  #bytes = 0
  #asked = 0
  #answered = 0
  /** Answers that may still come. */
  #expected = 0

  constructor(limits: Limits) {
    this.#limits = limits
  }

  /** Why an ask may not be made: with all answers to it a limit would be passed. */
  refusal({ round, requests, bytes }: AskCost): EndReason | undefined {
    const { roundsMax, messagesMax, bytesMax } = this.#limits
    if (round > roundsMax) return 'rounds-limit'
    if (this.#messages + this.#expected + 2 * requests > messagesMax) return 'messages-limit'
    return this.#bytes + requests * bytes > bytesMax ? 'bytes-limit' : undefined
  }

  /** The limit that has been passed by what came in. */
  get passed(): EndReason | undefined {
    const { messagesMax, bytesMax } = this.#limits
    if (this.#messages > messagesMax) return 'messages-limit'
    return this.#bytes > bytesMax ? 'bytes-limit' : undefined
  }

  /** Whether this begins a round. */
  ask({ round, requests }: AskCost): boolean {
    this.#asked += requests
    this.#expected += requests
    if (round <= this.#rounds) return false
    this.#rounds = round
    return true
  }

  hear(cost: { readonly messages: number; readonly bytes: number }): void {
    this.#messages += cost.messages
    this.#bytes += cost.bytes
  }

  /** One that was asked is heard of. */
  take(isAnswer: boolean): void {
    this.#expected--
    if (isAnswer) this.#answered++
  }

  /** Nothing more is expected of these. */
  close(waiting: number): void {
    this.#expected -= waiting
  }

  figures(latencyMs: number, mode: SessionFigures['mode']): SessionFigures {
    return {
      rounds: this.#rounds,
      messages: this.#messages,
      bytes: this.#bytes,
      latencyMs,
      participation: this.#asked === 0 ? 1 : this.#answered / this.#asked,
      mode,
    }
  }
}
