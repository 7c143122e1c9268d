/**
 * How long an ask and a tell take, on the language program of the shared problems, beside Optuna with the same trials told: ours and
 * Optuna's in turn, each in a process of its own. Times of asks are CPU time, those of tells wall time.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { seededRandom } from '@mabeam/foundation'
import { median } from '@mabeam/ml'
import type { Bench, BenchOptions, BenchResult } from './bench.ts'
import { type ProcessFigures, programFigures } from './harness/child-process.ts'
import { type OptunaPeer, type OptunaSampler, optunaInstall, optunaPeer } from './harness/optuna-peer.ts'
import { type SharedProblems, sharedFiles, sharedProblems } from './problems/shared-problems.ts'

/** CPU times that were stored for Optuna 5. */
const timesAt = '../shared/baselines/optimisers/timing-optuna-5.json'

interface Case {
  /** As in the metrics. */
  readonly name: string
  readonly sampler: string
  readonly losses: 1 | 3
  readonly told: number
  /** Measured after the trials that were told. */
  readonly asks: number
  /** What Optuna has that is the same, and its name where times are stored. */
  readonly optuna?: OptunaSampler
  readonly stored?: string
}

const cases: readonly Case[] = [
  ...[100, 300, 1_000].flatMap((told): Case[] => [
    { name: `askMs${told}Tpe`, sampler: 'tpe', losses: 1, told, asks: 100, optuna: 'tpe', stored: 'tpe5' },
    { name: `askMs${told}TpeThree`, sampler: 'tpe', losses: 3, told, asks: 100, optuna: 'tpe-multivariate' },
    {
      name: `askMs${told}TpeThreeUnivariate`,
      sampler: 'tpe-univariate',
      losses: 3,
      told,
      asks: 100,
      optuna: 'tpe',
      stored: 'tpe5',
    },
  ]),
  { name: 'askMs100Adaptive', sampler: 'adaptive', losses: 1, told: 100, asks: 20 },
  // Up to the 300th trial it is a Gaussian process: the dearest asks are those before.
  { name: 'askMs300Adaptive', sampler: 'adaptive', losses: 1, told: 278, asks: 20 },
  { name: 'askMs1000Adaptive', sampler: 'adaptive', losses: 1, told: 1_000, asks: 100 },
  ...[100, 300].map((told): Case => {
    return { name: `askMs${told}Gp`, sampler: 'gp', losses: 1, told, asks: 20, optuna: 'gp', stored: 'gp5' }
  }),
  { name: 'askMs100GpThree', sampler: 'gp', losses: 3, told: 100, asks: 20, optuna: 'gp', stored: 'gp5' },
]

export const bench: Bench = {
  name: 'optimiser-latency',
  what: 'CPU ms of an ask by sampler and trials told, wall ms of a tell in memory and durable, beside Optuna with the same trials',
  target: 'askSpeedupVsOptuna5 (ask and tell of TPE at 1,000) ≥ 3; TPE asks ≥ 3.3x; GP asks ≥ 5x; tellMs ≤ 0.05',
  needs: [sharedFiles.problems, sharedFiles.results, timesAt],
  async run(options) {
    const runs = options.quick ? 1 : 3
    const chosen = options.quick ? cases.filter(({ told, sampler }) => told === 100 && sampler === 'tpe') : cases
    const folder = mkdtempSync(path.join(os.tmpdir(), 'mabeam-bench-'))
    using _ = { [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
    await using optuna = await optunaPeer()
    const shared = await sharedProblems()
    const measured: Measured[][] = []
    const tells: ProcessFigures[] = []
    for (let run = 1; run <= runs; run++) {
      const row: Measured[] = []
      for (const one of chosen)
        row.push(await measure(one, { shared, optuna, folder, oursFirst: run % 2 === 1, quick: options.quick }))
      measured.push(row)
      tells.push(await programFigures('tell-latency', [options.quick ? '200' : '2000']))
      options.log(`run ${run} of ${runs} is measured`)
    }
    return resultOf(chosen, { measured, tells, version: optuna?.version })
  },
}

interface Times {
  readonly askCpuMs: number
  readonly tellCpuMs: number
}

interface Measured {
  readonly ours: Times
  readonly theirs: Times | undefined
}

interface Around extends Pick<BenchOptions, 'quick'> {
  readonly shared: SharedProblems
  readonly optuna: OptunaPeer | undefined
  /** For files that last as long as the bench. */
  readonly folder: string
  readonly oursFirst: boolean
}

async function measure(
  { sampler, losses, told: count, asks: full, optuna: other }: Case,
  around: Around,
): Promise<Measured> {
  const asks = around.quick ? 10 : full
  const problem = around.shared.problem(losses === 1 ? 'llm' : 'llm3')
  const random = seededRandom(`told ${count}`)
  const told = Array.from({ length: count }, () => {
    const config = problem.space.sample(random)
    return [config, problem.measure(config, random)] as const
  })
  const file = path.join(around.folder, 'told.json')
  writeFileSync(file, JSON.stringify(told))
  const ours = async () =>
    (await programFigures('ask-latency', [sampler, `${losses}`, `${asks}`, file])) as unknown as Times
  const { optuna } = around
  const canRun = optuna && other && (other !== 'gp' || optuna.gp)
  const theirs = async () =>
    canRun ? await optuna.time({ space: problem.space, losses, sampler: other, seed: 1 }, told, asks) : undefined
  if (around.oursFirst) return { ours: await ours(), theirs: await theirs() }
  const first = await theirs()
  return { ours: await ours(), theirs: first }
}

interface Outcome {
  readonly measured: readonly (readonly Measured[])[]
  readonly tells: readonly ProcessFigures[]
  readonly version: string | undefined
}

function resultOf(chosen: readonly Case[], { measured, tells, version }: Outcome): BenchResult {
  const stored = storedTimes()
  const metrics: Record<string, number> = {}
  const figures: Record<string, number> = {}
  const ratios: Record<string, number | null> = { askSpeedupVsOptuna5: null }
  const rows = chosen.map((one, i) => {
    const runs = measured.map((row) => row[i] as Measured)
    const theirs = runs.flatMap((run) => run.theirs ?? [])
    const askMs = median(runs.map(({ ours }) => ours.askCpuMs))
    const storedMs = stored(one)
    metrics[one.name] = askMs
    if (theirs.length > 0) figures[one.name] = median(theirs.map(({ askCpuMs }) => askCpuMs))
    const paired = (of: (times: Times) => number) =>
      theirs.length < runs.length ? null : median(runs.map((run) => of(run.theirs as Times) / of(run.ours)))
    if (one.optuna) ratios[`${one.name}VsOptuna5`] = paired(({ askCpuMs }) => askCpuMs)
    if (storedMs !== null) ratios[`${one.name}VsOptuna5Stored`] = storedMs / askMs
    if (one.name === mainCase) ratios.askSpeedupVsOptuna5 = paired(({ askCpuMs, tellCpuMs }) => askCpuMs + tellCpuMs)
    return {
      sampler: one.sampler,
      losses: one.losses,
      told: one.told,
      askMs,
      tellCpuMs: median(runs.map(({ ours }) => ours.tellCpuMs)),
      optunaAskMs: theirs.length > 0 ? median(theirs.map(({ askCpuMs }) => askCpuMs)) : null,
      optunaTellCpuMs: theirs.length > 0 ? median(theirs.map(({ tellCpuMs }) => tellCpuMs)) : null,
      storedOptuna5AskMs: storedMs,
    }
  })
  for (const name of Object.keys(tells[0] ?? {})) metrics[name] = median(tells.map((one) => Number(one[name])))
  return {
    metrics,
    peers: { optuna5: version === undefined ? null : { version, ...figures } },
    peerInstalls: { optuna5: optunaInstall },
    ratios,
    rows,
    runs: measured.length,
  }
}

/** Optuna's TPE for one objective is multivariate by default, as ours is. */
const mainCase = 'askMs1000Tpe'

interface StoredTime {
  readonly space: string
  readonly sampler: string
  readonly objectives: number
  readonly n: number
  readonly ask_cpu_ms: number
}

function storedTimes(): (one: Case) => number | null {
  const file = path.resolve(import.meta.dirname, '..', timesAt)
  const times = JSON.parse(readFileSync(file, 'utf8')) as readonly StoredTime[]
  return ({ stored, losses, told }) =>
    times.find(
      ({ space, sampler, objectives, n }) =>
        space === 'llm6' && sampler === stored && objectives === losses && n === told,
    )?.ask_cpu_ms ?? null
}
