/** Independent draws from the prior of the space; in a finite space without repeats as long as it lasts. */

import type { Sampler } from '../sampler.ts'
import { sampleUnseen, seenMemory } from './seen.ts'

/**
 * The baseline that every other sampler has to beat.
 *
 * @example openStudy({ id: 'baseline', space, objectives, seed: 1, sampler: randomSampler() })
 */
export function randomSampler(): Sampler {
  const seenIn = seenMemory()
  return {
    name: 'random',
    ask(context) {
      const { space, random } = context
      return sampleUnseen({ space, seen: seenIn(context), random })[0] ?? space.sample(random)
    },
  }
}
