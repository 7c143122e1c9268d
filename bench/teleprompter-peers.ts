/**
 * Teleprompters that DSPy and Ax have too, on the same local endpoint, the same rows and the same seeds, each in its tool's documented defaults.
 *
 * First parity: the same demonstrations and instructions in each tool, rendered as it does; a tool with which the same held-out rows are not as often
 * right, within 1 point, is compared no further. Then labeled few-shot, bootstrap, random search and nearest neighbours, each program judged by the
 * tool that made it. DSPy: LabeledFewShot, BootstrapFewShot, BootstrapFewShotWithRandomSearch, KNNFewShot with the neighbours as they are labelled.
 * Ax has none of these but demonstrations that are set; its AxBootstrapFewShot shows its teacher all other rows, samples, takes what is half right and
 * fills nothing up, so it is an aside, as are DSPy's neighbours asked about anew (its default).
 * A seed decides which training and validation rows there are and their order; DSPy draws in them always alike. MABEAM_BENCH_SEEDS says how many.
 * Runs are kept in `.mabeam/bench/` until all of them are there: a bench that was stopped goes on.
 */

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Demo, Example, Signature } from '@mabeam/dspx'
import type { Bench, BenchOptions, BenchResult } from './bench.ts'
import { keptRuns, runsFile, sourceDigest } from './harness/kept-runs.ts'
import { installedLmPeers, type LmPeer, lmPeerInstalls } from './harness/lm-peers.ts'
import { ownTuning } from './harness/own-tuning.ts'
import { comparisons, hasParity, meansOf, ourTool, type TunedRun } from './harness/tuning-comparison.ts'
import {
  type CountingEndpoint,
  countingEndpoint,
  peerTool,
  type Shown,
  type TuningTool,
} from './harness/tuning-tools.ts'
import { demosOf, seedRows, type TunedTask, tunedTasks } from './programs/tuned-tasks.ts'

/** Seeds in full: DSPy takes two minutes for one of `triage`, whose every row is three calls. */
const seedsByTask: { readonly [task: string]: number } = { clinc: 20, triage: 5 }
/** The first of them, in which parity is tried and asides are made. */
const paritySeeds = 3
const teleprompters: { readonly [tool: string]: readonly string[] } = {
  mabeam: ['labeled', 'bootstrap', 'search', 'nearest'],
  dspy: ['labeled', 'bootstrap', 'search', 'nearest'],
  ax: ['labeled'],
}
const asides: { readonly [tool: string]: readonly string[] } = { dspy: ['nearest-asked'], ax: ['ax-bootstrap'] }
/** Where a bootstrap of Ax has one generator to tune. */
const asidesTask = 'clinc'

/** What decides answers and demonstrations. */
const sources = [
  'packages/dspx/src/{local,adapters,modules,tuning/teleprompters}/**/*.ts',
  'bench/{harness/own-tuning,programs/tuned-tasks}.ts',
  'bench/peers/{ax,dspy}/teleprompters.*',
]

export const bench: Bench = {
  name: 'teleprompter-peers',
  what: 'mean score on held-out rows of teleprompters that DSPy and Ax have too, and calls made for them, on one local endpoint; differences by seed, corrected for their number',
  target: 'parity within 0.01; no difference to a peer that is worse after correction',
  async run(options) {
    const tasks = tunedTasks.filter(({ folder }) => existsSync(resolve(import.meta.dirname, '..', folder)))
    const peers = await installedLmPeers()
    await using endpoint = await countingEndpoint()
    await using open = new AsyncDisposableStack()
    const tools = [ownTuning(), ...(await Promise.all(peers.map(peerTool))).map((tool) => open.use(tool))]
    await using kept = await keptRuns<TunedRun[]>(options.quick ? undefined : runsFile('teleprompter-peers'))
    const digest = sourceDigest(sources)
    const runs: TunedRun[] = []
    for (const { task, seed } of turnsOf(tasks, options)) {
      for (const tool of seed % 2 === 0 ? tools.toReversed() : tools) {
        const key = JSON.stringify({ task: task.name, seed, tool: tool.name, version: tool.version, digest })
        const known = kept.get(key)
        const found = known ?? (await runsOf({ tool, task, seed, endpoint, options }))
        if (known === undefined) await kept.keep(key, found)
        runs.push(...found)
      }
      options.log(
        `${task.name}, seed ${seed}: ${lineOf(runs.filter((run) => run.task === task.name && run.seed === seed))}`,
      )
    }
    await kept.finish()
    return resultOf(runs, tools)
  },
}

/** All tasks come forward alike, so that what a stopped bench has kept is worth something for each. */
function turnsOf(tasks: readonly TunedTask[], options: BenchOptions) {
  const asked = options.quick ? tasks.slice(-1) : tasks
  const turns = asked.flatMap((task) => {
    const seeds = seedsOf(task, options)
    return Array.from({ length: seeds }, (_, i) => ({ task, seed: i + 1, share: (i + 1) / seeds }))
  })
  return turns.sort((a, b) => a.share - b.share)
}

function seedsOf({ name }: TunedTask, { quick }: BenchOptions): number {
  const given = process.env.MABEAM_BENCH_SEEDS ?? ''
  if (given !== '' && !/^[1-9][0-9]{0,3}$/.test(given))
    throw new Error(`MABEAM_BENCH_SEEDS: expected a whole number from 1, got ${given}`)
  return quick ? 1 : given === '' ? (seedsByTask[name] ?? 1) : Number(given)
}

interface Turn {
  readonly tool: TuningTool
  readonly task: TunedTask
  readonly seed: number
  readonly endpoint: CountingEndpoint
  readonly options: BenchOptions
}

/** All that one tool does with one seed. */
async function runsOf({ tool, task, seed, endpoint, options: { quick } }: Turn): Promise<TunedRun[]> {
  const rows = seedRows(
    task,
    seed,
    quick ? { train: 300, val: 10, test: 50 } : { train: 300, val: 100, test: task.testRows },
  )
  await tool.open({ url: `${endpoint.url}/v1`, model: 'small', task: task.name, seed, ...rows })
  const runs: TunedRun[] = []
  const measured = async (what: string, purpose: TunedRun['purpose'], make: () => Promise<void>) => {
    const beforeCalls = await endpoint.calls()
    await make()
    const madeCalls = await endpoint.calls()
    const score = await tool.score()
    const [tuningCalls, testCalls] = [madeCalls - beforeCalls, (await endpoint.calls()) - madeCalls]
    runs.push({ task: task.name, tool: tool.name, what, purpose, seed, score, tuningCalls, testCalls })
  }
  for (const [what, shown] of seed <= paritySeeds ? parityCases(task, rows.train) : [])
    await measured(what, 'parity', () => tool.show(shown))
  for (const name of teleprompters[tool.name] ?? []) await measured(name, 'comparison', () => tool.tune(name))
  if (seed > paritySeeds || task.name !== asidesTask || quick) return runs
  for (const name of asides[tool.name] ?? []) await measured(name, 'aside', () => tool.tune(name))
  return runs
}

/** What all tools are to tell a model alike. */
function parityCases(task: TunedTask, train: readonly Example[]): readonly (readonly [what: string, shown: Shown])[] {
  const { predictors } = task.definition(task.program())
  const shown = (demos: number, isHinted: boolean): Shown =>
    Object.fromEntries(
      Object.entries(predictors).map(([name, step]) => {
        const rows = demosOf(step, train)
        const hints = isHinted ? hintsOf(step, rows) : []
        return [name, { instructions: [step.instructions, ...hints].join('\n'), demos: rows.slice(0, demos) }]
      }),
    )
  return [
    ['zero-shot', shown(0, false)],
    ['same-demos', shown(16, false)],
    ['same-hints', shown(0, true)],
    ['same-hints-demos', shown(16, true)],
  ]
}

/** A line for each value of an output that has few, with words that rows of it often have: the way teleprompters that write put it. */
function hintsOf({ outputs }: Signature, rows: readonly Demo[]): string[] {
  return outputs.flatMap(({ name, values = [] }) =>
    values.map((value) => {
      const texts = rows.filter((row) => row.outputs[name] === value).map((row) => String(row.inputs.text))
      const words = texts.flatMap((text) => text.toLowerCase().match(/[a-z]{5,}/g) ?? [])
      const counts = Map.groupBy(words, (word) => word)
      const frequent = [...counts].sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1))
      return `${value}: ${frequent
        .slice(0, 8)
        .map(([word]) => word)
        .join(', ')}`
    }),
  )
}

function lineOf(runs: readonly TunedRun[]): string {
  return runs.map(({ tool, what, score }) => `${tool} ${what} ${score.toFixed(3)}`).join(', ')
}

function resultOf(runs: readonly TunedRun[], tools: readonly TuningTool[]): BenchResult {
  const tasks = [...new Set(runs.map(({ task }) => task))]
  const figures = (tool: string) =>
    Object.fromEntries(
      meansOf(runs.filter((run) => run.tool === tool && run.purpose !== 'aside')).flatMap(
        ({ task, what, purpose, score, tuningCalls }) => [
          [`${task}.${what}.score`, score] as const,
          ...(purpose === 'comparison' ? [[`${task}.${what}.calls`, tuningCalls] as const] : []),
        ],
      ),
    )
  const peers = (Object.keys(lmPeerInstalls) as LmPeer[]).map((peer) => {
    const found = tools.find(({ name }) => name === peer)
    return [peer, found ? { version: found.version, ...figures(peer) } : null] as const
  })
  const installed = peers.flatMap(([peer, found]) => (found ? [peer] : []))
  const parity = tasks.flatMap((task) =>
    installed.map(
      (peer) => [`${task}.parityWith${peer === 'ax' ? 'Ax' : 'Dspy'}`, Number(hasParity(runs, task, peer))] as const,
    ),
  )
  return {
    metrics: { ...Object.fromEntries(parity), ...figures(ourTool) },
    rows: [...comparisons(runs).map((one) => ({ ...one })), ...asideRows(runs)],
    bySeed: runs.map((run) => ({ ...run })),
    peers: Object.fromEntries(peers),
    peerInstalls: lmPeerInstalls,
    runs: Math.max(
      0,
      ...tasks.map((task) => new Set(runs.filter((run) => run.task === task).map(({ seed }) => seed)).size),
    ),
  }
}

/** What nobody else does in the same way stands below, for who wonders. */
function asideRows(runs: readonly TunedRun[]) {
  return meansOf(runs.filter(({ purpose }) => purpose === 'aside')).map(
    ({ task, what, tool, seeds, score, tuningCalls, testCalls }) => {
      const calls = { peerCalls: tuningCalls, testCalls }
      return { task, what, peer: tool, seeds, theirs: score, ...calls, verdict: 'not the same' }
    },
  )
}
