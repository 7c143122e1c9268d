/**
 * The Gaussian process over mixed and conditional spaces: a model of every objective with its uncertainty, and a proposal
 * where most is to be gained.
 */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import type { Sampler } from '../sampler.ts'
import { exactMemory } from './config-memory.ts'
import { addTrial, emptyHistory } from './gp/history.ts'
import { nextOfDesign } from './gp/initial-design.ts'
import { proposalOf } from './gp/proposal.ts'
import { incremental } from './incremental.ts'

export interface GpOptions {
  /** Complete trials before the first modelled ask; until then asks are spread evenly. @default 10 */
  readonly startupTrials?: number
  /** The most trials in a model: an even spread, and those of which it expects most. An ask costs its square, a fit its cube. @default 400 */
  readonly trialsMax?: number
  /** Quasi-random starts of an ask; fewer where models hold more than 250 trials, down to a quarter. @default 512 */
  readonly starts?: number
  /** Local searches of an ask. @default 5 */
  readonly climbs?: number
}

export const gpDefaults = { startupTrials: 10, trialsMax: 400, starts: 512, climbs: 5 } satisfies Required<GpOptions>

/**
 * Bayesian optimisation by Gaussian processes with a Matérn-5/2 kernel with one length scale a dimension, Hamming distance for
 * unordered dimensions, and activity for conditional ones. One objective: log expected improvement on the best posterior
 * mean; two or three: expected hypervolume improvement; four and more: ParEGO. With several objectives, losses that are positive,
 * span a factor of ten and are less skewed so, as costs are, are modelled in logarithms. Noise is inferred, so the values may be noisy, unless
 * an objective is said to have none: then improvement is on the best that was observed. Pending trials
 * count as having given what is expected of them, failed and pruned ones as having been the worst. What limits bound has a model of its
 * own, and the gain counts as far as the limits are likely to hold. Works under constraints and in finite spaces, which it never asks
 * twice in vain.
 *
 * Cost: O(n²) for each of some hundred points an ask, for n trials, at most `trialsMax`; hyperparameters are fitted now and then, O(n³).
 * Throws: `foundation/invalid-option`.
 * Source: Rasmussen & Williams, 2006; Ament et al., NeurIPS 2023 (log-EI); Yang et al., J. Global Optim. 75, 2019 (hypervolume);
 * Knowles, IEEE Trans. Evol. Comput. 10(1), 2006 (ParEGO); Gardner et al., ICML 2014 (limits). Differs: see the modules of each.
 * @example openStudy({ id: 'tune', space, objectives, seed: 7, sampler: gpSampler() })
 */
export function gpSampler(options: GpOptions = {}): Sampler {
  checkOptions('gpSampler', options, {
    startupTrials: rule.optional(rule.int(1, 10_000)),
    trialsMax: rule.optional(rule.int(10, 2_000)),
    starts: rule.optional(rule.int(16, 100_000)),
    climbs: rule.optional(rule.int(0, 1_000)),
  })
  const settings = { ...gpDefaults, ...definedOptions(options) }
  const { startupTrials } = settings
  const historyOf = incremental(emptyHistory, addTrial)
  const seenIn = exactMemory()
  return {
    name: 'gp',
    ask(context) {
      const { space, random, finished, pending } = context
      const history = historyOf(context)
      const seen = seenIn(context)
      if (history.complete.length < startupTrials) {
        const asked = [...finished, ...pending].map(({ config }) => config)
        return nextOfDesign({ space, seen, random, encoding: history.encoding, asked, size: startupTrials })
      }
      return proposalOf(context, { history, seen, settings })
    },
  }
}
