/**
 * Regret and hypervolume on problems of our own, which samplers are tuned on: language programs with other constants for each seed,
 * functions smooth and rough, with noise, conditions, limits and trade-offs. The shared problems of `optimisers` stay for judging.
 */

import { adaptiveSampler, gpSampler, median, quantileInterval, type Sampler, tpeSampler } from '@mabeam/ml'
import type { Bench } from './bench.ts'
import { functions, limitedFunctions, tradeOffFunctions } from './problems/functions.ts'
import { languagePrograms, pricedPrograms } from './problems/language-programs.ts'
import { leastLossOf, type ProblemFamily } from './problems/problem.ts'
import { type Reached, reachedBy } from './problems/trial-run.ts'

const families = [...languagePrograms, ...pricedPrograms, ...functions, ...tradeOffFunctions, ...limitedFunctions]
const budgets = [30, 100]

const samplers: { readonly [name: string]: () => Sampler } = {
  tpe: tpeSampler,
  gp: gpSampler,
  adaptive: () => adaptiveSampler({ budget: Math.max(...budgets) }),
}

export const bench: Bench = {
  name: 'optimiser-tuning',
  what: 'regret (less is better) and hypervolume (more is better) of what is recommended, on problems of our own, with 95 % intervals of medians',
  target: 'adaptive at least as good as tpe everywhere: no interval on the wrong side of tpe’s',
  async run({ quick, log }) {
    const seeds = quick ? 2 : 20
    const rows: Row[] = []
    for (const family of quick ? languagePrograms.slice(0, 1) : families) {
      for (const name of Object.keys(samplers)) rows.push(...(await rowsOf(family, name, seeds)))
      log(`${family.name} is measured`)
    }
    const metrics = rows.map((row) => [`${row.problem}${row.budget}${row.sampler}`, row.median])
    return { metrics: Object.fromEntries(metrics), rows, runs: seeds }
  },
}

type Row = {
  readonly problem: string
  readonly sampler: string
  readonly budget: number
  readonly median: number
  readonly low: number
  readonly high: number
  readonly observed: number
  readonly cpuSecPerRun: number
  readonly values: string
}

async function rowsOf(family: ProblemFamily, sampler: string, seeds: number): Promise<Row[]> {
  const reached: Reached[] = []
  let cpuUs = 0
  for (let seed = 0; seed < seeds; seed++) {
    const problem = family.at(seed)
    const least = problem.reference ? 0 : leastLossOf(problem)
    const began = process.cpuUsage()
    const make = samplers[sampler] as () => Sampler
    reached.push(...(await reachedBy({ problem, least, sampler: make(), budgets, seed })))
    const { user, system } = process.cpuUsage(began)
    cpuUs += user + system
  }
  return budgets.map((budget) => {
    const own = reached.filter((one) => one.budget === budget)
    const values = own.map(({ posterior }) => posterior)
    const { value, interval } = quantileInterval(values)
    const [low, high] = interval
    return {
      problem: family.name,
      sampler,
      budget,
      median: value,
      low,
      high,
      observed: median(own.map(({ observed }) => observed)),
      cpuSecPerRun: cpuUs / 1e6 / seeds,
      values: values.map((value) => value.toPrecision(4)).join(' '),
    }
  })
}
