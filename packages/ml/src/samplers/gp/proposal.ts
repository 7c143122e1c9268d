/** The configuration that models of all trials propose. */

import { nonDominated } from '../../front/pareto-front.ts'
import type { AskContext } from '../../sampler.ts'
import type { Config } from '../../space/space.ts'
import type { Seen } from '../seen.ts'
import { type Acquisition, improvementBelow } from './acquisition.ts'
import { chebyshevImprovement } from './chebyshev-improvement.ts'
import { type Bounds, boundsOf, withinBounds } from './feasibility.ts'
import type { History } from './history.ts'
import { noiseFloor } from './hyperparameters.ts'
import { hypervolumeImprovement } from './hypervolume-improvement.ts'
import { type Models, modelsOf } from './models.ts'
import type { Posterior } from './posterior.ts'
import { mostToGain } from './search.ts'

/** As in `GpOptions`. */
export interface ProposalSettings {
  readonly trialsMax: number
  readonly starts: number
  readonly climbs: number
}

export interface ProposalBasis {
  /** Of the same trials as the context. */
  readonly history: History
  readonly seen: Seen
  readonly settings: ProposalSettings
}

/** The most points of a front that hypervolume is counted over; a longer one is thinned evenly. */
const frontMax = 64
/** Points whose surroundings are searched. */
const incumbentsMax = 5

/** Requires: a complete trial in the history. */
export function proposalOf(context: AskContext, { history, seen, settings }: ProposalBasis): Config {
  const { space, random, pending } = context
  const { encoding } = history
  const { trialsMax, starts, climbs } = settings
  const models = modelsOf(history, {
    rowsMax: trialsMax,
    pending: pending.map(({ config }) => encoding.encode(config)),
  })
  const bounds = boundsOf(history, models)
  const sound = soundPlaces(history, models, bounds)
  const { acquisition, best } = aimOf(models, context, sound)
  const incumbents = best.map((k) => history.points[models.rows[k] as number] as Float64Array)
  const search = { space, seen, random, encoding, models, incumbents, starts, climbs }
  return mostToGain({ ...search, acquisition: withinBounds(acquisition, bounds) })
}

/** Positions of the model's rows that kept the limits and are expected to; where none are, of those that kept them. */
function soundPlaces({ feasible }: History, { rows, expected }: Models, bounds: readonly Bounds[]): readonly number[] {
  const kept = [...rows.keys()].filter((k) => feasible[rows[k] as number])
  const sound = kept.filter((k) =>
    bounds.every(({ output, low, high }) => {
      const one = expected[k]?.[output] as number
      return low <= one && one <= high
    }),
  )
  return sound.length > 0 ? sound : kept
}

interface Aim {
  /** Undefined where nothing keeps the limits yet. */
  readonly acquisition: Acquisition | undefined
  /** Positions of rows that are good already. */
  readonly best: readonly number[]
}

/** What to gain on. */
function aimOf({ expected, posteriors }: Models, { objectives, random }: AskContext, sound: readonly number[]): Aim {
  const m = objectives.length
  const losses = sound.map((k) => (expected[k] as readonly number[]).slice(0, m))
  if (losses.length === 0) return { acquisition: undefined, best: [] }
  const placesOf = (positions: readonly number[]) => positions.slice(0, incumbentsMax).map((i) => sound[i] as number)
  if (m === 1) {
    const order = [...losses.keys()].sort((a, b) => (losses[a]?.[0] as number) - (losses[b]?.[0] as number))
    const least = losses[order[0] as number]?.[0] as number
    return { acquisition: improvementBelow(least, noiseOf(posteriors[0] as Posterior)), best: placesOf(order) }
  }
  const front = nonDominated(losses)
  const best = placesOf(random.shuffle(front))
  if (m > 3) return { acquisition: chebyshevImprovement(losses, random), best }
  const points = thinned(front.map((i) => losses[i] as readonly number[]))
  return { acquisition: hypervolumeImprovement(points, referenceOf(expected.map((one) => one.slice(0, m)))), best }
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
