/** Restarts and dropped messages of late: counted from telemetry as it passes by. */

import type { Clock } from '../clock.ts'
import { checkOptions, rule } from '../options.ts'
import type { Telemetry } from '../telemetry.ts'

/** What is told about the last while. */
export interface EventCounts {
  readonly restarts: number
  readonly dropped: number
  readonly windowMs: number
}

/** A telemetry port that counts and passes everything on. */
export interface CountedTelemetry extends Telemetry {
  /** Of the window before now, give or take a twelfth of it. */
  counts(): EventCounts
}

const slots = 12
const restartEvents: ReadonlySet<string> = new Set(['foundation.child-restarted'])
/** Of every package that carries messages: engines are among them. */
const dropEvents = /\.(channel-message-dropped|message-dropped|message-refused)$/

/**
 * Counts restarts and dropped messages on their way to `next`. It listens, so events are built even when `next` does not.
 *
 * Throws: `foundation/invalid-option`.
 *
 * @example const telemetry = countedTelemetry(systemClock, 60_000); await startNode({ telemetry })
 */
export function countedTelemetry(clock: Clock, windowMs: number, next?: Telemetry): CountedTelemetry {
  checkOptions('countedTelemetry', { windowMs }, { windowMs: rule.number(1) })
  const restarts = new SlidingCount(clock, windowMs)
  const dropped = new SlidingCount(clock, windowMs)
  return {
    enabled: true,
    emit(event) {
      if (restartEvents.has(event.name)) restarts.add(1)
      // A channel tells of many at once.
      else if (dropEvents.test(event.name)) dropped.add(event.measurements.count ?? 1)
      if (next?.enabled) next.emit(event)
    },
    counts: () => ({ restarts: restarts.sum(), dropped: dropped.sum(), windowMs }),
  }
}

/** A ring of slots, so that it stays small whatever is counted. */
class SlidingCount {
  readonly #clock: Clock
  readonly #slotMs: number
  readonly #counts = new Float64Array(slots)
  #slot: number

  constructor(clock: Clock, windowMs: number) {
    this.#clock = clock
    this.#slotMs = windowMs / slots
    this.#slot = this.#now()
  }

  add(count: number): void {
    this.#turn()
    const at = this.#slot % slots
    this.#counts[at] = (this.#counts[at] ?? 0) + count
  }

  sum(): number {
    this.#turn()
    return this.#counts.reduce((all, one) => all + one, 0)
  }

  #now(): number {
    return Math.floor(this.#clock.monotonicMs() / this.#slotMs)
  }

  /** Empties the slots that time has passed since. */
  #turn(): void {
    const now = this.#now()
    if (now - this.#slot >= slots) this.#counts.fill(0)
    else for (let slot = this.#slot + 1; slot <= now; slot++) this.#counts[slot % slots] = 0
    this.#slot = now
  }
}
