/** The command line of the benches: finds, runs and reports them. */

import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { invalidOption, MabeamError, messageOf, unknownName } from '@mabeam/foundation'
import type { Bench, BenchResult } from '../bench.ts'
import { figuresOf, formatFigures } from './figures.ts'
import { hostOf } from './host.ts'
import { saveResult } from './results.ts'

/** What a run of benches touches. */
export interface BenchSurroundings {
  /** Where the benches are; results go to `results/` in it. */
  readonly folder: string
  /** Standard output. */
  readonly out: (text: string) => void
  /** Standard error, a line at a time. */
  readonly log: (line: string) => void
  readonly now: Date
}

const notBenches = new Set(['run', 'bench'])
const options = {
  json: { type: 'boolean', default: false },
  quick: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
  shard: { type: 'string', default: '1/1' },
} as const

type Flags = { readonly [flag in 'json' | 'quick' | 'list']: boolean }

interface Asked {
  readonly names: readonly string[]
  /** No name was given. */
  readonly all: boolean
  readonly flags: Flags
}

/** Returns the exit status: 0 done, 1 a bench failed, 2 called wrongly. */
export async function runBenches(args: readonly string[], around: BenchSurroundings): Promise<number> {
  let asked: Asked
  try {
    asked = parse(args, around.folder)
  } catch (error) {
    around.log(messageOf(error))
    return 2
  }
  let status = 0
  for (const name of asked.names) {
    if (!(await runOne(name, asked, around))) status = 1
  }
  return status
}

function parse(args: readonly string[], folder: string): Asked {
  const known = benchNames(folder)
  for (const flag of args.filter((arg) => arg.startsWith('-'))) {
    if (!(flag.replace(/^--/, '').replace(/=.*/, '') in options))
      throw unknownName(
        'bench',
        'option',
        flag,
        Object.keys(options).map((one) => `--${one}`),
      )
  }
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
  for (const name of positionals) if (!known.includes(name)) throw unknownName('bench', 'name', name, known)
  const all = positionals.length === 0
  return { names: shardOf(all ? known : positionals, values.shard), all, flags: values }
}

/** Of `2/3` every third, beginning with the second: all shards together are all. */
function shardOf(names: readonly string[], shard: string): readonly string[] {
  const [, which, count] = /^([1-9]\d?)\/([1-9]\d?)$/.exec(shard)?.map(Number) ?? []
  if (which === undefined || count === undefined || which > count)
    throw invalidOption('bench', '--shard', 'such as 1/2, the first of two halves', shard)
  return names.filter((_, i) => i % count === which - 1)
}

/** Every module in the folder but the harness is a bench of that name. */
function benchNames(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => /^[a-z0-9-]+\.ts$/.test(file))
    .map((file) => file.replace('.ts', ''))
    .filter((name) => !notBenches.has(name))
    .sort()
}

async function runOne(name: string, { all, flags }: Asked, around: BenchSurroundings): Promise<boolean> {
  try {
    const bench = await loadBench(name, around.folder)
    const missing = bench.needs?.find((file) => !existsSync(path.join(around.folder, '..', file)))
    if (flags.list) around.out(`${name.padEnd(22)} ${bench.what}\n`)
    else if (missing === undefined) await measure(bench, flags, around)
    else around.log(`bench: ${name}: needs ${missing}, which is not here`)
    return missing === undefined || all || flags.list
  } catch (error) {
    around.log(`bench: ${name}: ${error instanceof Error ? error.stack : messageOf(error)}`)
    return false
  }
}

async function loadBench(name: string, folder: string): Promise<Bench> {
  const file = path.join(folder, `${name}.ts`)
  const { bench } = (await import(pathToFileURL(file).href)) as { readonly bench?: Bench }
  if (bench?.name === name) return bench
  throw new MabeamError('bench/no-bench', `bench/${name}.ts: expected an export "bench" with the name "${name}"`)
}

async function measure(bench: Bench, flags: Flags, around: BenchSurroundings): Promise<void> {
  const result = await bench.run({ quick: flags.quick, log: around.log })
  for (const [peer, figures] of Object.entries(result.peers ?? {})) {
    const command = result.peerInstalls?.[peer]
    if (figures === null)
      around.log(`bench: ${bench.name}: ${peer} is not installed${command ? `; install it with: ${command}` : ''}`)
  }
  const host = hostOf()
  if (flags.json) around.out(`${JSON.stringify(jsonLine(bench.name, result, host))}\n`)
  else
    around.out(
      `\n${bench.name}: ${bench.what}\n${formatFigures(figuresOf(result))}${bench.target ? `target: ${bench.target}\n` : ''}`,
    )
  if (!flags.quick) saveResult({ bench, result, host, now: around.now, folder: path.join(around.folder, 'results') })
}

function jsonLine(name: string, result: BenchResult, host: object): object {
  const { metrics, rows, bySeed, peers = {}, ratios = {}, runs } = result
  return { bench: name, metrics, ...(rows && { rows }), ...(bySeed && { bySeed }), peers, ratios, runs, host }
}
