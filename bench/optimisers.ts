/**
 * Regret and hypervolume by problem, sampler and budget, on the problems of `../shared/baselines/optimisers`, beside the stored figures
 * of Optuna 5. Optuna's pick the best *observed* trial; ours are given that way and by posterior mean (`recommend`), and the rule
 * is named in each row. Values by seed are kept. Optuna's are stored as quartiles, so there is no rank test: a row counts as
 * better or worse only where the quartiles are apart.
 */

import { seededRandom } from '@mabeam/foundation'
import {
  choice,
  float,
  gpSampler,
  int,
  type Objective,
  openStudy,
  quantile,
  randomSampler,
  recommend,
  type Sampler,
  type Space,
  space,
  tpeSampler,
  type Variable,
} from '@mabeam/ml'
import type { Bench, BenchOptions } from './bench.ts'

const problemsAt = '../shared/baselines/optimisers/problems.mjs'
const resultsAt = '../shared/baselines/optimisers/results.json'

const samplers: { readonly [name: string]: () => Sampler } = {
  random: randomSampler,
  tpe: tpeSampler,
  gp: gpSampler,
}

const plan: readonly { readonly problem: string; readonly budgets: readonly number[] }[] = [
  { problem: 'branin', budgets: [30, 50] },
  { problem: 'hartmann6', budgets: [30, 50, 100] },
  { problem: 'mixcond', budgets: [30, 50, 100] },
  { problem: 'llm', budgets: [30, 50, 100, 300] },
  { problem: 'llm3', budgets: [30, 60, 100] },
  { problem: 'zdt1_6d', budgets: [30, 60] },
]

export const bench: Bench = {
  name: 'optimisers',
  what: 'regret (less is better) and parts of the largest hypervolume (more is better) by problem, sampler and budget',
  target:
    'gp, posterior, over Optuna 5 TPE: llm 100 ≤ 0.35, mixcond 100 ≤ 0.5, hartmann6 100 ≤ 0.02, branin 50 ≤ 0.005; llm3 100 ≥ 0.93; zdt1_6d 60 ≥ 0.80',
  needs: [problemsAt, resultsAt],
  async run(options) {
    const { quick } = options
    const shared = await loadShared()
    const rows: Row[] = []
    for (const { problem, budgets } of quick ? [{ problem: 'branin', budgets: [30] }] : plan) {
      for (const name of Object.keys(samplers)) {
        rows.push(...(await rowsOf({ ...options, shared, problem, name, budgets, seeds: quick ? 2 : 20 })))
      }
    }
    const gp = rows.filter(({ sampler, rule }) => sampler === 'gp' && rule.startsWith('posterior'))
    const keyOf = ({ problem, rule, budget }: Row) => `${problem}${budget}${rule.replace(/^posterior\s*/, '')}`
    return {
      metrics: Object.fromEntries(gp.map((row) => [keyOf(row), row.median])),
      peers: {
        optuna5: {
          version: '5.0.0.dev (stored)',
          ...Object.fromEntries(gp.map((row) => [keyOf(row), row.tpe5 ?? 'none'])),
        },
      },
      ratios: Object.fromEntries(gp.map((row) => [`${keyOf(row)}VsOptuna5`, ratioOf(row)])),
      rows,
      runs: quick ? 2 : 20,
    }
  },
}

type Row = {
  readonly problem: string
  readonly sampler: string
  readonly budget: number
  /** How the trial was chosen, and for several objectives the reference. */
  readonly rule: string
  readonly median: number
  readonly q25: number
  readonly q75: number
  /** Optuna's, of the best observed. */
  readonly tpe5: number | null
  readonly gp5: number | null
  readonly cpuSecPerRun: number
  readonly values: string
}

/** Above 1 we are better. */
function ratioOf({ rule, median, tpe5 }: Row): number | null {
  if (tpe5 === null) return null
  return rule.includes('hv_') ? median / tpe5 : tpe5 / Math.max(median, 1e-12)
}

interface Definition {
  readonly space: readonly VariableDefinition[]
  readonly fmin?: number
  readonly m?: number
  readonly refs?: { readonly [name: string]: readonly number[] }
  readonly hv_max?: { readonly [name: string]: number }
}

interface VariableDefinition {
  readonly name: string
  readonly type: 'float' | 'int' | 'categorical'
  readonly low: number
  readonly high: number
  readonly log: boolean
  readonly choices: readonly (string | number)[]
  readonly when?: { readonly [parent: string]: readonly (string | number)[] }
}

type Point = { readonly [name: string]: string | number | boolean }

interface Shared {
  readonly DEF: {
    readonly problems: { readonly [name: string]: Definition }
    readonly llm_constants: { readonly t_star: readonly number[] }
  }
  readonly F: { readonly [name: string]: (point: Point) => number | readonly number[] }
  binom(n: number, p: number, next: () => number): number
  hv(points: readonly (readonly number[])[], reference: readonly number[]): number
  readonly stored: readonly StoredRow[]
}

interface StoredRow {
  readonly problem: string
  readonly sampler: string
  readonly batch: number
  readonly budgets: { readonly [budget: string]: { readonly [measure: string]: { readonly median: number } } }
}

async function loadShared(): Promise<Shared> {
  const at = (path: string) => new URL(`../${path}`, import.meta.url).href
  const { DEF, F, binom, hv } = await import(at(problemsAt))
  const { default: results } = await import(at(resultsAt), { with: { type: 'json' } })
  return { DEF, F, binom, hv, stored: results.rows }
}

interface Case extends BenchOptions {
  readonly shared: Shared
  readonly problem: string
  readonly name: string
  readonly budgets: readonly number[]
  readonly seeds: number
}

async function rowsOf({ shared, problem, name, budgets, seeds, log }: Case): Promise<Row[]> {
  const measures = new Map<string, number[]>()
  const began = process.cpuUsage()
  for (let seed = 0; seed < seeds; seed++) {
    for (const [key, value] of await measuredRun({ shared, problem, name, budgets, seed })) {
      measures.set(key, [...(measures.get(key) ?? []), value])
    }
  }
  const { user, system } = process.cpuUsage(began)
  const cpuSecPerRun = (user + system) / 1e6 / seeds
  log(`${problem}, ${name}: ${cpuSecPerRun.toFixed(1)} s of CPU a run`)
  return [...measures].map(([key, values]) => {
    const [budget, rule] = key.split('/') as [string, string]
    const measure = rule.split(' ')[1] ?? 'regret'
    const stored = (sampler: string) =>
      shared.stored.find((row) => row.problem === problem && row.sampler === sampler && row.batch === 1)?.budgets[
        budget
      ]?.[measure]?.median ?? null
    return {
      problem,
      sampler: name,
      budget: Number(budget),
      rule,
      median: quantile(values, 0.5),
      q25: quantile(values, 0.25),
      q75: quantile(values, 0.75),
      tpe5: stored('tpe5'),
      gp5: stored('gp5'),
      cpuSecPerRun,
      values: values.map((value) => value.toPrecision(4)).join(' '),
    }
  })
}

type Run = Pick<Case, 'shared' | 'problem' | 'name' | 'budgets'> & { readonly seed: number }

/** Measures by `budget/rule`. */
async function measuredRun({ shared, problem, name, budgets, seed }: Run): Promise<Map<string, number>> {
  const definition = definitionOf(problem, shared)
  const losses = Array.from({ length: definition.m ?? 1 }, (_, i) => `loss${i}`)
  const objectives: Objective[] = losses.map((one) => ({ name: one, direction: 'minimise' }))
  const searched = spaceOf(definition)
  const study = await openStudy({
    id: problem,
    space: searched,
    objectives,
    seed,
    sampler: (samplers[name] as () => Sampler)(),
  })
  const noise = seededRandom(`${problem} ${seed}`)
  const truth: (readonly number[])[] = []
  const out = new Map<string, number>()
  for (let n = 1; n <= Math.max(...budgets); n++) {
    const { number, config } = study.ask()
    const exact = [(shared.F[problem] as Shared['F'][string])(config as Point)].flat()
    truth[number] = exact
    const observed = problem.startsWith('llm')
      ? [1 - shared.binom(50, 1 - (exact[0] as number), () => noise.next()) / 50, ...exact.slice(1)]
      : exact
    await study.tell(number, { values: Object.fromEntries(losses.map((one, i) => [one, observed[i] as number])) })
    if (!budgets.includes(n)) continue
    const picked = recommend({ space: searched, objectives, finished: study.finished })
    if (!picked) continue
    const { best, observedBest, front, observedFront } = picked
    if (losses.length === 1) {
      const regret = (trial: number) => (truth[trial]?.[0] as number) - (definition.fmin as number)
      out.set(`${n}/observed`, regret(observedBest.trial.number))
      out.set(`${n}/posterior`, regret(best.trial.number))
      continue
    }
    for (const [reference, part] of partsOf(problem, shared)) {
      out.set(`${n}/observed hv_${reference}`, part(observedFront.map((trial) => truth[trial.number] as number[])))
      out.set(`${n}/posterior hv_${reference}`, part(front.map(({ trial }) => truth[trial.number] as number[])))
    }
  }
  return out
}

/** Parts of the largest hypervolume by reference; the log one is over logarithms of all but the first loss. */
function partsOf(problem: string, shared: Shared) {
  const { refs = {}, hv_max: most = {} } = definitionOf(problem, shared)
  return Object.entries(refs).map(([name, reference]) => {
    const volume = (points: readonly (readonly number[])[]) =>
      shared.hv(name === 'log' ? points.map(inLogs) : points, reference)
    const largest = most[name] ?? volume(bestOfLlm3(shared))
    return [name, (points: readonly (readonly number[])[]) => volume(points) / largest] as const
  })
}

function inLogs(point: readonly number[]): number[] {
  return point.map((value, i) => (i > 0 ? Math.log10(value) : value))
}

/** `llm3` is `llm` with cost and latency, which the shared definitions say in words. */
function definitionOf(problem: string, { DEF }: Shared): Definition {
  if (problem !== 'llm3') return DEF.problems[problem] as Definition
  const { space: searched } = DEF.problems.llm as Definition
  return { space: searched, m: 3, refs: { log: [1, Math.log10(30), Math.log10(15)] } }
}

/** All that is worth having of `llm3`: every combination at the temperature that suits its reasoning; cost and latency don't depend on it. */
function bestOfLlm3({ DEF, F }: Shared): (readonly number[])[] {
  const { space: searched } = DEF.problems.llm as Definition
  const reasonings = searched.find(({ name }) => name === 'reasoning')?.choices ?? []
  let points: Point[] = [{}]
  for (const { name, type, choices, low, high } of searched) {
    if (type === 'float') continue
    const values = type === 'int' ? Array.from({ length: high - low + 1 }, (_, i) => low + i) : choices
    points = points.flatMap((point) => values.map((value) => ({ ...point, [name]: value })))
  }
  return points.map((point) => {
    const temperature = DEF.llm_constants.t_star[reasonings.indexOf(point.reasoning as string)] as number
    return F.llm3?.({ ...point, temperature }) as readonly number[]
  })
}

function spaceOf(definition: Definition): Space {
  const variables = definition.space.map(({ name, type, low, high, log, choices, when }): [string, Variable] => {
    const gate = when ? { when } : {}
    if (type === 'categorical') return [name, choice(choices, gate)]
    const range = { min: low, max: high, log, ...gate }
    return [name, type === 'int' ? int(range) : float(range)]
  })
  return space(Object.fromEntries(variables)) as unknown as Space
}
