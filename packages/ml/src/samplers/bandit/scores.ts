/** One number for each arm, and how noisy it is. */

import type { Random } from '@mabeam/foundation'
import { normalise, rangeOf } from '../../front/normalise.ts'
import { chebyshev } from '../../front/scalarisation.ts'
import type { Config } from '../../space/space.ts'
import type { Arm } from './arms.ts'

export interface ScoredArm {
  readonly config: Config
  /** The mean loss; with several objectives their scaled means under weights drawn for this ask. */
  readonly score: number
  /** Complete, failed and pending ones. */
  readonly plays: number
}

export interface Scores {
  readonly arms: readonly ScoredArm[]
  /** Standard deviation of one play. */
  readonly noise: number
}

/** Losses above it are those of trials beyond a limit. */
const infeasibleMin = 1e199

/**
 * Scores of the arms that were ever complete; those that keep the limits only, where there are any. A failed play counts as one
 * with the worst mean.
 */
export function scoresOf(all: readonly Arm[], random: Random, noise: number | undefined): Scores {
  const played = all.filter(({ plays }) => plays > 0)
  const feasible = played.filter(({ means }) => (means[0] as number) < infeasibleMin)
  const arms = feasible.length > 0 ? feasible : played
  const first = arms[0]
  if (!first) return { arms: [], noise: 0 }
  const range = rangeOf(arms.map(({ means }) => means))
  const mixed = arms.map(({ means, plays, failures }) =>
    means.map((mean, m) => (plays * mean + failures * (range.nadir[m] as number)) / (plays + failures)),
  )
  const m = first.means.length
  const isOne = m === 1
  const weights = first.means.map(() => -Math.log(1 - random.next()))
  const scores = mixed.map((losses) =>
    isOne ? (losses[0] as number) : chebyshev(normalise(losses, range), weights, 0.05),
  )
  const spread = isOne ? 1 : (range.nadir[0] as number) - (range.ideal[0] as number) || 1
  const scale = isOne ? 1 : Math.max(...weights) / spread
  return {
    arms: arms.map(({ config, plays, failures, pending }, i) => ({
      config,
      score: scores[i] as number,
      plays: plays + failures + pending,
    })),
    noise: scale * (noise ?? estimatedNoise(arms)),
  }
}

/** Of the first objective: within arms where there are repeats, else between them. */
function estimatedNoise(arms: readonly Arm[]): number {
  const freedom = arms.reduce((sum, { plays }) => sum + plays - 1, 0)
  if (freedom > 0) return Math.sqrt(arms.reduce((sum, { squares }) => sum + (squares[0] as number), 0) / freedom)
  const mean = arms.reduce((sum, { means }) => sum + (means[0] as number), 0) / arms.length
  return Math.sqrt(arms.reduce((sum, { means }) => sum + ((means[0] as number) - mean) ** 2, 0) / arms.length)
}
