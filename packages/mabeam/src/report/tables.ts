/** The report people read when a study is done: the comparison, the front, the curve, and what changed. */

import asciichart from 'asciichart'
import Table, { type HorizontalAlignment } from 'cli-table3'
import pc from 'picocolors'
import type { Change, FrontPoint, Measured, Paired, StudyResult } from '../result.ts'

/** Plain borders, so that a table survives a log file. */
const borders = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: ' ',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}

/** How a report is set: bold only where it is read on a terminal. */
export interface ReportStyle {
  readonly bold: (text: string) => string
}

/** Bold type on a terminal that wants it, plain text elsewhere. */
export function reportStyle(isTTY: boolean, env: { readonly [name: string]: string | undefined }): ReportStyle {
  return pc.createColors(isTTY && !env.NO_COLOR)
}

/** The whole report as text. `command` runs the tuned program on a sentence of the reader's own. */
export function formatReport(result: StudyResult, command: string, style: ReportStyle): string {
  const heading = (text: string) => `\n${style.bold(text)}`
  return [
    heading(`Held-out test, ${result.rows.test} rows`),
    comparisonTable(result, style),
    ...tunedFromAllRows(result),
    ...(usesLocalModel(result)
      ? [' Cost and latency of local models are declared constants; accuracy is measured.']
      : []),
    heading('Best accuracy so far on validation, by trial'),
    curve(result.bestSoFar),
    heading('Pareto front on validation: accuracy against cost and latency'),
    frontTable(result.front, style),
    heading('What changed in the program'),
    changesTable(result.changes, style),
    '',
    `Saved  ${result.artefact}`,
    `       ${result.predictions} (every test row with every answer, to score again)`,
    `Try    ${style.bold(command)}`,
  ].join('\n')
}

/** The command that runs the tuned program on an input of the reader's own. */
export function tryCommand(artefact: string): string {
  return `npx mabeam run ${artefact} "a text of your own"`
}

/** Zero-shot, labelled, tuned and nearest neighbours, one row each, with the paired difference to the tuned program. */
export function comparisonTable(result: StudyResult, style: ReportStyle): string {
  const { paired } = result
  const fields = Object.keys(result.best.fields)
  const table = plainTable(
    [
      'program',
      'demos',
      'accuracy',
      '95 % interval',
      ...fields,
      'tuned is better by',
      'cost / 1,000',
      'latency p50',
    ].map(style.bold),
    ['left', 'right', 'right', 'left', ...fields.map(() => 'right' as const), 'left', 'right', 'right'],
  )
  const row = (name: string, one: Measured, difference?: Paired) => [
    name,
    String(one.demos),
    percent(one.accuracy),
    `${percent(one.ci95[0])} to ${percent(one.ci95[1])}`,
    ...fields.map((field) => percent(one.fields[field] ?? 0)),
    difference ? formatPaired(difference) : '',
    formatCost(one.costUsd),
    formatLatency(one.latencyMsP50),
  ]
  table.push(
    row('zero-shot', result.baseline, paired.vsBaseline),
    row('labeled few-shot', result.labeled, paired.vsLabeled),
    row('  with tuned settings', result.labeledTunedSettings, paired.vsLabeledTunedSettings),
    row(style.bold('tuned'), result.best),
  )
  if (result.knn) {
    const interval = `${percent(result.knn.ci95[0])} to ${percent(result.knn.ci95[1])}`
    table.push([
      `${result.knn.k} nearest neighbours`,
      String(result.rows.train),
      percent(result.knn.accuracy),
      interval,
    ])
  }
  return table.toString()
}

export function frontTable(front: readonly FrontPoint[], style: ReportStyle): string {
  const names = [...new Set(front.flatMap((point) => Object.keys(point.config)))]
  const table = plainTable(['trial', 'accuracy', 'cost / 1,000', 'latency', ...names].map(style.bold), [
    'right',
    'right',
    'right',
    'right',
  ])
  for (const point of front) {
    const settings = names.map((name) => formatValue(point.config[name]))
    table.push([
      String(point.trial),
      percent(point.accuracy),
      formatCost(point.costUsd),
      `${point.latencyMs.toFixed(0)} ms`,
      ...settings,
    ])
  }
  return table.toString()
}

export function changesTable(changes: readonly Change[], style: ReportStyle): string {
  if (changes.length === 0) return ' nothing: the program as written was the best one found'
  const table = plainTable(['', 'from', 'to'].map(style.bold), [])
  for (const change of changes) table.push([change.what, oneLine(change.from), oneLine(change.to)])
  return table.toString()
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

export function formatPaired(paired: Paired): string {
  const sign = (value: number) => `${value >= 0 ? '+' : ''}${(100 * value).toFixed(1)}`
  return `${sign(paired.difference)} points (${sign(paired.ci95[0])} to ${sign(paired.ci95[1])})`
}

/** Demonstrations are counted in the table, but words in instructions come from every training row: said beside it. */
function tunedFromAllRows({ changes, rows }: StudyResult): string[] {
  if (!changes.some(({ what }) => what.endsWith(': instructions'))) return []
  return [
    ` The tuned instructions were drawn from all ${rows.train} training rows, the demonstrations are a few of them.`,
  ]
}

function usesLocalModel({ front, config }: StudyResult): boolean {
  return [config, ...front.map((point) => point.config)].some(({ model }) => String(model ?? '').startsWith('local/'))
}

function plainTable(head: string[], colAligns: HorizontalAlignment[]): Table.Table {
  return new Table({ chars: borders, head, style: { head: [], border: [] }, colAligns })
}

function curve(values: readonly number[]): string {
  if (values.length < 2) return ' one trial only'
  const series = values.map((value) => 100 * value)
  return asciichart.plot(series, { height: 7, format: (value: number) => `${value.toFixed(1)} %`.padStart(9) })
}

export function formatLatency(latencyMs: number | null): string {
  return latencyMs === null ? 'unknown' : `${latencyMs.toFixed(0)} ms`
}

export function formatCost(costUsd: number | null): string {
  return costUsd === null ? 'unknown' : `$${(1000 * costUsd).toFixed(4)}`
}

function formatValue(value: unknown): string {
  return typeof value === 'number' && !Number.isInteger(value) ? value.toPrecision(3) : String(value ?? '')
}

function oneLine(text: string): string {
  const flat = text.replace(/\s*\n\s*/g, ' ⏎ ')
  return flat.length > 76 ? `${flat.slice(0, 73)}...` : flat
}
