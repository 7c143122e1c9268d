/** Something outside of the system that singletons act on, and that takes nothing under a lower token than it has seen. */

import type { HistoryEvent } from '@mabeam/foundation/testing'

export class TokenSink {
  /** Effects that came under a lower token: of holders that did not know that they had been replaced. */
  refused = 0
  lastProcess: string | undefined
  readonly #events: HistoryEvent[] = []
  #highest = 0

  get events(): readonly HistoryEvent[] {
    return this.#events
  }

  take(process: string, token: number, atMs: number): void {
    if (token < this.#highest) {
      this.refused++
      return
    }
    this.#highest = token
    this.lastProcess = process
    const event = { process, op: 'effect', key: 'ledger', input: { token }, atMs }
    this.#events.push({ ...event, type: 'invoke' }, { ...event, type: 'ok' })
  }
}
