/**
 * The Gaussian process over mixed and conditional spaces: a model of every objective with its uncertainty, and a proposal
 * where most is to be gained.
 */

import { checkOptions, rule } from '@mabeam/foundation'
import { nonDominated } from '../front/pareto-front.ts'
import type { AskContext, Sampler } from '../sampler.ts'
import { type Acquisition, improvementBelow } from './gp/acquisition.ts'
import { chebyshevImprovement } from './gp/chebyshev-improvement.ts'
import { addTrial, emptyHistory } from './gp/history.ts'
import { noiseFloor } from './gp/hyperparameters.ts'
import { hypervolumeImprovement } from './gp/hypervolume-improvement.ts'
import { nextOfDesign } from './gp/initial-design.ts'
import { type Models, modelsOf } from './gp/models.ts'
import type { Posterior } from './gp/posterior.ts'
import { mostToGain } from './gp/search.ts'
import { incremental } from './incremental.ts'
import { seenMemory } from './seen.ts'

export interface GpOptions {
  /** Complete trials before the first modelled ask; until then asks are spread evenly. @default 10 */
  readonly startupTrials?: number
  /** The most trials in a model: the better half and a spread of the others. An ask costs its square, a fit its cube. @default 400 */
  readonly trialsMax?: number
  /** Quasi-random starts of an ask; fewer where models hold more than 150 trials, down to an eighth. @default 2048 */
  readonly starts?: number
  /** Local searches of an ask. @default 10 */
  readonly climbs?: number
}

export const gpDefaults = { startupTrials: 10, trialsMax: 400, starts: 2048, climbs: 10 } satisfies Required<GpOptions>

/** The most points of a front that hypervolume is counted over; a longer one is thinned evenly. */
const frontMax = 64
/** Points whose surroundings are searched. */
const incumbentsMax = 5

/**
 * Bayesian optimisation by Gaussian processes with a Matérn-5/2 kernel with one length scale a dimension, Hamming distance for
 * unordered dimensions, and activity for conditional ones. One objective: log expected improvement on the best posterior
 * mean; two or three: expected hypervolume improvement; four and more: ParEGO. With several objectives, losses that are positive and
 * span a factor of ten are modelled in logarithms. Noise is inferred, so the values may be noisy. Pending trials
 * count as having given what is expected of them, failed and pruned ones and those beyond a limit as having been the worst. Works under constraints and in
 * finite spaces, which it never asks twice in vain.
 *
 * Cost: O(n²) for each of some thousand points an ask, for n trials, at most `trialsMax`; hyperparameters are fitted now and then, O(n³).
 * Throws: `foundation/invalid-option`.
 * Source: Rasmussen & Williams, 2006; Ament et al., NeurIPS 2023 (log-EI); Yang et al., J. Global Optim. 75, 2019 (hypervolume);
 * Knowles, IEEE Trans. Evol. Comput. 10(1), 2006 (ParEGO). Differs: see the modules of each.
 * @example openStudy({ id: 'tune', space, objectives, seed: 7, sampler: gpSampler() })
 */
export function gpSampler(options: GpOptions = {}): Sampler {
  checkOptions('gpSampler', options, {
    startupTrials: rule.optional(rule.int(1, 10_000)),
    trialsMax: rule.optional(rule.int(10, 2_000)),
    starts: rule.optional(rule.int(16, 100_000)),
    climbs: rule.optional(rule.int(0, 1_000)),
  })
  const { startupTrials, trialsMax, starts, climbs } = { ...gpDefaults, ...options }
  const historyOf = incremental(emptyHistory, addTrial)
  const seenIn = seenMemory()
  return {
    name: 'gp',
    ask(context) {
      const { space, random, finished, pending } = context
      const history = historyOf(context)
      const { encoding } = history
      const unseen = { space, seen: seenIn(context), random }
      if (history.complete.length < startupTrials) {
        const asked = [...finished, ...pending].map(({ config }) => config)
        return nextOfDesign({ ...unseen, encoding, asked, size: startupTrials })
      }
      const models = modelsOf(history, {
        rowsMax: trialsMax,
        pending: pending.map(({ config }) => encoding.encode(config)),
      })
      const { acquisition, best } = aimOf(models, context)
      const incumbents = best.map((k) => history.points[models.rows[k] as number] as Float64Array)
      return mostToGain({ ...unseen, encoding, models, acquisition, incumbents, starts, climbs })
    },
  }
}

/** What to gain on, and the positions of the rows that are good already. */
function aimOf(
  { expected, posteriors }: Models,
  { objectives, random }: AskContext,
): { acquisition: Acquisition; best: number[] } {
  if (objectives.length === 1) {
    const order = [...expected.keys()].sort((a, b) => (expected[a]?.[0] as number) - (expected[b]?.[0] as number))
    return {
      acquisition: improvementBelow(expected[order[0] as number]?.[0] as number, noiseOf(posteriors[0] as Posterior)),
      best: order.slice(0, incumbentsMax),
    }
  }
  const front = nonDominated(expected)
  const best = random.shuffle(front).slice(0, incumbentsMax)
  if (objectives.length > 3) return { acquisition: chebyshevImprovement(expected, random), best }
  const points = thinned(front.map((k) => expected[k] as readonly number[]))
  return { acquisition: hypervolumeImprovement(points, referenceOf(expected)), best }
}

/** Deviation of the noise; what every model has for the sake of its factor is none. */
function noiseOf({ hyper }: Posterior): number {
  return Math.sqrt(Math.max(0, hyper.noise - noiseFloor))
}

/** A tenth of its spread beyond the worst of what was measured, in each objective. */
function referenceOf(expected: readonly (readonly number[])[]): number[] {
  return (expected[0] ?? []).map((_, i) => {
    const own = expected.map((point) => point[i] as number)
    const worst = own.reduce((a, b) => Math.max(a, b))
    return worst + 0.1 * Math.max(1e-3, worst - own.reduce((a, b) => Math.min(a, b)))
  })
}

/** Evenly along the first objective, ends included. */
function thinned(front: readonly (readonly number[])[]): readonly (readonly number[])[] {
  if (front.length <= frontMax) return front
  const sorted = [...front].sort((a, b) => (a[0] as number) - (b[0] as number))
  return Array.from(
    { length: frontMax },
    (_, k) => sorted[Math.round((k * (front.length - 1)) / (frontMax - 1))] as readonly number[],
  )
}
