/** Which metrics an event moves: worked out once for each name of event, since the same few come again and again. Bounded. */

import type { TelemetryEvent } from '@mabeam/foundation'
import { kindOf, type MeasurementKind, type MeasurementKinds } from './measurement.ts'

/** One metric of an event. */
export interface EventMetric {
  /** `foundation.actor-crashed` for the counter of an event, `dspx.call-completed.latencyMs` for a measurement. */
  readonly name: string
  /** Undefined for the counter of an event that measures no count. */
  readonly measurement: string | undefined
  readonly kind: Exclude<MeasurementKind, 'identity'>
}

/** What events beyond the limit are counted by, without their name. */
export const otherEvents = 'scope.other-events'

interface KnownEvent {
  readonly counter: EventMetric
  readonly metrics: Map<string, EventMetric | undefined>
}

export class EventMetrics {
  readonly #kinds: MeasurementKinds
  readonly #metricsMax: number
  /** By event, then by what it measures: an event may leave some out (the cost of a call whose price is unknown). */
  readonly #known = new Map<string, KnownEvent>()
  #size = 0
  #others = 0

  constructor(kinds: MeasurementKinds, metricsMax: number) {
    this.#kinds = kinds
    this.#metricsMax = metricsMax
  }

  /** Measurements beyond the limit, told by nothing but `scope.other-events`. */
  get others(): number {
    return this.#others
  }

  /** Calls `move` once for the event's counter and once for each thing it measures. What is no finite number is left out. */
  each(event: TelemetryEvent, move: (metric: EventMetric, value: number) => void): void {
    const { name, measurements } = event
    let known = this.#known.get(name)
    if (known === undefined) {
      if (this.#size >= this.#metricsMax) {
        this.#others++
        const { count = 1 } = measurements
        move(other, Number.isFinite(count) && count >= 0 ? count : 1)
        return
      }
      known = { counter: { name, measurement: undefined, kind: 'count' }, metrics: new Map() }
      this.#known.set(name, known)
      this.#size++
    }
    const { counter, metrics } = known
    let counted = false
    for (const measurement in measurements) {
      const value = measurements[measurement]
      if (value === undefined || !Number.isFinite(value)) continue
      const metric = metrics.has(measurement) ? metrics.get(measurement) : this.#add(name, metrics, measurement)
      if (metric === undefined) continue
      if (metric.kind === 'count') {
        // A count counts the event itself; what counts down is no count.
        if (counted || value < 0) continue
        counted = true
        move(counter, value)
      } else if (metric.kind !== 'sum' || value >= 0) move(metric, value)
    }
    if (!counted) move(counter, 1)
  }

  #add(event: string, metrics: KnownEvent['metrics'], measurement: string): EventMetric | undefined {
    const kind = kindOf(event, measurement, this.#kinds)
    const isNew = kind !== 'identity' && kind !== 'count'
    if (isNew && this.#size >= this.#metricsMax) {
      this.#others++
      return undefined
    }
    if (isNew) this.#size++
    const metric = kind === 'identity' ? undefined : { name: `${event}.${measurement}`, measurement, kind }
    metrics.set(measurement, metric)
    return metric
  }
}

const other: EventMetric = { name: otherEvents, measurement: undefined, kind: 'count' }
