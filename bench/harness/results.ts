/** Keeps the last full run of each bench: results/<name>.json for programs, results/<name>.md for people. */

import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Bench, BenchResult } from '../bench.ts'
import { figuresOf, markdownFigures } from './figures.ts'
import type { Host } from './host.ts'

export interface FinishedBench {
  readonly bench: Bench
  readonly result: BenchResult
  readonly host: Host
  readonly now: Date
  /** The results folder; made when it is not there. */
  readonly folder: string
}

export function saveResult({ bench, result, host, now, folder }: FinishedBench): void {
  const date = now.toISOString().slice(0, 10)
  mkdirSync(folder, { recursive: true })
  const { peerInstalls: _, ...kept } = result
  const file = path.join(folder, bench.name)
  writeFileSync(`${file}.json`, `${JSON.stringify({ bench: bench.name, date, host, ...kept }, null, 2)}\n`)
  const text = [
    `# ${bench.name}`,
    bench.what,
    markdownFigures(figuresOf(result)),
    ...(bench.target ? [`Target: ${bench.target}`] : []),
    `${date}, ${host.cpu}, ${host.cores} cores, Node ${host.node}, runs: ${result.runs}.`,
  ]
  writeFileSync(`${file}.md`, `${text.map((part) => part.trim()).join('\n\n')}\n`)
}
