/** What a person wants to see after a run, for a terminal: what is best, what else can be had, and what matters. */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { importanceOf } from '../insight/importance.ts'
import { type ExpectedValue, type Measurements, type Recommendation, recommend } from '../recommend/recommend.ts'
import type { Value } from '../space/variable.ts'
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
  /** What `recommend` found, where it is known already. @default recommend(study) */
  readonly recommendation?: Recommendation<object>
  /** What `importanceOf` found, where it is known already. @default importanceOf(study) */
  readonly importances?: readonly ShownImportance[]
}

export const studyTextDefaults = { width: 80, color: false, rowsMax: 6 } as const satisfies StudyTextOptions

/** A `Study` is one; the id stands in the first line. */
export interface StudyTextSource extends PlotSource {
  readonly id?: string
}

/**
 * The best trial by what a model expects, with intervals and its configuration; the one that was observed best, where it is another;
 * the first rows of the front; bars of importance. Empty studies say so.
 *
 * Ensures: no line is wider than `width`; ends without a line break.
 * Throws: `foundation/invalid-option`, `foundation/unknown-name`; `ml/invalid-variable`, `ml/unusable-numbers` for what is no study.
 * Cost: that of `recommend` and `importanceOf`, unless what they found is given.
 * @example console.log(studyText(study, { width: process.stdout.columns }))
 */
export function studyText(study: StudyTextSource, options: StudyTextOptions = {}): string {
  checkOptions('studyText', options, {
    width: rule.optional(rule.int(20, 1_000)),
    color: rule.optional(rule.boolean()),
    rowsMax: rule.optional(rule.int(1, 100)),
    recommendation: rule.optional(rule.object()),
    importances: rule.optional(rule.array()),
  })
  const { width, rowsMax, color, ...found } = { ...studyTextDefaults, ...definedOptions(options) }
  const trials = plotTrials('studyText', study)
  const paint = paintOf(color)
  const size = { width, rowsMax, paint }
  const head = wrapped(headOf(study, trials), width).map((line) => paint(line, bold))
  const measurements = scalarMeasurements(study, trials)
  const recommendation = found.recommendation ?? recommend(measurements)
  if (!recommendation) return [...head, 'No trial is complete and within the limits.'].join('\n')
  const importances = found.importances ?? importanceOf(measurements)
  const shown = shownTrials(study)
  return [
    ...head,
    '',
    ...bestLines(study, recommendation, { ...size, shown }),
    ...frontLines(study, recommendation, { ...size, shown }),
    ...importanceLines(study, importances, size),
  ].join('\n')
}

interface Size {
  readonly width: number
  readonly rowsMax: number
  readonly paint: Paint
}

/** Configurations as they were asked, by number: what is recommended holds lists as scalars. */
type Shown = ReadonlyMap<number, FinishedTrial<object>>

function shownTrials({ finished }: PlotSource): Shown {
  return new Map(finished.map((trial) => [trial.number, trial]))
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
  return { ...source, finished }
}

function bestLines(
  { objectives }: PlotSource,
  { best, observedBest }: Recommendation<object>,
  { width, paint, shown }: Size & { readonly shown: Shown },
): string[] {
  const configOf = (number: number) => Object.entries((shown.get(number) as FinishedTrial<object>).config)
  const rows: [string, string][] = [
    ...objectives.map(({ name }): [string, string] => {
      const observed = best.trial.values[name] as number
      return [name, `${expectedText(best.expected[name] as ExpectedValue)}, observed ${numberText(observed)}`]
    }),
    ...configOf(best.trial.number).map(([name, value]): [string, string] => [name, valueText(value as Value)]),
  ]
  const columns = Math.min(Math.floor(width / 3), Math.max(...rows.map(([name]) => textWidth(printable(name)))))
  const first = objectives[0]?.name as string
  const lucky = observedBest.trial.number === best.trial.number ? [] : [luckySentence(first, observedBest)]
  return [
    ...wrapped(`Best: trial ${best.trial.number}, by what is expected`, width).map((line) => paint(line, bold)),
    ...rows.flatMap(([name, text]) => entryLines(name, text, { columns, width })),
    ...lucky.flatMap((sentence) => wrapped(sentence, width)).map((line) => paint(line, dim)),
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

function luckySentence(name: string, { trial, expected }: Recommendation<object>['observedBest']): string {
  const value = numberText((expected[name] as ExpectedValue).value)
  const observed = numberText(trial.values[name] as number)
  return `Trial ${trial.number} was observed best, ${printable(name)} ${observed}; ${value} is expected of it.`
}

function expectedText({ value, ci95: [low, high] }: ExpectedValue): string {
  return `${numberText(value)} (${numberText(low)} to ${numberText(high)})`
}

function valueText(value: Value): string {
  if (typeof value === 'number') return numberText(value)
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value)
}

/** The front by what is expected, the best in the first objective first. */
function frontLines(
  { objectives }: PlotSource,
  { front }: Recommendation<object>,
  { width, rowsMax, paint, shown }: Size & { readonly shown: Shown },
): string[] {
  const [first] = objectives
  if (objectives.length < 2 || !first) return []
  const sign = first.direction === 'maximise' ? -1 : 1
  const expectedOf = (one: (typeof front)[number], name: string) => (one.expected[name] as ExpectedValue).value
  const sorted = [...front].sort((a, b) => sign * (expectedOf(a, first.name) - expectedOf(b, first.name)))
  const top = sorted.slice(0, rowsMax)
  const configs = top.map(({ trial }) => (shown.get(trial.number) as FinishedTrial<object>).config)
  const variables = [...new Set(configs.flatMap((config) => Object.keys(config)))]
  const rows = top.map((one, i) => {
    const config = configs[i] as { readonly [name: string]: Value | undefined }
    return [
      String(one.trial.number),
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
