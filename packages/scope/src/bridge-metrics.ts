/** Events as metrics of an OpenTelemetry meter: one instrument a metric, made when it is first needed. */

import type { TelemetryEvent } from '@mabeam/foundation'
import type { Attributes, Context, Counter, Gauge, Histogram, Meter } from '@opentelemetry/api'
import type { AttributeLimits } from './attribute-limits.ts'
import { type EventMetric, type EventMetrics, otherEvents } from './event-metrics.ts'
import { boundsOf, unitOf } from './measurement.ts'

type Move = (value: number, attributes: Attributes, context: Context | undefined) => void

export class BridgeMetrics {
  readonly #meter: Meter
  readonly #metrics: EventMetrics
  readonly #limits: AttributeLimits
  readonly #moves = new Map<string, Move>()

  constructor(meter: Meter, metrics: EventMetrics, limits: AttributeLimits) {
    this.#meter = meter
    this.#metrics = metrics
    this.#limits = limits
  }

  record(event: TelemetryEvent, context: Context | undefined): void {
    let attributes: Attributes | undefined
    this.#metrics.each(event, (metric, value) => {
      let move = this.#moves.get(metric.name)
      if (move === undefined) {
        move = instrumentOf(this.#meter, metric)
        this.#moves.set(metric.name, move)
      }
      // Events beyond the limit of metrics are counted without their attributes, which nobody bounds.
      const isNamed = metric.name !== otherEvents
      attributes ??= isNamed ? this.#limits.of(event).values : {}
      move(value, attributes, context)
    })
  }
}

function instrumentOf(meter: Meter, metric: EventMetric): Move {
  const { measurement, kind } = metric
  const name = instrumentName(metric.name)
  if (kind === 'count')
    return adder(meter.createCounter(name, { unit: '{event}', description: `events ${metric.name}` }))
  const unit = unitOf(measurement ?? '').ucum
  if (kind === 'sum') return adder(meter.createCounter(name, { unit }))
  if (kind === 'level') return recorder(meter.createGauge(name, { unit }))
  const explicitBucketBoundaries = [...boundsOf(measurement ?? '')]
  return recorder(meter.createHistogram(name, { unit, advice: { explicitBucketBoundaries } }))
}

/**
 * In letters that OpenTelemetry allows: an SDK drops what instruments of other names are told. Ours are allowed as they are.
 *
 * Source: OpenTelemetry Specification, Metrics API, "Instrument name syntax".
 */
function instrumentName(name: string): string {
  const allowed = name.replaceAll(/[^a-zA-Z0-9_.\-/]/g, '_')
  return (/^[a-zA-Z]/.test(allowed) ? allowed : `event.${allowed}`).slice(0, 255)
}

function adder(counter: Counter): Move {
  return (value, attributes, context) => counter.add(value, attributes, context)
}

function recorder(instrument: Gauge | Histogram): Move {
  return (value, attributes, context) => instrument.record(value, attributes, context)
}
