/** Climbs from a point to one where more is to be gained: by gradient on numeric coordinates, by trying values on the others. */

import type { Random } from '@mabeam/foundation'
import { boundedMinimum } from '../../numeric/bounded-minimum.ts'
import type { Dimension } from '../../space/dimension.ts'
import type { Config } from '../../space/space.ts'
import { completed } from './encoding.ts'
import { type Score, scoreMany, scoreWithSlopes } from './scored.ts'

export interface LocalSearch extends Score {
  readonly random: Random
  /** Whether a configuration may be proposed: constraints hold and it was not asked before. */
  isFree(config: Config): boolean
}

/** A configuration with what is to be gained there. */
export interface Candidate {
  readonly config: Config
  /** Encoded, and with a number for every inactive dimension. */
  readonly encoded: Float64Array
  readonly latent: Float64Array
  /** Logarithm. */
  readonly gain: number
}

const roundsMax = 3
/** Evaluations of a climb by gradient. */
const evaluationsMax = 12
/** An ordered dimension with more values is climbed by gradient too. */
const coarseValues = 8
/** All values of an unordered dimension are tried up to this many, else as many drawn ones. */
const triedValues = 24
/** A gain of less, in logarithms, ends the climb. */
const gainMin = 1e-3

/** Ensures: `isFree` holds for the result if it is not `start`, and then its gain is higher. */
export function climb(search: LocalSearch, start: Candidate): Candidate {
  let best = start
  for (let round = 0; round < roundsMax; round++) {
    const before = best.gain
    best = bySlope(search, best)
    best = byValues(search, best)
    if (!(best.gain > before + gainMin)) break
  }
  return best
}

/** The candidate that a latent point stands for, without its gain. */
export function candidateAt({ encoding }: Pick<Score, 'encoding'>, latent: Float64Array): Omit<Candidate, 'gain'> {
  const config = encoding.decode(latent)
  const encoded = encoding.encode(config)
  return { config, encoded, latent: completed(encoded, latent) }
}

function bySlope(search: LocalSearch, from: Candidate): Candidate {
  const { dimensions } = search.encoding
  const along = [...dimensions.keys()].filter((d) => {
    const { kind, count } = dimensions[d] as Dimension
    return kind !== 'unordered' && count > coarseValues && !Number.isNaN(from.encoded[d])
  })
  if (along.length === 0) return from
  const point = from.encoded.slice()
  const evaluate = (x: Float64Array, gradient: Float64Array) => {
    for (const [k, d] of along.entries()) point[d] = x[k] as number
    const value = scoreWithSlopes(search, point, { along, gradient })
    for (let k = 0; k < gradient.length; k++) gradient[k] = -(gradient[k] as number)
    return -value
  }
  const start = Float64Array.from(along, (d) => from.encoded[d] as number)
  const low = new Float64Array(along.length)
  const high = new Float64Array(along.length).fill(1)
  const { x } = boundedMinimum(evaluate, start, {
    low,
    high,
    evaluationsMax,
    gradientTolerance: 1e-3,
    valueTolerance: 1e-4,
  })
  // Where a constraint refuses the end of the climb, a part of the way may be allowed.
  const ends = [1, 0.5, 0.25].map((part) => {
    const latent = from.latent.slice()
    for (const [k, d] of along.entries()) {
      const at = from.latent[d] as number
      latent[d] = at + part * ((x[k] as number) - at)
    }
    return latent
  })
  return betterOf(search, from, ends)
}

/** One dimension after another: the best of its values, or of its neighbours at growing distance where it has many. */
function byValues(search: LocalSearch, from: Candidate): Candidate {
  let best = from
  for (const [d, dimension] of search.encoding.dimensions.entries()) {
    if (dimension.kind === 'continuous' || dimension.count === 1 || Number.isNaN(best.encoded[d])) continue
    const others = otherValues(dimension, best.latent[d] as number, search.random)
    best = betterOf(
      search,
      best,
      others.map((value) => {
        const latent = best.latent.slice()
        latent[d] = value
        return latent
      }),
    )
  }
  return best
}

/** The best free candidate among latent points, or `from` where none is better. */
function betterOf(search: LocalSearch, from: Candidate, latents: readonly Float64Array[]): Candidate {
  const candidates = latents.map((latent) => candidateAt(search, latent))
  const gains = scoreMany(
    search,
    candidates.map(({ encoded }) => encoded),
  )
  const order = [...gains.keys()].sort((a, b) => (gains[b] as number) - (gains[a] as number))
  for (const k of order) {
    const gain = gains[k] as number
    if (!(gain > from.gain)) break
    const candidate = candidates[k] as (typeof candidates)[number]
    if (search.isFree(candidate.config)) return { ...candidate, gain }
  }
  return from
}

function otherValues(dimension: Dimension, at: number, random: Random): number[] {
  const { kind, count } = dimension
  if (kind === 'unordered') {
    const all = Array.from({ length: count }, (_, value) => value).filter((value) => value !== at)
    return count <= triedValues ? all : random.shuffle(all).slice(0, triedValues)
  }
  const index = dimension.indexOf(dimension.nearest(dimension.low + at * (dimension.high - dimension.low)))
  const indices = new Set<number>()
  if (count <= triedValues) for (let i = 0; i < count; i++) indices.add(i)
  else for (let step = 1; step < count; step *= 2) indices.add(index - step).add(index + step)
  indices.delete(index)
  const place = (i: number) =>
    (dimension.coordinate(dimension.valueAt(i)) - dimension.low) / (dimension.high - dimension.low)
  return [...indices].filter((i) => i >= 0 && i < count).map(place)
}
