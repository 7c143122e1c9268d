/** Latin hypercube sampling: in each batch every variable takes each part of its range once. */

import { checkOptions, definedOptions, type Random, rule } from '@mabeam/foundation'
import type { AskContext, Sampler } from '../sampler.ts'
import type { Dimension } from '../space/dimension.ts'
import type { Config } from '../space/space.ts'
import type { Scalar } from '../space/variable.ts'
import { sampleUnseen, seenMemory } from './seen.ts'
import { buildConfig, unitCell, valueAtUnit } from './unit-config.ts'

export interface LatinHypercubeOptions {
  /** Trials a batch, which is also the number of parts of each range. @default 16 */
  readonly batch?: number
}

export const latinHypercubeDefaults = { batch: 16 } satisfies Required<LatinHypercubeOptions>

/** Designs that are tried before constraints or repeats make it give up on a stratum for this trial. */
const drawsMax = 64

/**
 * Each batch of trials, counted by number, is a Latin hypercube: a range is cut into `batch` parts of equal probability, and
 * each is used once; values of choices are used equally often up to one. Each ask draws, for each variable by itself, from the
 * parts that the batch has left, which gives the same designs as random permutations and asks that depend on the history
 * alone. Failed, pruned and pending trials take their parts. Where no combination of parts that are left is valid and unseen
 * the trial is a random one.
 *
 * Cost: O(batch · variables · log batch) an ask.
 * Throws: `foundation/invalid-option`.
 * Source: McKay, Beckman & Conover, Technometrics 21(2), 1979. Differs: discrete variables are balanced as far as their values allow;
 * constraints can leave parts of a batch unused.
 * @example openStudy({ id: 'screen', space, objectives, seed: 7, sampler: latinHypercubeSampler({ batch: 32 }) })
 */
export function latinHypercubeSampler(options: LatinHypercubeOptions = {}): Sampler {
  checkOptions('latinHypercubeSampler', options, { batch: rule.optional(rule.int(2, 10_000)) })
  const { batch } = { ...latinHypercubeDefaults, ...definedOptions(options) }
  const seenIn = seenMemory()
  return {
    name: 'latin-hypercube',
    ask(context) {
      const { space, random } = context
      const seen = seenIn(context)
      const taken = batchConfigs(context, batch)
      const pools = space.dimensions.map((dimension) => poolOf(dimension, taken, batch))
      for (let i = 0; i < drawsMax; i++) {
        const config = buildConfig(space.dimensions, (_, d) => (pools[d] as Pool)(random))
        if (space.satisfies(config) && !seen.has(config)) return config
      }
      return sampleUnseen({ space, seen, random })[0] ?? space.sample(random)
    },
  }
}

/** The configurations of the batch that the next trial belongs to. */
function batchConfigs({ finished, pending }: AskContext, batch: number): Config[] {
  const next = finished.length + pending.length
  const first = next - (next % batch)
  // Trials end in about the order of their numbers, so those of the batch are near the end of the list.
  const told: Config[] = []
  for (let i = finished.length - 1, left = 0; i >= 0 && left < batch; i--) {
    const trial = finished[i] as (typeof finished)[number]
    if (trial.number >= first) told.push(trial.config)
    else left++
  }
  return [...told.reverse(), ...pending.filter(({ number }) => number >= first).map(({ config }) => config)]
}

/** Draws a value from what a batch has left of one dimension. */
type Pool = (random: Random) => Scalar

function poolOf(dimension: Dimension, taken: readonly Config[], batch: number): Pool {
  const values = taken.map(({ [dimension.name]: value }) => value).filter((value) => value !== undefined)
  if (dimension.kind === 'unordered') {
    const rare = rareIndices(dimension, values)
    return (random) => dimension.valueAt(rare[random.int(rare.length)] as number)
  }
  const free = freeStrata(
    values.map((value) => unitCell(dimension, value)),
    batch,
  )
  return (random) => valueAtUnit(dimension, ((free[random.int(free.length)] as number) + random.next()) / batch)
}

function rareIndices(dimension: Dimension, values: readonly Scalar[]): number[] {
  const counts = new Array<number>(dimension.count).fill(0)
  for (const value of values) counts[dimension.indexOf(value)] = (counts[dimension.indexOf(value)] as number) + 1
  const fewest = counts.reduce((least, count) => Math.min(least, count), Number.POSITIVE_INFINITY)
  return counts.flatMap((count, index) => (count === fewest ? [index] : []))
}

/**
 * The strata that are left when each cell takes one that it overlaps, those that end first choosing first; that finds a
 * place for all whenever there is one. A cell without a place takes none.
 */
export function freeStrata(cells: readonly (readonly [low: number, high: number])[], batch: number): number[] {
  const used = new Set<number>()
  const stratum = (unit: number) => Math.min(batch - 1, Math.max(0, Math.floor(unit * batch + 1e-9)))
  for (const [low, high] of [...cells].sort((a, b) => a[1] - b[1] || a[0] - b[0])) {
    const last = high > low ? Math.max(stratum(low), Math.ceil(high * batch - 1e-9) - 1) : stratum(low)
    let at = stratum(low)
    while (at <= last && used.has(at)) at++
    if (at <= last) used.add(at)
  }
  const free = Array.from({ length: batch }, (_, i) => i).filter((i) => !used.has(i))
  return free.length > 0 ? free : Array.from({ length: batch }, (_, i) => i)
}
