/** A result as a table: one line a metric, we first, then each peer with the ratio. */

import Table from 'cli-table3'
import type { BenchResult } from '../bench.ts'

/** Cells as text, the first line the heads. */
export type Cells = readonly (readonly string[])[]

export interface Figures {
  readonly metrics: Cells
  /** Empty when the result has no rows. */
  readonly rows: Cells
}

export function figuresOf(result: BenchResult): Figures {
  return { metrics: metricCells(result), rows: rowCells(result.rows ?? []) }
}

/** For a terminal. */
export function formatFigures({ metrics, rows }: Figures): string {
  return [metrics, rows]
    .filter((cells) => cells.length > 0)
    .map(formatCells)
    .join('')
}

/** For a document. */
export function markdownFigures({ metrics, rows }: Figures): string {
  return [metrics, rows]
    .filter((cells) => cells.length > 0)
    .map(markdownCells)
    .join('\n')
}

function metricCells({ metrics, peers = {}, ratios = {} }: BenchResult): Cells {
  const names = Object.keys(peers)
  const used = new Set<string>()
  const lines = Object.entries(metrics).map(([metric, value]) => {
    const cells = names.flatMap((peer) => {
      const ratio = ratioName(metric, peer, Object.keys(ratios))
      if (ratio !== undefined) used.add(ratio)
      return [number(peers[peer]?.[metric]), ratio === undefined ? '' : times(ratios[ratio])]
    })
    return [metric, number(value), ...cells]
  })
  const others = Object.entries(ratios).filter(([ratio]) => !used.has(ratio))
  return [
    ['metric', 'mabeam', ...names.flatMap((peer) => [peerHead(peer, peers[peer]?.version), 'ratio'])],
    ...lines,
    ...others.map(([ratio, value]) => [ratio, times(value), ...names.flatMap(() => ['', ''])]),
  ]
}

function peerHead(peer: string, version: string | undefined): string {
  return version === undefined ? `${peer} (not installed)` : `${peer} ${version}`
}

function ratioName(metric: string, peer: string, ratios: readonly string[]): string | undefined {
  const wanted = `${metric}Vs${peer}`.toLowerCase().replaceAll('-', '')
  return ratios.find((ratio) => ratio.toLowerCase() === wanted)
}

function rowCells(rows: NonNullable<BenchResult['rows']>): Cells {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  return rows.length === 0 ? [] : [columns, ...rows.map((row) => columns.map((column) => number(row[column])))]
}

function number(value: number | string | null | undefined): string {
  if (value === null || value === undefined) return '–'
  if (typeof value === 'string') return value
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en')
  return value.toPrecision(3)
}

function times(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : `${value.toPrecision(3)}x`
}

function formatCells([head = [], ...lines]: Cells): string {
  const aligns = head.map((_, i) => (i === 0 ? 'left' : 'right') as 'left' | 'right')
  const table = new Table({ head: [...head], colAligns: aligns, style: { head: [], border: [] } })
  table.push(...lines.map((line) => [...line]))
  return `${table.toString()}\n`
}

function markdownCells([head = [], ...lines]: Cells): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  const rule = `|${head.map((_, i) => (i === 0 ? '---' : '---:')).join('|')}|`
  return `${[line(head), rule, ...lines.map(line)].join('\n')}\n`
}
