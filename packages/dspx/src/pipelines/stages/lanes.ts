/** A stage whose function works on several items at once: `map`, `filter` and `tap`, and the first half of `flatMap`. */

import type { ItemCalls } from '../item-call.ts'
import { type LaneEvent, laneStep, newLanes } from '../lane-step.ts'
import { dropped, ReadyQueue } from '../ready-queue.ts'
import { type Outlet, type Pulled, pulledEnd } from '../stage.ts'

/** What of a stage with lanes differs from kind to kind. */
export interface LanesOptions {
  /** What goes on for an item whose function gave this; `dropped` for nothing. @default the outcome itself */
  readonly passed?: (outcome: unknown, item: unknown, index: number) => unknown
  /** False where another half of the stage counts what it gives. @default true */
  readonly countsOut?: boolean
}

/** The lanes of one stage in one run. */
export class Lanes implements Outlet {
  readonly #before: Outlet
  readonly #calls: ItemCalls
  readonly #passed: NonNullable<LanesOptions['passed']>
  readonly #countsOut: boolean
  readonly #queue: ReadyQueue<unknown>
  #state = newLanes
  #give: (pulled: Pulled) => void = () => {}

  constructor(before: Outlet, calls: ItemCalls, options: LanesOptions = {}) {
    this.#before = before
    this.#calls = calls
    this.#passed = options.passed ?? ((outcome) => outcome)
    this.#countsOut = options.countsOut ?? true
    this.#queue = new ReadyQueue(calls.settings.ordered)
  }

  pull(): Promise<Pulled> {
    return new Promise((resolve) => {
      this.#give = resolve
      this.#on({ type: 'wanted' })
    })
  }

  #on(event: LaneEvent): void {
    const { scope, settings, counts } = this.#calls
    if (scope.stopped) return
    const [state, commands] = laneStep(this.#state, event, settings)
    this.#state = state
    counts.waiting = state.held - state.running
    for (const command of commands) {
      if (command === 'read') void this.#read()
      else if (command === 'end') this.#give(pulledEnd)
      else {
        if (this.#countsOut) counts.out++
        this.#give({ done: false, value: this.#queue.take() })
      }
    }
  }

  async #read(): Promise<void> {
    const pulled = await this.#before.pull()
    if (this.#calls.scope.stopped) return
    if (pulled.done) return this.#on({ type: 'source-ended' })
    const index = this.#calls.counts.in++
    this.#on({ type: 'read' })
    void this.#work(pulled.value, index)
  }

  async #work(item: unknown, index: number): Promise<void> {
    const { scope, counts } = this.#calls
    scope.begin()
    counts.inFlight++
    const outcome = await this.#calls.outcome(item, index)
    counts.inFlight--
    scope.end()
    const passed = outcome === dropped ? dropped : this.#passed(outcome, item, index)
    this.#on({ type: 'settled', ...this.#queue.settle(index, passed) })
  }
}
