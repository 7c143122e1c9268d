/** The models that are judged: four families, each with some configurations and one number that can be tuned, as a power of two. */

import { type Reading, states } from './readings.ts'

/** Tells the state of a machine by what its sensors say. */
export type Model = (values: readonly number[]) => Reading['state']

export interface Candidate {
  readonly family: string
  readonly configuration: string
  /** The base-2 logarithm of what is tuned. */
  readonly parameter: number
}

export interface Family {
  readonly configurations: readonly string[]
  /** What the parameter is, where to begin, and from where to where it makes sense. */
  readonly tunes: string
  readonly initial: number
  readonly range: readonly [from: number, to: number]
  fit(readings: readonly Reading[], configuration: string, parameter: number): Model
}

type Row = readonly number[]

const distances: { readonly [name: string]: (a: Row, b: Row) => number } = {
  euclidean: (a, b) => Math.hypot(...a.map((value, at) => value - (b[at] ?? 0))),
  manhattan: (a, b) => a.reduce((sum, value, at) => sum + Math.abs(value - (b[at] ?? 0)), 0),
}
const scaledDistances = Object.keys(distances).flatMap((name) => [`${name} raw`, `${name} scaled`])

export const families: { readonly [name: string]: Family } = {
  'nearest mean': {
    configurations: scaledDistances,
    tunes: 'pull towards the mean of all',
    initial: -6,
    range: [-6, 0],
    fit(readings, configuration, parameter) {
      const { scale, distance } = scaledDistance(readings, configuration)
      const all = meanOf(readings.map(({ values }) => scale(values)))
      const means = states.map((state) => {
        const own = meanOf(readings.filter((one) => one.state === state).map(({ values }) => scale(values)))
        return own.map((value, at) => value + 2 ** parameter * ((all[at] ?? 0) - value))
      })
      return (values) => best(means.map((mean) => -distance(scale(values), mean)))
    },
  },
  'naive Bayes': {
    configurations: ['a variance each', 'one variance'],
    tunes: 'what is added to variances',
    initial: -6,
    range: [-8, 2],
    fit(readings, configuration, parameter) {
      const { scale } = scaledDistance(readings, 'euclidean scaled')
      const groups = states.map((state) =>
        readings.filter((one) => one.state === state).map((one) => scale(one.values)),
      )
      const means = groups.map(meanOf)
      const own = groups.map((rows, at) => varianceOf(rows, means[at] ?? []))
      const variances = configuration === 'one variance' ? groups.map(() => meanOf(own)) : own
      return (values) => {
        const row = scale(values)
        const logOf = (at: number) =>
          row.reduce((sum, value, feature) => {
            const variance = (variances[at]?.[feature] ?? 0) + 2 ** parameter
            return sum - Math.log(variance) / 2 - (value - (means[at]?.[feature] ?? 0)) ** 2 / (2 * variance)
          }, 0)
        return best(states.map((_, at) => logOf(at)))
      }
    },
  },
  tree: {
    configurations: ['depth 2', 'depth 3', 'depth 5'],
    tunes: 'readings in a leaf at least',
    initial: 3,
    range: [0, 7],
    fit(readings, configuration, parameter) {
      return grown(readings, Number(configuration.split(' ')[1]), 2 ** parameter)
    },
  },
  neighbours: {
    configurations: scaledDistances,
    tunes: 'how far neighbours count',
    initial: 1,
    range: [-5, 3],
    fit(readings, configuration, parameter) {
      const { scale, distance } = scaledDistance(readings, configuration)
      const rows = readings.map(({ values, state }) => ({ row: scale(values), at: states.indexOf(state) }))
      return (values) => {
        const own = scale(values)
        const votes = states.map(() => 0)
        for (const { row, at } of rows) {
          votes[at] = (votes[at] ?? 0) + Math.exp(-((distance(row, own) / 2 ** parameter) ** 2) / 2)
        }
        return best(votes)
      }
    },
  },
}

/** The share of readings whose state it tells. */
export function accuracyOf(model: Model, readings: readonly Reading[]): number {
  return readings.filter(({ values, state }) => model(values) === state).length / readings.length
}

function scaledDistance(readings: readonly Reading[], configuration: string) {
  const [name = '', scaling] = configuration.split(' ')
  const distance = distances[name] ?? (() => 0)
  if (scaling === 'raw') return { distance, scale: (values: Row) => values }
  const rows = readings.map(({ values }) => values)
  const mean = meanOf(rows)
  const deviations = varianceOf(rows, mean).map(Math.sqrt)
  const scale = (values: Row) => values.map((value, at) => (value - (mean[at] ?? 0)) / (deviations[at] || 1))
  return { distance, scale }
}

/** Splits where the most errors go, as long as both sides have enough. */
function grown(readings: readonly Reading[], depth: number, leafMin: number): Model {
  const counts = states.map((state) => readings.filter((one) => one.state === state).length)
  const said = best(counts)
  const split = depth === 0 ? undefined : bestSplit(readings, leafMin)
  if (split === undefined || Math.max(...counts) === readings.length) return () => said
  const isBelow = (values: Row) => (values[split.feature] ?? 0) < split.at
  const below = grown(
    readings.filter(({ values }) => isBelow(values)),
    depth - 1,
    leafMin,
  )
  const above = grown(
    readings.filter(({ values }) => !isBelow(values)),
    depth - 1,
    leafMin,
  )
  return (values) => (isBelow(values) ? below : above)(values)
}

function bestSplit(readings: readonly Reading[], leafMin: number) {
  let found: { readonly feature: number; readonly at: number; readonly impurity: number } | undefined
  for (const feature of readings[0]?.values.keys() ?? []) {
    const ordered = readings.toSorted((a, b) => (a.values[feature] ?? 0) - (b.values[feature] ?? 0))
    const left = states.map(() => 0)
    const right = states.map((state) => readings.filter((one) => one.state === state).length)
    for (const [place, { state, values }] of ordered.entries()) {
      const below = place
      const above = ordered.length - place
      const impurity = below * gini(left, below) + above * gini(right, above)
      const isFine = Math.min(below, above) >= leafMin && values[feature] !== ordered[place - 1]?.values[feature]
      if (isFine && impurity < (found?.impurity ?? Infinity)) found = { feature, at: values[feature] ?? 0, impurity }
      const at = states.indexOf(state)
      left[at] = (left[at] ?? 0) + 1
      right[at] = (right[at] ?? 0) - 1
    }
  }
  return found
}

function gini(counts: readonly number[], all: number): number {
  return all === 0 ? 0 : 1 - counts.reduce((sum, count) => sum + (count / all) ** 2, 0)
}

function best(scores: readonly number[]): Reading['state'] {
  return states[scores.indexOf(Math.max(...scores))] ?? 'normal'
}

function meanOf(rows: readonly Row[]): number[] {
  return (rows[0] ?? []).map((_, at) => rows.reduce((sum, row) => sum + (row[at] ?? 0), 0) / rows.length)
}

function varianceOf(rows: readonly Row[], mean: Row): number[] {
  return mean.map((center, at) => rows.reduce((sum, row) => sum + ((row[at] ?? 0) - center) ** 2, 0) / rows.length)
}
