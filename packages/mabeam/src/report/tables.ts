/** The report people read when a study is done: the comparison, what it shows, the curve, the front, and what changed. */

import asciichart from 'asciichart'
import { furtherText } from '../job/further-work.ts'
import type { Change, FrontPoint, Measured, Paired, StudyResult } from '../result.ts'
import { formatCost, formatLatency, formatPaired, percent, percentRange } from './figures.ts'
import { oneLine, plainTable, type ReportStyle, wrapped } from './style.ts'
import { verdict } from './verdict.ts'

/** Points of the front that are shown. */
const frontRowsMax = 10
/** From this width on, the scored fields have columns of their own. */
const wideFrom = 120

/** How a report is written. */
export interface ReportOptions extends ReportStyle {
  /** Whether every candidate is told. @default false */
  readonly isWhole?: boolean
}

/** The whole report as text. `command` runs the tuned program on a sentence of the reader's own. */
export function formatReport(
  result: StudyResult,
  command: string,
  { isWhole = false, ...style }: ReportOptions,
): string {
  const heading = (text: string) => `\n${style.bold(text)}`
  return [
    heading(`Held-out test, ${result.rows.test} rows`),
    comparisonTable(result, style),
    ...verdict(result),
    heading('How it was found'),
    ...[...foundLines(result.explanation, isWhole), ...goOnLines(result)].flatMap((line) =>
      wrapped(line, style.width - 1).map((part) => ` ${part}`),
    ),
    heading('Best accuracy so far on validation rows, by candidate'),
    curve(result.bestSoFar, style),
    heading('Pareto front on all validation rows: accuracy against cost and latency'),
    frontTable(result, style),
    heading('What changed in the program'),
    changesTable(result.changes, style),
    '',
    `Saved  ${result.artefact}`,
    `       ${result.predictions}`,
    `       ${result.report}`,
    '       (the tuned program; every test row with every answer; every candidate with its evidence)',
    `Try    ${style.bold(command)}`,
  ].join('\n')
}

/** The command that runs the tuned program on an input of the reader's own. */
export function tryCommand(artefact: string): string {
  return `npx mabeam run ${artefact} "a text of your own"`
}

/** Zero-shot, labelled, tuned and nearest neighbours, one row each, with the paired difference of the tuned program. */
export function comparisonTable(result: StudyResult, style: ReportStyle): string {
  const { paired, knn } = result
  const fields = style.width >= wideFrom ? Object.keys(result.best.fields) : []
  const row = (name: string, one: Measured, difference?: Paired) => [
    name,
    String(one.demos),
    percent(one.accuracy),
    percentRange(one.ci95),
    ...fields.map((field) => percent(one.fields[field] ?? 0)),
    difference ? formatPaired(difference) : '',
    formatCost(one.costUsd),
    formatLatency(one.latencyMsP50),
  ]
  const rows = [
    row('zero-shot', result.baseline, paired.vsBaseline),
    row('labeled few-shot', result.labeled, paired.vsLabeled),
    row(' in tuned settings', result.labeledTunedSettings, paired.vsLabeledTunedSettings),
    row(style.bold('tuned'), result.best),
  ]
  if (knn) {
    const difference = paired.vsKnn ? formatPaired(paired.vsKnn) : ''
    const name = `${knn.k} nearest neighbours`
    rows.push([name, '', percent(knn.accuracy), percentRange(knn.ci95), ...fields.map(() => ''), difference, '', ''])
  }
  const heads = ['program', 'demos', 'accuracy', '95 %', ...fields, 'tuned is better by', '$/1,000', 'p50']
  return plainTable({ heads, align: `lrrl${fields.map(() => 'r').join('')}lrr`, rows }, style)
}

/** What tuning says of itself, without the list of candidates unless all is wanted. */
function foundLines(explanation: string, isWhole: boolean): string[] {
  const lines = explanation.split('\n')
  const list = lines.indexOf('What was tried:')
  return isWhole || list < 0 ? lines : lines.slice(0, list)
}

/** What its budget ended goes on with more of it, in the words of the command line. */
function goOnLines({ ended, request, study }: StudyResult): string[] {
  const further = ended === 'budget' ? furtherText(request, ended) : undefined
  return further === undefined ? [] : [`npx mabeam optimize --resume ${study} goes on with ${further}.`]
}

/** The front, the most accurate first, and the winner, marked. */
export function frontTable(
  { front, chosen }: Pick<StudyResult, 'front' | 'chosen'>,
  style: ReportStyle,
  mark = 'the tuned program',
): string {
  const shown = front.slice(0, frontRowsMax)
  const points = shown.some(({ candidate }) => candidate === chosen.candidate) ? shown : [...shown, chosen]
  const rows = points.map((point) => [
    `${point.candidate === chosen.candidate ? '*' : ' '}${point.candidate}`,
    percent(point.accuracy),
    formatCost(point.costUsd),
    formatLatency(point.latencyMsP50),
    oneLine(howText(point), style.width - 48),
  ])
  const more = front.length > shown.length ? [` and ${front.length - shown.length} more, in the JSON`] : []
  const table = plainTable(
    { heads: ['candidate', 'accuracy', '$/1,000', 'p50', 'what it is'], align: 'rrrrl', rows },
    style,
  )
  return [table, ...more, ` * ${mark}`].join('\n')
}

export function changesTable(changes: readonly Change[], style: ReportStyle): string {
  if (changes.length === 0) return ' nothing: the program as written was the best one found'
  const whatWidth = Math.max(...changes.map(({ what }) => what.length))
  const fromWidth = 28
  const rows = changes.map(({ what, from, to }) => [
    what,
    oneLine(from, fromWidth),
    oneLine(to, style.width - whatWidth - fromWidth - 8),
  ])
  return plainTable({ heads: ['', 'from', 'to'], align: 'lll', rows }, style)
}

/** Without what is the same in all: the name of the teleprompter, and those of settings whose value says enough. */
function howText({ how }: FrontPoint): string {
  const text = how.replace(/^[\w-]+: /, '').replace(/\d+\.\d{3,}/g, (number) => Number(number).toPrecision(2))
  const parts = text.split(', ')
  if (!parts.every((part) => /^[\w.]+ \S+$/.test(part))) return text
  return parts.map((part) => part.replace(/^[\w.]+ (?!-?\d)/, '').replace(/^"(.*)"$/, '$1')).join(', ')
}

/** The curve over candidates; a long one is thinned to the width of the page. */
export function curve(values: readonly number[], style: ReportStyle): string {
  if (values.length < 2) return ' one candidate only'
  const points = Math.min(values.length, style.width - 14)
  const series = Array.from({ length: points }, (_, i) => {
    const at = Math.round((i * (values.length - 1)) / (points - 1))
    return 100 * (values[at] as number)
  })
  const plot = asciichart.plot(series, { height: 7, format: (value: number) => `${value.toFixed(1)} %`.padStart(9) })
  const last = String(values.length - 1)
  return `${plot}\n${' '.repeat(11)}0${last.padStart(points - 1)}`
}
