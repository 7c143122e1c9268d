/** What a measurement of an event is: a count, a sum, a level, or one value of a distribution; by its name. Pure. */

/**
 * `count`: how many times at once, the event's own counter. `sum`: adds up (tokens, money). `level`: how much there is now.
 * `distribution`: one value of many (a duration, a size). `identity`: names something (a fencing token) and measures nothing.
 */
export type MeasurementKind = 'count' | 'sum' | 'level' | 'distribution' | 'identity'

/** By name of a measurement (`tokensIn`), or of one event alone (`ml.study-resumed.pending`). */
export interface MeasurementKinds {
  readonly [measurement: string]: MeasurementKind
}

export interface MeasurementUnit {
  /** As UCUM writes it, for OpenTelemetry. */
  readonly ucum: string
  /** As Prometheus writes its base unit; empty for none. */
  readonly base: string
  /** How many base units one is. */
  readonly toBase: number
}

/**
 * What our own events measure and their names do not say. A duration or a size says it (`durationMs`, `heapBytes`); of what is
 * not listed anywhere the distribution is kept, whose sum is there too, so that nothing is lost.
 */
export const measurementKinds: MeasurementKinds = {
  count: 'count',
  actors: 'level',
  threads: 'level',
  members: 'level',
  records: 'level',
  restarts: 'level',
  reasons: 'level',
  failures: 'level',
  finished: 'level',
  pending: 'level',
  heapBytes: 'level',
  externalBytes: 'level',
  tokensIn: 'sum',
  tokensOut: 'sum',
  costUsd: 'sum',
  token: 'identity',
}

export const kindNames: readonly MeasurementKind[] = ['count', 'sum', 'level', 'distribution', 'identity']

/** @example kindOf('dspx.call-completed', 'latencyMs', {}) // 'distribution' */
export function kindOf(event: string, measurement: string, kinds: MeasurementKinds): MeasurementKind {
  for (const [table, key] of [
    [kinds, `${event}.${measurement}`],
    [kinds, measurement],
    [measurementKinds, measurement],
  ] as const) {
    const kind = Object.hasOwn(table, key) ? table[key] : undefined
    if (kind !== undefined) return kind
  }
  return 'distribution'
}

const unitless: MeasurementUnit = { ucum: '1', base: '', toBase: 1 }

const units: readonly (readonly [RegExp, MeasurementUnit])[] = [
  [/^ms$|Ms$/, { ucum: 'ms', base: 'seconds', toBase: 1e-3 }],
  [/^us$|Us$/, { ucum: 'us', base: 'seconds', toBase: 1e-6 }],
  [/^(sec|seconds)$|(Sec|Seconds)$/, { ucum: 's', base: 'seconds', toBase: 1 }],
  [/^bytes$|Bytes$/, { ucum: 'By', base: 'bytes', toBase: 1 }],
  [/^usd$|Usd$/, { ucum: '{USD}', base: 'usd', toBase: 1 }],
]

/** The unit that ends its name. @example unitOf('heapBytes').ucum // 'By' */
export function unitOf(measurement: string): MeasurementUnit {
  return units.find(([ending]) => ending.test(measurement))?.[1] ?? unitless
}

/** Its name without the unit at the end. @example bareName('durationMs') // 'duration' */
export function bareName(measurement: string): string {
  const ending = /(?:Ms|Us|Sec|Seconds|Bytes|Usd)$/
  const bare = measurement.replace(ending, '')
  return bare === '' || unitOf(measurement) === unitless ? measurement : bare
}

/** The upper bounds of a histogram of that unit, ascending. */
export function boundsOf(measurement: string): readonly number[] {
  const { base, toBase } = unitOf(measurement)
  if (base === 'seconds') return durationBoundsSec.map((bound) => Number((bound / toBase).toPrecision(6)))
  return base === 'bytes' ? sizeBoundsBytes : plainBounds
}

/** From a tenth of a millisecond, a message handed over, to ten minutes, a model that thinks. */
const durationBoundsSec = [1e-4, 5e-4, 1e-3, 5e-3, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600]
const sizeBoundsBytes = [64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 16_777_216, 268_435_456]
const plainBounds = [0, 1, 2, 3, 5, 10, 20, 50, 100, 500, 1_000, 10_000]
