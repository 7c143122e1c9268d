/** The stage `rateLimit`: items go on no faster than they may. */

import { delay } from '@mabeam/foundation'
import { type PaceBounds, type PaceState, paceStep } from '../pace-step.ts'
import type { RunScope } from '../run-scope.ts'
import { type LiveCounts, type Outlet, type Pulled, pulledEnd } from '../stage.ts'

/** The pace of one run. */
export class Pace implements Outlet {
  readonly #before: Outlet
  readonly #scope: RunScope
  readonly #counts: LiveCounts
  readonly #bounds: PaceBounds
  #state: PaceState = { fullAtMs: Number.NEGATIVE_INFINITY }

  constructor(before: Outlet, scope: RunScope, of: { readonly counts: LiveCounts; readonly bounds: PaceBounds }) {
    this.#before = before
    this.#scope = scope
    this.#counts = of.counts
    this.#bounds = of.bounds
  }

  async pull(): Promise<Pulled> {
    const pulled = await this.#before.pull()
    if (pulled.done) return pulled
    const { clock, signal } = this.#scope
    this.#counts.in++
    const [state, { waitMs }] = paceStep(this.#state, clock.monotonicMs(), this.#bounds)
    this.#state = state
    if (waitMs > 0) {
      this.#counts.waiting = 1
      await delay(clock, waitMs, signal).catch(() => {})
      this.#counts.waiting = 0
      if (signal.aborted) return pulledEnd
    }
    this.#counts.out++
    return pulled
  }
}
