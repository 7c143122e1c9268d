/** What a person wants to see after a run, for a terminal: what is best, what else can be had, and what matters. */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { importanceOf } from '../insight/importance.ts'
import { type ExpectedValue, type Measurements, type RecommendedTrial, recommend } from '../recommend/recommend.ts'
import type { Value } from '../space/variable.ts'
import type { ExpectedTrial, Study } from '../study/study.ts'
import type { FinishedTrial } from '../trial.ts'
import { importancePlot, type ShownImportance } from './importance-plot.ts'
import { counted, type PlotSource, type PlotTrial, plotTrials, trialRoleNames, trialRoles } from './plot-source.ts'
import { completeOnes, scalarConfig } from './plot-variables.ts'
import { barsText } from './text/bars-text.ts'
import { bold, dim, type Paint, paintOf } from './text/ink.ts'
import { tableText } from './text/table.ts'
import { fitted, padded, printable, textWidth, wrapped } from './text/text-width.ts'
import { numberText } from './text/ticks.ts'

export interface StudyTextOptions {
  /** Columns of the terminal, 20 to 1,000. @default 80 */
  readonly width?: number
  /** Whether it may hold escape sequences for colours. @default false */
  readonly color?: boolean
  /** The most rows of the front, and of the importance. @default 6 */
  readonly rowsMax?: number
  /** What `importanceOf` found, where it is known already. @default study.importance() */
  readonly importances?: readonly ShownImportance[]
}

export const studyTextDefaults = { width: 80, color: false, rowsMax: 6 } as const satisfies StudyTextOptions

/** A `Study` is one, which fits models once for all who ask. Of other measurements they are fitted here. */
export interface StudyTextSource extends PlotSource, Partial<Pick<Study, 'id'>> {
  best?(): ExpectedTrial<object> | undefined
  front?(): readonly ExpectedTrial<object>[]
  observedBest?(): FinishedTrial<object> | undefined
  importance?(): readonly ShownImportance[]
}

/**
 * The best trial by what a model expects, with intervals and its configuration; the one that was observed best, where it is another;
 * the first rows of the front; bars of importance. Empty studies say so.
 *
 * Ensures: no line is wider than `width`; ends without a line break.
 * Throws: `foundation/invalid-option`, `foundation/unknown-name`; `ml/invalid-variable`, `ml/unusable-numbers` for what is no study.
 * Cost: a `best` and an `importance`: seconds with hundreds of trials.
 * @example console.log(studyText(study, { width: process.stdout.columns }))
 */
export function studyText(study: StudyTextSource, options: StudyTextOptions = {}): string {
  checkOptions('studyText', options, {
    width: rule.optional(rule.int(20, 1_000)),
    color: rule.optional(rule.boolean()),
    rowsMax: rule.optional(rule.int(1, 100)),
    importances: rule.optional(rule.array()),
  })
  const { width, rowsMax, color, importances } = { ...studyTextDefaults, ...definedOptions(options) }
  const trials = plotTrials('studyText', study)
  const paint = paintOf(color)
  const size = { width, rowsMax, paint }
  const head = wrapped(headOf(study, trials), width).map((line) => paint(line, bold))
  const found = findingsOf(study, trials)
  if (!found) return [...head, ...wrapped('No trial is complete and within the limits.', width)].join('\n')
  const matters = importances ?? study.importance?.() ?? importanceOf(scalarMeasurements(study, trials))
  return [
    ...head,
    '',
    ...bestLines(study, found, size),
    ...frontLines(study, found, size),
    ...importanceLines(study, matters, size),
  ].join('\n')
}

interface Findings {
  readonly best: ExpectedTrial<object>
  readonly observedBest: FinishedTrial<object>
  readonly front: readonly ExpectedTrial<object>[]
}

function findingsOf(study: StudyTextSource, trials: readonly PlotTrial[]): Findings | undefined {
  if (study.best && study.front && study.observedBest) {
    const best = study.best()
    return best && { best, observedBest: study.observedBest() ?? best, front: study.front() }
  }
  const picked = recommend(scalarMeasurements(study, trials))
  if (!picked) return undefined
  // As they were asked: models see lists as scalars.
  const byNumber = new Map(study.finished.map((trial) => [trial.number, trial]))
  const asked = ({ trial, ...expected }: RecommendedTrial): ExpectedTrial<object> => {
    return { ...(byNumber.get(trial.number) as FinishedTrial<object>), ...expected }
  }
  return { best: asked(picked.best), observedBest: asked(picked.observedBest), front: picked.front.map(asked) }
}

interface Size {
  readonly width: number
  readonly rowsMax: number
  readonly paint: Paint
}

function headOf({ id }: StudyTextSource, trials: readonly PlotTrial[]): string {
  const name = id === undefined ? '' : `${printable(id)}: `
  const parts = trialRoles.flatMap((role) => {
    const count = trials.filter((one) => one.role === role).length
    return count > 0 && role !== 'measured' ? [`${count} ${trialRoleNames[role]}`] : []
  })
  return `${name}${counted(trials.length, 'trial')}${parts.length > 0 ? `, ${parts.join(', ')}` : ''}`
}

/** Complete trials alone, lists as scalars, as models see them. */
function scalarMeasurements(source: PlotSource, trials: readonly PlotTrial[]): Measurements {
  const finished = completeOnes(trials).map((one) => ({ ...one.trial, config: scalarConfig(source, one) }))
  const { objectives, limits = [], space } = source
  return { space: { dimensions: space.dimensions }, objectives, limits, finished }
}

function bestLines({ objectives }: PlotSource, { best, observedBest }: Findings, { width, paint }: Size): string[] {
  const rows: [string, string][] = [
    ...objectives.map(({ name }): [string, string] => {
      const observed = best.values[name] as number
      return [name, `${expectedText(best.expected[name] as ExpectedValue)}, observed ${numberText(observed)}`]
    }),
    ...Object.entries(best.config).map(([name, value]): [string, string] => [name, valueText(value as Value)]),
  ]
  const columns = Math.min(Math.floor(width / 3), Math.max(...rows.map(([name]) => textWidth(printable(name)))))
  const first = objectives[0]?.name as string
  const lucky = `Trial ${observedBest.number} was observed best: ${printable(first)} ${numberText(observedBest.values[first] as number)}.`
  return [
    ...wrapped(`Best: trial ${best.number}, by what is expected`, width).map((line) => paint(line, bold)),
    ...rows.flatMap(([name, text]) => entryLines(name, text, { columns, width })),
    ...(observedBest.number === best.number ? [] : wrapped(lucky, width)).map((line) => paint(line, dim)),
  ]
}

/** A name and what is to be said of it, in as many lines as it takes up to `entryLinesMax`. */
function entryLines(
  name: string,
  text: string,
  { columns, width }: { readonly columns: number; readonly width: number },
): string[] {
  const room = width - columns - 2
  const lines = wrapped(printable(text), room)
  const kept = lines.slice(0, entryLinesMax)
  if (lines.length > entryLinesMax) kept.push(`${fitted(kept.pop() as string, room - 2)} …`)
  return kept.map((line, i) => `${padded(i === 0 ? printable(name) : '', columns)}  ${line}`.trimEnd())
}

/** The most lines of one value: a candidate text can be long. */
const entryLinesMax = 4

function expectedText({ value, ci95: [low, high] }: ExpectedValue): string {
  if (low === high) return numberText(value)
  return `${numberText(value)} (${numberText(low)} to ${numberText(high)})`
}

function valueText(value: Value): string {
  if (typeof value === 'number') return numberText(value)
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value)
}

/** The front by what is expected, the best in the first objective first. */
function frontLines({ objectives }: PlotSource, { front }: Findings, { width, rowsMax, paint }: Size): string[] {
  const [first] = objectives
  if (objectives.length < 2 || !first) return []
  const sign = first.direction === 'maximise' ? -1 : 1
  const expectedOf = (one: Findings['best'], name: string) => (one.expected[name] as ExpectedValue).value
  const sorted = [...front].sort((a, b) => sign * (expectedOf(a, first.name) - expectedOf(b, first.name)))
  const top = sorted.slice(0, rowsMax)
  const variables = [...new Set(top.flatMap(({ config }) => Object.keys(config)))]
  const rows = top.map((one) => {
    const config = one.config as { readonly [name: string]: Value | undefined }
    return [
      String(one.number),
      ...objectives.map(({ name }) => numberText(expectedOf(one, name))),
      ...variables.map((name) => (config[name] === undefined ? '' : fitted(printable(valueText(config[name])), 24))),
    ]
  })
  const head = ['trial', ...objectives.map(({ name }) => name), ...variables].map((name) => fitted(printable(name), 24))
  const which =
    front.length > top.length ? `the first ${top.length} of ${front.length} trials` : counted(front.length, 'trial')
  const [names = '', ...lines] = tableText({ head, rows }, width)
  return ['', ...wrapped(`Front: ${which}`, width).map((line) => paint(line, bold)), paint(names, dim), ...lines]
}

function importanceLines(
  { objectives }: PlotSource,
  importances: readonly ShownImportance[],
  { width, rowsMax, paint }: Size,
): string[] {
  if (!importances.some(({ value }) => value > 0)) return []
  const name = objectives[0]?.name as string
  const [panel] = importancePlot(importances, { objective: name, barsMax: 1_000 }).panels
  const title = paint(fitted(`What matters for ${printable(name)}`, width), bold)
  return panel ? ['', title, ...barsText(panel, { width, height: rowsMax, paint })] : []
}
