/** Counts what is refused, and tells it: the first at once, then at most once a second for each reason. */

import type { Clock } from '../clock.ts'
import type { Telemetry } from '../telemetry.ts'
import { type RefusalReason, refusalReasons } from './frame.ts'

export interface RefusalsPort {
  readonly name: string
  readonly clock: Clock
  readonly telemetry: Telemetry
}

/** What was refused. */
export interface Refused {
  readonly subject: string
  readonly reason: RefusalReason
  /** The node that signed it, '' where that is not sure. */
  readonly sender: string
}

const everyMs = 1_000

export class Refusals {
  readonly #port: RefusalsPort
  readonly #counts = new Map<RefusalReason, { count: number; untold: number; toldMs: number }>()

  constructor(port: RefusalsPort) {
    this.#port = port
  }

  /** How many so far, by reason. */
  get counts(): { readonly [R in RefusalReason]: number } {
    const counted = refusalReasons.map((reason) => [reason, this.#counts.get(reason)?.count ?? 0])
    return Object.fromEntries(counted) as { [R in RefusalReason]: number }
  }

  count({ subject, reason, sender }: Refused): void {
    const known = this.#counts.get(reason) ?? { count: 0, untold: 0, toldMs: Number.NEGATIVE_INFINITY }
    this.#counts.set(reason, known)
    known.count++
    known.untold++
    const { clock, telemetry, name: node } = this.#port
    const nowMs = clock.monotonicMs()
    if (!telemetry.enabled || nowMs - known.toldMs < everyMs) return
    const measurements = { count: known.untold }
    telemetry.emit({ name: 'foundation.message-refused', measurements, metadata: { node, subject, sender, reason } })
    known.untold = 0
    known.toldMs = nowMs
  }
}
