/** One run of a sampler, ours or Optuna's, on a problem: what it would have been worth to stop after each budget. */

import { seededRandom } from '@mabeam/foundation'
import {
  adaptiveSampler,
  type Config,
  createStudy,
  type FinishedTrial,
  gpSampler,
  type Objective,
  type Recommendation,
  randomSampler,
  recommend,
  type Sampler,
  tpeSampler,
  violationOf,
} from '@mabeam/ml'
import type { OptunaPeer, OptunaSampler } from '../harness/optuna-peer.ts'
import type { JudgedProblem } from './judged-problem.ts'
import type { Losses } from './problem.ts'

const samplers = {
  random: () => randomSampler(),
  tpe: () => tpeSampler(),
  gp: () => gpSampler(),
  adaptive: () => adaptiveSampler(),
} satisfies { readonly [name: string]: () => Sampler }

/** Who searches: a sampler of ours, or one of Optuna. */
export type Searcher = keyof typeof samplers | `optuna-${OptunaSampler}`

export interface JudgedRun {
  readonly problem: JudgedProblem
  /** Names the stream of noise, with the seed. */
  readonly name: string
  readonly by: Searcher
  readonly seed: number
  /** Ascending. The last is what the sampler is told it has. */
  readonly budgets: readonly number[]
  /** Needed for its samplers. */
  readonly optuna?: OptunaPeer | undefined
}

/** What a run reached, by `budget/pick/measure`; a pick is what was `observed` to be best or what is by `posterior` mean. */
export interface Judged {
  readonly values: { readonly [key: string]: number }
  /** Of an ask and the tell before it, on average. */
  readonly cpuMsPerAsk: number
}

/** Asks for a configuration, given what came of the last. */
interface Proposer {
  first(): Promise<Config>
  next(losses: Losses): Promise<Config>
  /** So far, without what measuring took. */
  cpuMs(): number
}

export async function judgedRun(run: JudgedRun): Promise<Judged> {
  const { problem, name, seed, budgets } = run
  const objectives = objectivesOf(problem)
  const proposer = proposerOf(run)
  const noise = seededRandom(`${name} ${seed}`)
  const finished: FinishedTrial[] = []
  const values: Record<string, number> = {}
  let config = await proposer.first()
  for (let n = 1; n <= (budgets.at(-1) ?? 0); n++) {
    const losses = problem.measure(config, noise)
    finished.push(measured({ number: n - 1, config, seed }, losses))
    if (budgets.includes(n)) {
      const { space, limits } = problem
      const found = recommend({ space, objectives, limits, finished })
      if (found) Object.assign(values, worthOf(problem, found, n))
    }
    // The last is told too: so that each run pays for as many tells as asks.
    config = await proposer.next(losses)
  }
  return { values, cpuMsPerAsk: proposer.cpuMs() / finished.length }
}

function objectivesOf({ losses }: JudgedProblem): Objective[] {
  return Array.from({ length: losses }, (_, i) => ({ name: `loss${i}`, direction: 'minimise' }))
}

function measured(trial: Pick<FinishedTrial, 'number' | 'config' | 'seed'>, losses: Losses): FinishedTrial {
  const values = Object.fromEntries(losses.map((loss, i) => [`loss${i}`, loss]))
  return { ...trial, state: 'complete', values, attributes: null, seconds: 0 }
}

function worthOf(problem: JudgedProblem, found: Recommendation, budget: number): Record<string, number> {
  const isSingle = problem.losses === 1
  const picks = {
    observed: isSingle ? [found.observedBest.trial] : found.observedFront,
    posterior: (isSingle ? [found.best] : found.front).map(({ trial }) => trial),
  }
  return Object.fromEntries(
    Object.entries(picks).flatMap(([pick, trials]) =>
      Object.entries(problem.worth(trials.map((one) => one.config))).map(
        ([measure, value]) => [`${budget}/${pick}/${measure}`, value] as const,
      ),
    ),
  )
}

function proposerOf(run: JudgedRun): Proposer {
  if (!run.by.startsWith('optuna-')) return ours(run, samplers[run.by as keyof typeof samplers]())
  if (run.optuna) return theirs(run, run.optuna)
  throw new Error(`${run.by}: expected Optuna`)
}

function ours({ problem, name, seed, budgets }: JudgedRun, sampler: Sampler): Proposer {
  const { space, limits } = problem
  const study = createStudy({ id: name, space, objectives: objectivesOf(problem), limits, seed, sampler })
  const budget = budgets.at(-1) as number
  let spentUs = 0
  let asked = 0
  const next = async (losses?: Losses) => {
    const began = process.cpuUsage()
    if (losses) {
      await study.tell(asked, { values: Object.fromEntries(losses.map((loss, i) => [`loss${i}`, loss])) })
    }
    // Like Optuna's, it is asked once more than there are trials.
    const { number, config } = study.ask(Math.max(budget, study.finished.length + 1))
    const { user, system } = process.cpuUsage(began)
    spentUs += user + system
    asked = number
    return config
  }
  return { first: () => next(), next, cpuMs: () => spentUs / 1_000 }
}

function theirs({ problem, by, seed }: JudgedRun, optuna: OptunaPeer): Proposer {
  const { space, limits, losses: count } = problem
  const sampler = by.replace('optuna-', '') as OptunaSampler
  let spentMs = 0
  const keep = async (answer: ReturnType<OptunaPeer['open']>) => {
    const { config, cpuMs } = await answer
    spentMs += cpuMs
    return config
  }
  return {
    first: () => keep(optuna.open({ space, losses: count, sampler, seed, limited: limits.length > 0 })),
    next: (losses) => keep(optuna.tell(losses.slice(0, count), excessOf(losses, limits))),
    cpuMs: () => spentMs,
  }
}

/** How far each limit is passed, as Optuna wants it: above 0 it is. */
function excessOf(losses: Losses, limits: JudgedProblem['limits']): number[] {
  const { values } = measured({ number: 0, config: {}, seed: 0 }, losses)
  return limits.map((limit) => violationOf({ values }, [limit]))
}
