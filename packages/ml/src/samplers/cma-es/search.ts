/** The state of a CMA-ES run as a fold over told trials: normal for numbers, shares for choices. */

import { seededRandom } from '@mabeam/foundation'
import { normalCdf, normalQuantile } from '../../numeric/normal.ts'
import { feasibleFirstLosses } from '../../outcome-limit.ts'
import type { AskContext } from '../../sampler.ts'
import type { Dimension } from '../../space/dimension.ts'
import type { FinishedTrial } from '../../trial.ts'
import { bySurvival } from '../evolution/ranking.ts'
import { unitCell } from '../unit-config.ts'
import { learnShares, type Shares, startShares } from './categories.ts'
import { deviationOf, type Gaussian, learn, startGaussian } from './gaussian.ts'
import { keepMargin } from './margin.ts'
import { defaultPopulation } from './strategy.ts'

export interface CmaSearch {
  readonly context: AskContext
  readonly numbers: readonly NumberAxis[]
  readonly choices: readonly ChoiceAxis[]
  gaussian: Gaussian
  generation: FinishedTrial[]
  restarts: number
}

interface NumberAxis {
  readonly dimension: Dimension
  /** Between the values of a dimension with steps, in units of the axis; empty when continuous. */
  readonly edges: readonly number[]
}

interface ChoiceAxis {
  readonly dimension: Dimension
  readonly shares: Shares
}

/** Above so many values a margin changes nothing. */
const edgesMax = 10_000
/** A population is doubled at most so often. */
const doublingsMax = 6
const narrowest = 1e-9
const roundestMin = 1e-7

export function startSearch(context: AskContext, population: number | undefined): CmaSearch {
  const { dimensions } = context.space
  const numbers = dimensions.filter(({ kind }) => kind !== 'unordered').map(numberAxis)
  const choices = dimensions
    .filter(({ kind }) => kind === 'unordered')
    .map((dimension) => ({ dimension, shares: startShares(dimension.count) }))
  const mean = new Float64Array(numbers.length).fill(0.5)
  const gaussian = startGaussian(mean, population ?? defaultPopulation(dimensions.length))
  return { context, numbers, choices, gaussian, generation: [], restarts: 0 }
}

/** Takes a trial in; once the generation is full the distributions move. */
export function addToSearch(search: CmaSearch, trial: FinishedTrial): void {
  search.generation.push(trial)
  const { strategy } = search.gaussian
  if (search.generation.length < strategy.population) return
  const best = bestFirst(search).slice(0, strategy.weights.length)
  const { gaussian, numbers } = search
  learn(
    gaussian,
    best.map((one) => pointOf(search, one)),
  )
  const alpha = marginOf(search)
  for (const [j, { edges }] of numbers.entries()) {
    if (edges.length > 0) keepMargin(gaussian, j, { edges, alpha })
  }
  const freedom = search.choices.reduce((sum, { shares }) => sum + shares.length - 1, 0)
  const rate = strategy.effectiveParents / (strategy.effectiveParents + 2 * Math.sqrt(freedom) + 2)
  for (const { dimension, shares } of search.choices) {
    const chosen = best.map(({ config: { [dimension.name]: value } }) =>
      value === undefined ? undefined : dimension.indexOf(value),
    )
    learnShares(shares, chosen, { weights: strategy.weights, rate, alpha })
  }
  search.generation = []
  if (isSpent(gaussian)) restart(search)
}

/** Probability that is kept for values beside the likeliest. */
function marginOf({ context, gaussian }: CmaSearch): number {
  return Math.min(0.4, 1 / (context.space.dimensions.length * gaussian.strategy.population))
}

/** The complete ones; what failed or was pruned teaches nothing. */
function bestFirst({ generation, context }: CmaSearch): FinishedTrial[] {
  const { objectives, limits = [] } = context
  const complete = generation.filter(({ state }) => state === 'complete')
  const order = bySurvival(complete.map((trial) => feasibleFirstLosses(trial, objectives, limits)))
  return order.map(({ index }) => complete[index] as FinishedTrial)
}

/**
 * Where the trial lies in the unit cube. A value with steps stands for its cell: a place in it is drawn as the distribution has it,
 * by a stream of the trial, because the draw that led to the value is not in the history. An inactive one is at the mean.
 */
function pointOf({ numbers, gaussian }: CmaSearch, trial: FinishedTrial): Float64Array {
  const random = seededRandom(`cma/${trial.seed}/${trial.number}`)
  return Float64Array.from(numbers, ({ dimension }, j) => {
    const center = gaussian.mean[j] as number
    const { [dimension.name]: value } = trial.config
    if (value === undefined) return center
    const [low, high] = unitCell(dimension, value)
    if (low === high) return low
    const deviation = deviationOf(gaussian, j)
    const from = low <= 0 ? 0 : normalCdf((low - center) / deviation)
    const to = high >= 1 ? 1 : normalCdf((high - center) / deviation)
    const inside = center + deviation * normalQuantile(from + random.next() * (to - from))
    return Math.min(high, Math.max(low, Number.isFinite(inside) ? inside : center))
  })
}

function isSpent({ d, sigma, roots, widening }: Gaussian): boolean {
  if (d === 0) return false
  const most = Math.max(...roots)
  return sigma * most * Math.max(...widening) < narrowest || Math.min(...roots) / most < roundestMin
}

/** From a random place with twice the population, as IPOP does. */
function restart(search: CmaSearch): void {
  search.restarts++
  const random = seededRandom(`cma/restart/${search.restarts}`)
  const mean = search.gaussian.mean.map(() => random.next())
  const { population } = search.gaussian.strategy
  search.gaussian = startGaussian(mean, search.restarts <= doublingsMax ? 2 * population : population)
  for (const { shares } of search.choices) shares.fill(1 / shares.length)
}

function numberAxis(dimension: Dimension): NumberAxis {
  if (dimension.kind === 'continuous' || dimension.count > edgesMax) return { dimension, edges: [] }
  const edges = Array.from({ length: dimension.count - 1 }, (_, i) => unitCell(dimension, dimension.valueAt(i))[1])
  return { dimension, edges }
}
