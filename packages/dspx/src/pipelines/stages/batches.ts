/** The stage `batch`: items in groups, each full or old enough. */

import type { CancelTimer } from '@mabeam/foundation'
import { type BatchBounds, type BatchEvent, batchStep, newBatch } from '../batch-step.ts'
import type { RunScope } from '../run-scope.ts'
import { type LiveCounts, type Outlet, type Pulled, pulledEnd } from '../stage.ts'

/** The batches of one run. */
export class Batches implements Outlet {
  readonly #before: Outlet
  readonly #scope: RunScope
  readonly #counts: LiveCounts
  readonly #bounds: BatchBounds
  #state = newBatch
  #items: unknown[] = []
  #give: (pulled: Pulled) => void = () => {}
  #cancel: CancelTimer = () => {}

  constructor(before: Outlet, scope: RunScope, of: { readonly counts: LiveCounts; readonly bounds: BatchBounds }) {
    this.#before = before
    this.#scope = scope
    this.#counts = of.counts
    this.#bounds = of.bounds
    scope.onClose(() => this.#cancel())
  }

  pull(): Promise<Pulled> {
    return new Promise((resolve) => {
      this.#give = resolve
      this.#on('wanted')
    })
  }

  #on(type: BatchEvent['type']): void {
    if (this.#scope.stopped) return
    const [state, commands] = batchStep(this.#state, { type }, this.#bounds)
    this.#state = state
    for (const command of commands) {
      switch (command) {
        case 'read':
          void this.#read()
          break
        case 'set-timer':
          this.#cancel = this.#scope.clock.setTimer(this.#bounds.withinMs, () => this.#on('due'))
          break
        case 'cancel-timer':
          this.#cancel()
          break
        case 'give':
          this.#giveAll()
          break
        case 'end':
          this.#give(pulledEnd)
      }
    }
  }

  async #read(): Promise<void> {
    const pulled = await this.#before.pull()
    if (this.#scope.stopped) return
    if (pulled.done) return this.#on('source-ended')
    this.#items.push(pulled.value)
    this.#counts.in++
    this.#counts.waiting++
    this.#on('read')
  }

  #giveAll(): void {
    const value = this.#items
    this.#items = []
    this.#counts.out++
    this.#counts.waiting = 0
    this.#give({ done: false, value })
  }
}
