/** Quasi-Monte Carlo: the points of a scrambled Sobol sequence, which fill a space more evenly than random ones. */

import { seededRandom } from '@mabeam/foundation'
import { type SobolSequence, sobolDimensionsMax, sobolSequence } from '../numeric/sobol.ts'
import type { AskContext, Sampler } from '../sampler.ts'
import type { Config } from '../space/space.ts'
import { configMemory, type Tried } from './config-memory.ts'
import { incremental } from './incremental.ts'
import { sampleUnseen, seenMemory } from './seen.ts'
import { buildConfig, valueAtUnit } from './unit-config.ts'

/** Points of the sequence that may be passed over: so many, and so many for each trial. */
const skipsMax = 4_096
const skipsPerTrialMax = 64

/**
 * Proposes the points of a Sobol sequence in order, scrambled by the study's seed. Points that break a constraint or were tried
 * are passed over, up to the 4,096 + 64 n-th for n trials; then the ask is a random draw, an unseen one in a finite space.
 *
 * Cost: O(d) an ask for d variables; points that are passed over are passed over once.
 * Source: Sobol, 1967, as `sobolSequence` says. Differs: values of choices and steps are read off the unit interval; an inactive
 * variable leaves its coordinate unused.
 * @example openStudy({ id: 'screen', space, objectives, seed: 7, sampler: qmcSampler() })
 */
export function qmcSampler(): Sampler {
  const triedIn = configMemory()
  const seenIn = seenMemory()
  const walkOf = incremental<Walk>(
    () => ({ next: 0, seed: undefined, sequence: undefined }),
    () => {},
  )
  return {
    name: 'qmc',
    ask(context) {
      const { space, random } = context
      const seen = seenIn(context)
      const point = nextPoint(context, walkOf(context), triedIn(context))
      return point ?? sampleUnseen({ space, seen, random })[0] ?? space.sample(random)
    },
  }
}

/** Where in which sequence; all before `next` is finished or can't be. */
interface Walk {
  next: number
  seed: number | undefined
  sequence: SobolSequence | undefined
}

function nextPoint(context: AskContext, walk: Walk, tried: Tried): Config | undefined {
  const { space, finished, pending, seed = 0 } = context
  const { dimensions } = space
  if (dimensions.length > sobolDimensionsMax) return undefined
  if (!walk.sequence || walk.seed !== seed) {
    walk.sequence = sobolSequence(dimensions.length, seededRandom(`qmc/${seed}`))
    walk.seed = seed
    walk.next = 0
  }
  const end = skipsMax + skipsPerTrialMax * (finished.length + pending.length)
  for (let index = walk.next; index < end; index++) {
    const unit = walk.sequence.point(index)
    const config = buildConfig(dimensions, (dimension, d) => valueAtUnit(dimension, unit[d] as number))
    const lost = !space.satisfies(config) || tried.finished(config)
    if (lost && index === walk.next) walk.next++
    if (!lost && !tried.pending(config)) return config
  }
  return undefined
}
