/** The constants of CMA-ES for a number of dimensions and a population. */

export interface Strategy {
  /** Trials a generation. */
  readonly population: number
  /** Of the better half, the best first; they sum to 1. */
  readonly weights: readonly number[]
  readonly effectiveParents: number
  readonly sigmaRate: number
  readonly sigmaDamping: number
  readonly pathRate: number
  readonly rankOneRate: number
  readonly rankManyRate: number
  /** Expected length of a standard normal vector. */
  readonly expectedLength: number
  /** Longer steps are cut: told trials may come from anywhere. */
  readonly lengthMax: number
}

/** λ = 4 + ⌊3 ln d⌋. */
export function defaultPopulation(dimensions: number): number {
  return 4 + Math.floor(3 * Math.log(Math.max(1, dimensions)))
}

/**
 * Source: Hansen, The CMA Evolution Strategy: A Tutorial, arXiv:1604.00772, table 1; cut of injected steps: Hansen,
 * arXiv:1110.4181; rates of the diagonal form: Ros & Hansen, PPSN 2008. Differs: no negative weights.
 */
export function strategyOf(dimensions: number, population: number, isDiagonal: boolean): Strategy {
  const d = Math.max(1, dimensions)
  const half = Math.floor(population / 2)
  const raw = Array.from({ length: half }, (_, i) => Math.log((population + 1) / 2) - Math.log(i + 1))
  const total = raw.reduce((sum, weight) => sum + weight, 0)
  const weights = raw.map((weight) => weight / total)
  const mu = 1 / weights.reduce((sum, weight) => sum + weight * weight, 0)
  const sigmaRate = (mu + 2) / (d + mu + 5)
  const faster = isDiagonal ? (d + 2) / 3 : 1
  const rankOneRate = Math.min(1, (faster * 2) / ((d + 1.3) ** 2 + mu))
  const rankManyRate = Math.min(1 - rankOneRate, (faster * 2 * (mu - 2 + 1 / mu)) / ((d + 2) ** 2 + mu))
  return {
    population,
    weights,
    effectiveParents: mu,
    sigmaRate,
    sigmaDamping: 1 + 2 * Math.max(0, Math.sqrt((mu - 1) / (d + 1)) - 1) + sigmaRate,
    pathRate: (4 + mu / d) / (d + 4 + (2 * mu) / d),
    rankOneRate,
    rankManyRate: Math.max(0, rankManyRate),
    expectedLength: Math.sqrt(d) * (1 - 1 / (4 * d) + 1 / (21 * d * d)),
    lengthMax: Math.sqrt(d) + (2 * d) / (d + 2),
  }
}
