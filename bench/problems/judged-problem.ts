/** Problems that samplers are judged by: what they are asked, and what is made of what they found. Everything is minimised. */

import type { Random } from '@mabeam/foundation'
import { type Config, hypervolume, type OutcomeLimit, type Space } from '@mabeam/ml'
import { type Losses, leastLossOf, type ProblemFamily } from './problem.ts'

export interface JudgedProblem {
  readonly space: Space
  /** Objectives: `loss0`, `loss1`, … */
  readonly losses: number
  /** On `loss0`, `loss1`, …, which may be beyond the objectives. */
  readonly limits: readonly OutcomeLimit[]
  /** What a measurement gives: the losses, then what limits bound. */
  measure(config: Config, noise: Random): Losses
  /** What the configurations that were picked are worth without noise, by measure: one for a single loss, else a front. */
  worth(picked: readonly Config[]): { readonly [measure: string]: number }
}

/** Of hypervolumes more is better, of regrets less. */
export function isGain(measure: string): boolean {
  return measure.startsWith('hv')
}

/** The regret of a pick that passes a limit: worse than any that does not. */
const beyondLimit = 1e6

/** A problem of our own, as it is for a seed. */
export function ownProblem(family: ProblemFamily, seed: number): JudgedProblem {
  const problem = family.at(seed)
  const { space, limits = [], reference, truth, measure } = problem
  const common = { space, limits, measure: (config: Config, noise: Random) => measure(config, noise) }
  if (reference) {
    const worth = (picked: readonly Config[]) => ({
      hv: hypervolume(
        picked.map((one) => logged(truth(one))),
        reference,
      ),
    })
    return { ...common, losses: reference.length, worth }
  }
  const least = leastLossOf(problem)
  const isBeyond = (losses: Losses) =>
    limits.some(({ name, atMost = Number.POSITIVE_INFINITY }) => (losses[Number(name.slice(4))] as number) > atMost)
  const worth = ([picked]: readonly Config[]) => {
    const losses = truth(picked as Config)
    // The least was searched for: what is found beyond it has no regret.
    return { regret: isBeyond(losses) ? beyondLimit : Math.max(0, (losses[0] as number) - least) }
  }
  return { ...common, losses: 1, worth }
}

/** Prices, which are the second and third of three losses, in logarithms. */
function logged(losses: Losses): Losses {
  return losses.length === 3 ? losses.map((loss, i) => (i > 0 ? Math.log10(loss) : loss)) : losses
}
