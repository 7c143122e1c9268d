/** What a study found and how it searched, in sentences for people, with the data that they are made of. */

import type { Importance } from '../insight/importance.ts'
import { lossOf, type Objective } from '../objective.ts'
import { type Dimension, labelOf } from '../space/dimension.ts'
import type { FinishedTrial } from '../trial.ts'
import type { ExpectedTrial, Study } from './study.ts'

export interface Explanation {
  /** All of it, a sentence or two a line. */
  readonly text: string
  /** What proposes the next trial, and why; undefined of a study that was only read. */
  readonly sampler: string | undefined
  /** Best by what is expected, as `Study.best`. */
  readonly best: ExpectedTrial | undefined
  /** The best of all other configurations. */
  readonly runnerUp: ExpectedTrial | undefined
  /** Whether what was measured can't tell the two apart: their 95 % intervals in the first objective overlap. */
  readonly tie: boolean
  /** As `Study.importance`. */
  readonly importance: readonly Importance[]
  /** Values and ranges that no trial had, by variable. */
  readonly unexplored: readonly Unexplored[]
  readonly complete: number
  readonly failed: number
  readonly pruned: number
  readonly pending: number
}

/** A part of a variable that no trial had. */
export interface Unexplored {
  readonly variable: string
  /** As `Importance.label`. */
  readonly label?: string
  /** Choices never tried, or the ends of the widest range without a trial, where it is a quarter of the axis or more. */
  readonly values: readonly (string | number | boolean)[]
  readonly what: 'choices' | 'range'
}

/** What an explanation is made of beside the study. */
export interface Findings {
  readonly samplerSays: string | undefined
  readonly best: ExpectedTrial | undefined
  readonly runnerUp: ExpectedTrial | undefined
  readonly importance: readonly Importance[]
  /** The finished trials with lists as scalars. */
  readonly scalarTrials: readonly FinishedTrial[]
}

/** The share of an axis that counts as unexplored when it has no trial. */
const gapMin = 0.25
/** The most variables that a sentence names. */
const namedMax = 3

/** Pure. Its sentences are for people and may change; its data is what programs go by. */
export function explanationOf(study: Study, findings: Findings): Explanation {
  const { samplerSays, best, runnerUp, importance, scalarTrials } = findings
  const first = study.objectives[0] as Objective
  const count = (state: FinishedTrial['state']) => study.finished.filter((one) => one.state === state).length
  const [complete, failed, pruned, pending] = [
    count('complete'),
    count('failed'),
    count('pruned'),
    study.pending.length,
  ]
  const unexplored = scalarTrials.length === 0 ? [] : unexploredOf(study.space.scalar.dimensions, scalarTrials)
  const tie = best !== undefined && runnerUp !== undefined && overlap(best, runnerUp, first.name)
  const lines = [
    `study "${study.id}": ${complete} complete, ${failed} failed, ${pruned} pruned and ${pending} pending trials.`,
    ...(samplerSays ? [`Search: ${samplerSays.replace(/\.$/, '')}.`] : []),
    ...(best ? bestLines(study, best) : [nothingFound(study, complete)]),
    ...(best && runnerUp ? [runnerUpLine(runnerUp, { tie, first })] : []),
    ...importanceLines(importance, first),
    ...unexploredLines(unexplored),
  ]
  const counts = { complete, failed, pruned, pending }
  return { text: lines.join('\n'), sampler: samplerSays, best, runnerUp, tie, importance, unexplored, ...counts }
}

function nothingFound({ limits }: Study, complete: number): string {
  if (complete === 0) return 'Best: nothing yet, since no trial is complete.'
  return `Best: none of the ${complete} complete trials keeps ${limits.length === 1 ? 'the limit' : `all ${limits.length} limits`}.`
}

function bestLines(study: Study, best: ExpectedTrial): string[] {
  const { objectives, limits } = study
  const expected = objectives.map(({ name }) => expectedText(best, name)).join(', ')
  const within =
    limits.length > 0 ? ` It keeps the limits with probability ${Math.round(100 * best.withinLimits)} %.` : ''
  const lines = [`Best: trial ${best.number}, ${JSON.stringify(best.config)}, with ${expected}.${within}`]
  const observed = study.observedBest()
  const first = objectives[0] as Objective
  if (observed && lossOf(observed, first) < lossOf(best, first)) {
    const [seen, own] = [observed, best].map(({ values }) => number(values[first.name] as number))
    const why = limits.length > 0 ? 'luck, or too near to a limit' : 'luck'
    lines.push(
      `Trial ${observed.number} was observed to be better (${first.name} ${seen}, not ${own}); the model takes it for ${why}.`,
    )
  }
  return lines
}

function expectedText({ expected }: ExpectedTrial, name: string): string {
  const { value, ci95 } = expected[name] ?? { value: Number.NaN, ci95: [Number.NaN, Number.NaN] }
  if (ci95[0] === ci95[1]) return `${name} ${number(value)}`
  return `${name} ${number(value)} (95 % between ${number(ci95[0])} and ${number(ci95[1])})`
}

function runnerUpLine(
  runnerUp: ExpectedTrial,
  { tie, first }: { readonly tie: boolean; readonly first: Objective },
): string {
  const text = `Runner-up: trial ${runnerUp.number}, ${JSON.stringify(runnerUp.config)}, with ${expectedText(runnerUp, first.name)}`
  return tie ? `${text}: a tie, for what was measured.` : `${text}: clearly behind.`
}

function importanceLines(importance: readonly Importance[], { name }: Objective): string[] {
  const named = importance.filter(({ value }) => value >= 0.01).slice(0, namedMax)
  if (named.length === 0) return []
  const parts = named.map(({ variable, label = variable, value }) => `${label} (${Math.round(100 * value)} %)`)
  return [`What matters most for ${name}: ${parts.join(', ')}.`]
}

function unexploredLines(unexplored: readonly Unexplored[]): string[] {
  if (unexplored.length === 0) return []
  const parts = unexplored.slice(0, namedMax).map(({ variable, label = variable, values, what }) => {
    const shown = values.slice(0, namedMax).map((one) => (typeof one === 'number' ? number(one) : String(one)))
    if (what === 'range') return `${label} between ${shown.join(' and ')}`
    const more = values.length - shown.length
    return `${label} ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  })
  const more = unexplored.length - parts.length
  return [`Not explored: ${parts.join('; ')}${more > 0 ? `; parts of ${more} more variables` : ''}.`]
}

/** Four significant digits. */
function number(value: number): string {
  return String(Number(value.toPrecision(4)))
}

function overlap(a: ExpectedTrial, b: ExpectedTrial, name: string): boolean {
  const [one, other] = [a.expected[name]?.ci95, b.expected[name]?.ci95]
  return one !== undefined && other !== undefined && one[0] <= other[1] && other[0] <= one[1]
}

function unexploredOf(dimensions: readonly Dimension[], trials: readonly FinishedTrial[]): Unexplored[] {
  return dimensions.flatMap((dimension) => {
    const values = trials.map(({ config }) => config[dimension.name]).filter((one) => one !== undefined)
    const found = dimension.kind === 'unordered' ? missingChoices(dimension, values) : widestGap(dimension, values)
    return found ? [found] : []
  })
}

type Value = string | number | boolean

function missingChoices(
  { name, label, count, valueAt, indexOf }: Dimension,
  values: readonly unknown[],
): Unexplored | undefined {
  const had = new Set(values.map((one) => indexOf(one as Value)))
  const missing = Array.from({ length: count }, (_, i) => i).filter((i) => !had.has(i))
  return missing.length === 0
    ? undefined
    : { variable: name, ...labelOf({ label }), what: 'choices', values: missing.map(valueAt) }
}

function widestGap(dimension: Dimension, values: readonly unknown[]): Unexplored | undefined {
  const { name, kind, count, low, high, coordinate, nearest } = dimension
  const tried = [...new Set(values.map((one) => coordinate(one as number)))].sort((a, b) => a - b)
  const ends =
    kind === 'ordered' ? [coordinate(dimension.valueAt(0)), coordinate(dimension.valueAt(count - 1))] : [low, high]
  const places = [ends[0] as number, ...tried, ends[1] as number]
  let widest: number | undefined
  for (let i = 1; i < places.length; i++) {
    if (!hasUntried(dimension, places, i)) continue
    if (widest === undefined || gapAt(places, i) > gapAt(places, widest)) widest = i
  }
  const axis = (ends[1] as number) - (ends[0] as number)
  if (widest === undefined || axis === 0 || gapAt(places, widest) < gapMin * axis) return undefined
  return {
    variable: name,
    ...labelOf(dimension),
    what: 'range',
    values: [nearest(places[widest - 1] as number), nearest(places[widest] as number)],
  }
}

/** Between two steps that are next to each other there is nothing to try; an end of the axis that was tried makes no gap. */
function hasUntried({ kind, indexOf, nearest }: Dimension, places: readonly number[], i: number): boolean {
  if (kind !== 'ordered' || i === 1 || i === places.length - 1) return true
  const at = (j: number) => indexOf(nearest(places[j] as number))
  return at(i) - at(i - 1) > 1
}

function gapAt(places: readonly number[], i: number): number {
  return (places[i] as number) - (places[i - 1] as number)
}
