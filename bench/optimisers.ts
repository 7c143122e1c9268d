/**
 * Regret and hypervolume by problem, sampler and budget, of ours and of Optuna in the same run, on the problems of
 * `../shared/baselines/optimisers`, which nothing was tuned on, and on our own in `problems/`, which were. Every search is judged by two
 * picks: the trial that was *observed* to be best, as Optuna picks, and the one that is best by posterior mean (`recommend`), which
 * Optuna's trials are given too. Values by seed are kept; medians have exact 95 % intervals, and a problem counts as worse or better
 * only where they are apart; `p` is of Mann and Whitney's test. A full run that was stopped goes on where it was.
 */

import type { Bench, BenchOptions, BenchResult, PeerFigures } from './bench.ts'
import { type Cell, cellsOf, counterpart, rowOf, type Standing, standingOf } from './harness/judged-rows.ts'
import { finishedRuns } from './harness/judged-work.ts'
import { keptRuns, runsFile, sourceDigest } from './harness/kept-runs.ts'
import { optunaInstall, optunaPeer } from './harness/optuna-peer.ts'
import { type PlannedProblem, plannedRuns, type RunAsked, sharedPlan } from './harness/run-plan.ts'
import { isGain } from './problems/judged-problem.ts'
import type { Judged, Searcher } from './problems/judged-run.ts'
import { ownFamilies } from './problems/own-families.ts'
import { type SharedProblems, sharedFiles, sharedProblems } from './problems/shared-problems.ts'

const ownPlan = ownFamilies.map(({ name }): PlannedProblem => ({ set: 'own', problem: name, budgets: [30, 100] }))
const quickPlan: readonly PlannedProblem[] = [
  { set: 'shared', problem: 'branin', budgets: [15] },
  { set: 'own', problem: 'lm-small', budgets: [15] },
]

export const bench: Bench = {
  name: 'optimisers',
  what: 'regret (less is better) and parts of the largest hypervolume (more is better) by problem, sampler and budget',
  target:
    'adaptive, by posterior mean, over Optuna 5 TPE, observed: llm 30 ≤ 1.0, llm 100 and 300 ≤ 0.35, mixcond 100 ≤ 0.5, hartmann6 100 ≤ 0.02, branin 50 ≤ 0.005; llm3 100 ≥ 0.93, 300 ≥ 0.95; zdt1_6d 60 ≥ 0.80; better on 80 % of the problems, on none entirely worse',
  needs: [sharedFiles.problems, sharedFiles.results],
  run: (options) => optimisersResult(options, { problems: [...sharedPlan, ...ownPlan], seeds: 20 }),
}

interface Size {
  readonly problems: readonly PlannedProblem[]
  readonly seeds: number
}

async function optimisersResult({ quick, log }: BenchOptions, full: Size): Promise<BenchResult> {
  const { problems, seeds } = quick ? { problems: quickPlan, seeds: 2 } : full
  const shared = await sharedProblems()
  const optuna = await foundOptuna()
  const searchers: Searcher[] = ['random', 'tpe', 'gp', 'adaptive', ...optuna.searchers]
  await using kept = await keptRuns<Judged>(quick ? undefined : runsFile('optimisers'))
  const digests = { ours: sourceDigest(ourSources), theirs: sourceDigest(problemSources) }
  const keyOf = (run: RunAsked) => {
    const isOptuna = run.by.startsWith('optuna-')
    return JSON.stringify({
      ...run,
      by: isOptuna ? `${run.by} ${optuna.version}` : run.by,
      digest: isOptuna ? digests.theirs : digests.ours,
    })
  }
  const runs = await finishedRuns({ runs: plannedRuns(problems, searchers, seeds), kept, keyOf, log })
  await kept.finish()
  return resultOf(cellsOf(runs), { shared, version: optuna.version, seeds })
}

const problemSources = [
  'bench/problems/*.ts',
  'bench/peers/optuna/*.py',
  ...Object.values(sharedFiles),
  'packages/ml/src/recommend/*.ts',
  'packages/ml/src/samplers/gp/*.ts',
  'packages/ml/src/numeric/*.ts',
]
const ourSources = [...problemSources, 'packages/ml/src/**/*.ts']

interface FoundOptuna {
  readonly version: string | undefined
  readonly searchers: readonly Searcher[]
}

async function foundOptuna(): Promise<FoundOptuna> {
  await using peer = await optunaPeer()
  if (!peer) return { version: undefined, searchers: [] }
  return {
    version: peer.version,
    searchers: ['optuna-tpe', 'optuna-nsga2', ...(peer.gp ? ['optuna-gp' as const] : [])],
  }
}

interface Around {
  readonly shared: SharedProblems
  readonly version: string | undefined
  readonly seeds: number
}

function resultOf(cells: readonly Cell[], { shared, version, seeds }: Around): BenchResult {
  const adaptive = cells.filter(({ by }) => by === 'adaptive')
  const onShared = adaptive.filter(({ set }) => set === 'shared')
  const stored = ({ set, problem, budget, measure }: Cell, sampler: string) =>
    set === 'own' ? null : shared.stored({ problem, sampler, budget, measure })
  const measured = (cell: Cell) => counterpart(cells, cell, 'optuna-tpe')?.observed.median ?? null
  const peer = peerName(version)
  const figures = {
    ...(version === undefined || peer !== 'optuna5' ? { optuna5: null } : {}),
    ...(version === undefined ? {} : { [peer]: peerFigures(version, adaptive, measured) }),
    optuna5Stored: peerFigures('5.0.0.dev, stored', adaptive, (cell) => stored(cell, 'tpe5')),
  }
  return {
    metrics: {
      ...standings(cells),
      ...Object.fromEntries(adaptive.map((cell) => [keyOf(cell), cell.posterior.median])),
    },
    peers: figures,
    peerInstalls: { optuna5: optunaInstall },
    ratios: {
      ...ratiosOf(adaptive, peer, measured),
      ...ratiosOf(onShared, 'optuna5Stored', (cell) => stored(cell, 'tpe5')),
    },
    rows: cells.map((cell) => rowOf(cell, counterpart(cells, cell, 'optuna-tpe'), (sampler) => stored(cell, sampler))),
    runs: seeds,
  }
}

/** An older version is shown as what it is. */
function peerName(version: string | undefined): string {
  const major = Number(version?.split('.')[0] ?? 5)
  return `optuna${Math.min(5, major)}`
}

function keyOf({ problem, budget }: Cell): string {
  return `${problem}${/\d$/.test(problem) ? '_' : ''}${budget}`
}

function peerFigures(version: string, cells: readonly Cell[], theirs: (cell: Cell) => number | null): PeerFigures {
  const known = cells.flatMap((cell) => {
    const value = theirs(cell)
    return value === null ? [] : [[keyOf(cell), value] as const]
  })
  return { version, ...Object.fromEntries(known) }
}

/** Above 1 we are better: parts of a hypervolume as they are, regrets upside down. */
function ratiosOf(cells: readonly Cell[], peer: string, theirs: (cell: Cell) => number | null) {
  const suffix = `Vs${peer[0]?.toUpperCase()}${peer.slice(1)}`
  const ratio = (cell: Cell) => {
    const [value, other] = [cell.posterior.median, theirs(cell)]
    if (other === null) return null
    const [more, less] = isGain(cell.measure) ? [value, other] : [other, value]
    return Math.max(more, leastLoss) / Math.max(less, leastLoss)
  }
  return Object.fromEntries(cells.map((cell) => [`${keyOf(cell)}${suffix}`, ratio(cell)]))
}

/** What is below counts as none. */
const leastLoss = 1e-9

function standings(cells: readonly Cell[]): Record<string, number> {
  const [ours, theirs] = [
    { by: 'adaptive', against: 'optuna-tpe' },
    { by: 'adaptive', against: 'optuna-nsga2' },
  ] as const
  return {
    ...named('', standingOf(cells, { ...ours, pick: 'observed' })),
    ...named('Search', standingOf(cells, { ...ours, pick: 'posterior' })),
    ...named('Nsga2', standingOf(cells, { ...theirs, pick: 'observed' })),
  }
}

/** `Search`: Optuna's TPE picks by posterior mean too. `Nsga2`: against Optuna's NSGA-II. Shares are of the problems. */
function named(
  what: string,
  { problems, better, equal, clearlyBetter, clearlyWorse }: Standing,
): Record<string, number> {
  if (problems === 0) return {}
  return {
    [`better${what}Share`]: better / problems,
    [`equal${what}`]: equal,
    [`clearlyBetter${what}`]: clearlyBetter,
    [`clearlyWorse${what}`]: clearlyWorse,
    [`problems${what}`]: problems,
  }
}
