/** A report for people: tables in Markdown, aligned, that are as well read in a terminal. */

import type { CoordinationReport, ReportedAgent, ReportedProtocol } from './coordination-report.ts'

type Column<T> = readonly [title: string, cell: (row: T) => string]

const protocolColumns: readonly Column<ReportedProtocol>[] = [
  ['protocol', ({ protocol }) => protocol],
  ['sessions', ({ sessions }) => String(sessions)],
  ['failed', ({ failed }) => String(failed)],
  ['resolved', ({ quality }) => percent(quality.resolvedShare)],
  ['margin', ({ quality }) => percent(quality.meanMargin)],
  ['turnout', ({ quality }) => percent(quality.meanTurnout)],
  ['right', ({ quality }) => percent(quality.accuracy)],
  ['messages each', ({ efficiency }) => rounded(efficiency.messagesPerDecision)],
  ['p50 ms', ({ efficiency }) => rounded(efficiency.latencyMs?.p50)],
  ['p95 ms', ({ efficiency }) => rounded(efficiency.latencyMs?.p95)],
]

const agentColumns: readonly Column<ReportedAgent>[] = [
  ['agent', ({ agent }) => agent],
  ['sessions', ({ sessions }) => String(sessions)],
  ['asked', ({ asked }) => String(asked)],
  ['answered', ({ answered, asked }) => percent(asked === 0 ? null : answered / asked)],
  ['sided', ({ agreement }) => percent(agreement)],
  ['influence', ({ influence }) => rounded(influence)],
  ['right', ({ forecasts }) => percent(forecasts.accuracy)],
  ['brier', ({ forecasts }) => (forecasts.brier === null ? '' : forecasts.brier.toFixed(3))],
  ['wins', ({ wins }) => String(wins)],
  ['paid', ({ paid }) => paid],
  ['received', ({ received }) => received],
]

/** Lines without one at the end. What is not known is empty. */
export function coordinationReportTable(report: CoordinationReport): string {
  const { fairness, agentCount, agents } = report
  const spreads = Object.entries(fairness).map(([what, spread]) => ({ what, ...spread }))
  const shown = agents.length < agentCount ? ` (${agents.length} of ${agentCount})` : ''
  return [
    `Coordination on ${report.node}: ${report.sessions} sessions`,
    table(protocolColumns, [...report.protocols, { ...report, protocol: 'all' }]),
    `Agents${shown}`,
    table(agentColumns, agents),
    'Fairness (Jain: 1 is even; Gini: 0 is even)',
    table(
      [
        ['of', ({ what }) => what],
        ['Jain', ({ jain }) => jain.toFixed(3)],
        ['Gini', ({ gini }) => gini.toFixed(3)],
      ],
      spreads,
    ),
  ].join('\n\n')
}

function table<T>(columns: readonly Column<T>[], rows: readonly T[]): string {
  const cells = [
    columns.map(([title]) => title),
    ...rows.map((row) => columns.map(([, cell]) => cell(row).replaceAll(/[|\r\n]/g, ' '))),
  ]
  const widths = columns.map((_, at) => cells.reduce((widest, line) => Math.max(widest, line[at]?.length ?? 0), 1))
  const padded = cells.map((line) => line.map((cell, at) => pad(cell, widths[at] ?? 0, at === 0)))
  const rule = widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  const [head = [], ...body] = padded
  return [head, rule, ...body].map((line) => `| ${line.join(' | ')} |`).join('\n')
}

function pad(cell: string, width: number, isText: boolean): string {
  return isText ? cell.padEnd(width) : cell.padStart(width)
}

function percent(share: number | null): string {
  return share === null ? '' : `${(100 * share).toFixed(1)} %`
}

function rounded(value: number | null | undefined): string {
  return value === null || value === undefined ? '' : String(Math.round(value * 100) / 100)
}
