/** One run of a sampler on a problem: what it would have been worth to stop after each budget. */

import { seededRandom } from '@mabeam/foundation'
import { type Config, hypervolume, openStudy, recommend, type Sampler } from '@mabeam/ml'
import type { Losses, Problem } from './problem.ts'

export interface RunPlan {
  readonly problem: Problem
  readonly sampler: Sampler
  readonly budgets: readonly number[]
  readonly seed: number
  /** Of `leastLossOf`; unused with several losses. */
  readonly least: number
  /** Trials that are asked together. @default 1 */
  readonly batch?: number
}

/** What a run reached at a budget. */
export interface Reached {
  readonly budget: number
  /** Of one loss: regret of the trial that is best by what is expected. Of several: hypervolume of the front that is expected. */
  readonly posterior: number
  /** The same of what was observed. */
  readonly observed: number
  /** Of one loss: regret of the best trial, which nobody knows. */
  readonly oracle: number
}

export async function reachedBy({ problem, sampler, budgets, seed, least, batch = 1 }: RunPlan): Promise<Reached[]> {
  const { space, measure, truth, reference, limits = [] } = problem
  const count = reference?.length ?? 1
  const names = truth(space.defaults).map((_, i) => `loss${i}`)
  const objectives = names.slice(0, count).map((name) => ({ name, direction: 'minimise' as const }))
  const study = await openStudy({ id: problem.name, space, objectives, limits, seed, sampler })
  const noise = seededRandom(`noise ${problem.name} ${seed}`)
  const out: Reached[] = []
  for (let n = 0; n < Math.max(...budgets); ) {
    const asked = study.askMany(Math.min(batch, Math.max(...budgets) - n))
    for (const { number, config } of asked) {
      const values = measure(config as Config, noise)
      await study.tell(number, { values: Object.fromEntries(names.map((name, i) => [name, values[i] as number])) })
      n++
      if (!budgets.includes(n)) continue
      const picked = recommend(study)
      if (!picked) continue
      const value = (trials: readonly { readonly config: Config }[]) =>
        worth(
          problem,
          least,
          trials.map((trial) => truth(trial.config)),
        )
      out.push({
        budget: n,
        posterior: value(reference ? picked.front.map((one) => one.trial) : [picked.best.trial]),
        observed: value(reference ? picked.observedFront : [picked.observedBest.trial]),
        oracle: reference ? value(study.finished) : Math.min(...study.finished.map((trial) => value([trial]))),
      })
    }
  }
  return out
}

/** Of one loss the regret, infinite beyond a limit; of several the hypervolume, prices in logarithms. */
function worth({ reference, limits = [] }: Problem, least: number, points: readonly Losses[]): number {
  if (reference) {
    const logged =
      reference.length === 3 ? points.map((point) => point.map((v, i) => (i > 0 ? Math.log10(v) : v))) : points
    return hypervolume(logged, reference)
  }
  const [point] = points as [Losses]
  const isBeyond = limits.some(
    ({ name, atMost = Number.POSITIVE_INFINITY }) => (point[Number(name.slice(4))] as number) > atMost,
  )
  return isBeyond ? Number.POSITIVE_INFINITY : (point[0] as number) - least
}
