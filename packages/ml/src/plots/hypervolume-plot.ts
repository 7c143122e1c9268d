/** How much of what can be had the front of the first trials already has. */

import { checkOptions, definedOptions, invalidOption, rule, unknownName } from '@mabeam/foundation'
import { unusableNumbers } from '../errors.ts'
import { hypervolume, hypervolumeObjectivesMax } from '../front/hypervolume.ts'
import { dominates } from '../front/pareto-front.ts'
import { lossesOf, type Objective } from '../objective.ts'
import { numberAxis } from './axis.ts'
import { type ChartPlot, plotVersion } from './plot.ts'
import { type PlotSource, plotTrials } from './plot-source.ts'

export interface HypervolumePlotOptions {
  /**
   * What is no good in each objective, in its units; points that are not better count for nothing. Give it, and `ideal`, where studies
   * shall be compared. @default the worst of the trials
   */
  readonly reference?: { readonly [objective: string]: number }
  /** The best that can be hoped for in each objective, in its units. @default the best of the trials */
  readonly ideal?: { readonly [objective: string]: number }
  /**
   * From four objectives on, how often the hypervolume is computed at most, spread evenly over the trials that changed the front; in
   * between the line holds. @default 100
   */
  readonly volumesMax?: number
}

export const hypervolumePlotDefaults = { volumesMax: 100 } as const satisfies HypervolumePlotOptions

/**
 * The hypervolume of the front after each trial, as a share of the box between `ideal` and `reference`.
 *
 * Ensures: 0 to 1, one point a trial, never falling. Trials beyond a limit, failed and pruned ones add nothing.
 * Throws: `foundation/invalid-option`, `foundation/unknown-name`; `ml/invalid-variable`, `ml/unusable-numbers` for what is no study,
 * more than 6 objectives, or more than 1,000 points on the front of four and more.
 * @example hypervolumePlot(study, { reference: { accuracy: 0, costUsd: 0.05 }, ideal: { accuracy: 1, costUsd: 0 } })
 */
export function hypervolumePlot(source: PlotSource, options: HypervolumePlotOptions = {}): ChartPlot {
  checkOptions('hypervolumePlot', options, {
    reference: rule.optional(rule.object()),
    ideal: rule.optional(rule.object()),
    volumesMax: rule.optional(rule.int(2, 10_000)),
  })
  const trials = plotTrials('hypervolumePlot', source)
  const { objectives } = source
  if (objectives.length > hypervolumeObjectivesMax) {
    throw unusableNumbers('hypervolumePlot', `1 to ${hypervolumeObjectivesMax} objectives`, objectives.length)
  }
  const { volumesMax, reference, ideal } = { ...hypervolumePlotDefaults, ...definedOptions(options) }
  const losses = trials.map((trial) => (trial.role === 'measured' ? lossesOf(trial, objectives) : undefined))
  const unit = boxOf(objectives, losses, options)
  const numbers = trials.map(({ number }) => number)
  const volumes = volumesOf(
    losses.map((point) => point && unit(point)),
    { m: objectives.length, volumesMax },
  )
  return {
    version: plotVersion,
    type: 'hypervolume',
    title: `Hypervolume of ${objectives.map(({ name }) => name).join(', ')}`,
    notes: reference && ideal ? [] : ["The box is the trials' own: shares of different studies can't be compared."],
    panels: [
      {
        x: numberAxis('trial', numbers),
        y: { ...numberAxis('hypervolume', [0, 1]), better: 'larger' },
        series: [{ name: 'hypervolume', role: 'best', mark: 'steps', x: numbers, y: volumes, trials: numbers }],
      },
    ],
  }
}

type Losses = readonly number[]

/** Losses as places in the box: 0 at the ideal and better, 1 at the reference. */
function boxOf(
  objectives: readonly Objective[],
  losses: readonly (Losses | undefined)[],
  { reference, ideal }: HypervolumePlotOptions,
): (point: Losses) => number[] {
  checkNames('reference', objectives, reference)
  checkNames('ideal', objectives, ideal)
  const ends = objectives.map(({ name, direction }, i) => {
    const sign = direction === 'maximise' ? -1 : 1
    const own = losses.flatMap((point) => (point ? [point[i] as number] : []))
    const [low, high] = own.reduce(
      ([a, b], loss) => [Math.min(a, loss), Math.max(b, loss)],
      [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    )
    const from = ideal?.[name] === undefined ? low : sign * ideal[name]
    const to = reference?.[name] === undefined ? high : sign * reference[name]
    if (reference && ideal && !(from < to)) {
      throw invalidOption('hypervolumePlot', 'reference', `${name} worse than ideal (${ideal[name]})`, reference[name])
    }
    return { from, to }
  })
  // A tenth beyond the worst, so that the ends of a front count; what a user gives is taken as it is.
  return (point) =>
    point.map((loss, i) => {
      const { from, to } = ends[i] as { from: number; to: number }
      const beyond = reference?.[objectives[i]?.name as string] === undefined ? 1.1 : 1
      const share = to > from ? (loss - from) / (to - from) : loss <= from ? 0 : 1
      return Math.max(0, share / beyond)
    })
}

function checkNames(
  key: string,
  objectives: readonly Objective[],
  given: { readonly [objective: string]: number } | undefined,
): void {
  if (!given) return
  const known = objectives.map(({ name }) => name)
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) throw unknownName(`hypervolumePlot: ${key}`, 'objective', name, known)
  }
  for (const name of known) {
    if (Number.isFinite(given[name])) continue
    throw invalidOption('hypervolumePlot', key, `a finite number for ${name}`, given[name])
  }
}

function volumesOf(
  points: readonly (Losses | undefined)[],
  { m, volumesMax }: { readonly m: number; readonly volumesMax: number },
): number[] {
  const fronts: { readonly at: number; readonly front: readonly Losses[] }[] = []
  let front: Losses[] = []
  for (const [at, point] of points.entries()) {
    if (!point || front.some((kept) => dominates(kept, point) || isSame(kept, point))) continue
    front = [...front.filter((kept) => !dominates(point, kept)), point]
    fronts.push({ at, front })
  }
  const step = m <= 3 ? 1 : Math.max(1, Math.ceil(fronts.length / volumesMax))
  const volumeAt = new Map<number, number>()
  for (const [k, { at, front }] of fronts.entries()) {
    if (k % step === 0 || k === fronts.length - 1) volumeAt.set(at, hypervolume(front, new Array<number>(m).fill(1)))
  }
  let volume = 0
  // Rounding must not make it fall.
  return points.map((_, at) => {
    volume = Math.min(1, Math.max(volume, volumeAt.get(at) ?? 0))
    return volume
  })
}

function isSame(a: Losses, b: Losses): boolean {
  return a.every((loss, i) => loss === b[i])
}
