/** The configuration at which most is to be gained: many starts that fill the space, and climbs from the best of them. */

import { sobolSequence } from '../../numeric/sobol.ts'
import type { Config } from '../../space/space.ts'
import { type Seen, sampleUnseen, type UnseenDraws } from '../seen.ts'
import { covariances } from './covariances.ts'
import { type Candidate, candidateAt, climb, type LocalSearch } from './local-search.ts'
import type { Posterior } from './posterior.ts'
import { placed, type ScaledColumn, scaledColumns } from './scaled-columns.ts'
import { type Score, scoreMany } from './scored.ts'

export interface Search extends Score, UnseenDraws {
  /** Quasi-random starts. */
  readonly starts: number
  /** Climbs. */
  readonly climbs: number
  /** Encoded points that are good already: their surroundings are looked at too. */
  readonly incumbents: readonly Float64Array[]
}

/** One model of so many trials is searched from all starts. */
const fullStartsRows = 250
/** Starts around each incumbent. */
const neighbours = 24
/** Climbs do not begin at points that are more correlated than this with where another one began. */
const correlationMax = 0.95

/**
 * A valid configuration that was not asked before, if there is one. A space of no more points than `starts` is looked at
 * completely, and once all were asked the one is taken again at which most is to be gained.
 *
 * Cost: O((starts + climbs·100) n²) for n trials.
 */
export function mostToGain(search: Search): Config {
  const { space, seen, random } = search
  const points = space.points
  if (points && points.count <= search.starts) {
    const all = Array.from({ length: points.count }, (_, i) => points.at(i))
    const unseen = all.filter((config) => !seen.has(config))
    return bestConfig(search, unseen.length > 0 ? unseen : all) ?? space.sample(random)
  }
  const isFree = freeIn(search)
  const candidates = scored(search, [...startsOf(search), ...aroundIncumbents(search)])
  const local: LocalSearch = { ...search, isFree }
  let best: Candidate | undefined
  for (const start of spreadBest(search, candidates)) {
    const end = climb(local, start)
    if ((!best || end.gain > best.gain) && isFree(end.config)) best = end
  }
  best ??= candidates.find(({ config }) => isFree(config))
  return best?.config ?? bestConfig(search, sampleUnseen(search, 64)) ?? space.sample(random)
}

function freeIn({ space, seen }: { readonly space: Search['space']; readonly seen: Seen }) {
  return (config: Config) => !seen.has(config) && space.satisfies(config)
}

/** Points of a scrambled Sobol sequence that are free; draws from the space where constraints leave few. */
function startsOf(search: Search): Omit<Candidate, 'gain'>[] {
  const { encoding, random, space } = search
  const starts = startsFor(search)
  const isFree = freeIn(search)
  const sequence = sobolSequence(encoding.dimensions.length, random)
  const out: Omit<Candidate, 'gain'>[] = []
  for (let i = 0; i < starts; i++) {
    const one = candidateAt(search, encoding.fromCube(sequence.point(i)))
    if (isFree(one.config)) out.push(one)
  }
  if (out.length >= starts / 16) return out
  const blank = encoding.fromCube(new Float64Array(encoding.dimensions.length).fill(0.5))
  for (let i = 0; i < starts / 16; i++) {
    const config = space.sample(random)
    if (search.seen.has(config)) continue
    const encoded = encoding.encode(config)
    out.push({
      config,
      encoded,
      latent: encoded.map((value, d) => (Number.isNaN(value) ? (blank[d] as number) : value)),
    })
  }
  return out
}

/** All where models are small; fewer where they are large, down to a quarter, because each start costs the square of their size. */
function startsFor({ starts, models }: Search): number {
  const cost = models.posteriors.reduce((sum, { n }) => sum + n * n, 0)
  return Math.ceil(Math.max(starts / 4, Math.min(starts, starts * (fullStartsRows ** 2 / cost))))
}

/** Each incumbent with small steps on its numbers and now and then another index. */
function aroundIncumbents(search: Search): Omit<Candidate, 'gain'>[] {
  const { encoding, incumbents, random, space } = search
  const { dimensions } = encoding
  const out: Omit<Candidate, 'gain'>[] = []
  for (const incumbent of incumbents) {
    const drawn = encoding.fromCube(Float64Array.from(dimensions, () => random.next()))
    const latent = incumbent.map((value, d) => (Number.isNaN(value) ? (drawn[d] as number) : value))
    out.push(candidateAt(search, latent))
    for (let i = 0; i < neighbours; i++) {
      const width = 10 ** (-1 - 2 * random.next())
      const near = latent.map((value, d) => {
        const { kind, count } = dimensions[d] as (typeof dimensions)[number]
        if (kind !== 'unordered') return Math.min(1, Math.max(0, value + width * random.normal()))
        return random.next() * dimensions.length < 1 ? random.int(count) : value
      })
      const one = candidateAt(search, near)
      if (space.satisfies(one.config)) out.push(one)
    }
  }
  return out
}

/** With their gains, the best first. */
function scored(search: Score, candidates: readonly Omit<Candidate, 'gain'>[]): Candidate[] {
  const gains = scoreMany(
    search,
    candidates.map(({ encoded }) => encoded),
  )
  return candidates.map((candidate, i) => ({ ...candidate, gain: gains[i] as number })).sort((a, b) => b.gain - a.gain)
}

/** The best candidates that are not close to one another, as many as there are climbs. */
function spreadBest({ models, encoding, climbs }: Search, candidates: readonly Candidate[]): Candidate[] {
  const { hyper } = models.posteriors[0] as Posterior
  const chosen: Candidate[] = []
  const [out, squares] = [new Float64Array(1), new Float64Array(1)]
  for (const candidate of candidates) {
    if (chosen.length >= climbs) break
    const columns = Array.from(candidate.encoded, (value) => Float64Array.of(value))
    const scaled = scaledColumns({ columns, unordered: encoding.unordered }, hyper)
    const isClose = chosen.some(({ encoded }) => {
      const places = encoded.map((value, d) => placed(value, scaled[d] as ScaledColumn))
      covariances(scaled, places, { hyper, n: 1, out, squares })
      return (out[0] as number) > correlationMax * hyper.scale
    })
    if (!isClose) chosen.push(candidate)
  }
  return chosen
}

function bestConfig(search: Search, configs: readonly Config[]): Config | undefined {
  const gains = scoreMany(
    search,
    configs.map((config) => search.encoding.encode(config)),
  )
  return configs.reduce<{ config: Config; gain: number } | undefined>((best, config, i) => {
    const gain = gains[i] as number
    return !best || gain > best.gain ? { config, gain } : best
  }, undefined)?.config
}
