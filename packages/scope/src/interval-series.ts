/** What happened in one interval, a number a metric: how often, how much, how long on average, how much there was last. */

import type { TelemetryEvent } from '@mabeam/foundation'
import { type EventMetric, EventMetrics } from './event-metrics.ts'
import { type MeasurementKinds, unitOf } from './measurement.ts'

export interface IntervalValue {
  /** The name of the metric: `foundation.actor-crashed`, `dspx.call-completed.latencyMs`. */
  readonly series: string
  /** Events or sums an interval, the last level, or the mean; durations in milliseconds. */
  readonly value: number
  /** Whether nothing that happens means 0, so that all the time before counts as such. */
  readonly fromZero: boolean
}

interface Kept {
  readonly metric: EventMetric
  readonly scale: number
  sum: number
  count: number
}

export class IntervalSeries {
  readonly #metrics: EventMetrics
  readonly #kept = new Map<string, Kept>()

  constructor(kinds: MeasurementKinds, seriesMax: number) {
    this.#metrics = new EventMetrics(kinds, seriesMax)
  }

  add(event: TelemetryEvent): void {
    this.#metrics.each(event, (metric, value) => {
      let kept = this.#kept.get(metric.name)
      if (kept === undefined) {
        const { base, toBase } = unitOf(metric.measurement ?? '')
        kept = { metric, scale: base === 'seconds' ? toBase * 1_000 : 1, sum: 0, count: 0 }
        this.#kept.set(metric.name, kept)
      }
      kept.sum = metric.kind === 'level' ? value * kept.scale : kept.sum + value * kept.scale
      kept.count++
    })
  }

  /** The values of the interval that ends now, `share` of the usual length long. No mean and no new level: no value. */
  end(share: number): readonly IntervalValue[] {
    const values: IntervalValue[] = []
    for (const [series, kept] of this.#kept) {
      const { kind } = kept.metric
      if (kind === 'count' || kind === 'sum') values.push({ series, value: kept.sum / share, fromZero: true })
      else if (kept.count > 0) {
        values.push({ series, value: kind === 'level' ? kept.sum : kept.sum / kept.count, fromZero: false })
      }
      kept.sum = 0
      kept.count = 0
    }
    return values
  }
}
