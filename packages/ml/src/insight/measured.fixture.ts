/** Studies whose truth is known, for the tests of this room. */

import { type Random, seededRandom } from '@mabeam/foundation'
import type { Measurements } from '../recommend/recommend.ts'
import { type Config, type Space, space } from '../space/space.ts'
import { float } from '../space/variable.ts'
import type { FinishedTrial } from '../trial.ts'

export const unit = float({ min: 0, max: 1 })
export const three = space({ x: unit, y: unit, z: unit })

/** Ishigami's function, whose shares of variance are known: 0.3139, 0.4424, 0 alone and 0.5576, 0.4424, 0.2437 in all. */
export function ishigami({ x, y, z }: Config): number {
  const at = (value: unknown) => Math.PI * (2 * (value as number) - 1)
  return Math.sin(at(x)) + 7 * Math.sin(at(y)) ** 2 + 0.1 * at(z) ** 4 * Math.sin(at(x))
}

/** A sum, whose shares are 9, 4 and 1 of 14, and of which no two variables do anything together. */
export const sum = ({ x, y, z }: Config) => 3 * (x as number) + 2 * (y as number) + (z as number)

type Sampled = Pick<Space, 'dimensions'> & { sample(random: Random): Config }

/** Trials drawn from the prior. */
export function measured(
  { dimensions, sample }: Sampled,
  score: (config: Config, random: Random) => number,
  { n, seed = 1 }: { readonly n: number; readonly seed?: number },
): Measurements & { readonly finished: FinishedTrial[] } {
  const random = seededRandom(seed)
  return {
    space: { dimensions },
    objectives: [{ name: 'score', direction: 'maximise' }],
    finished: Array.from({ length: n }, (_, number) => {
      const config = sample(random)
      const values = { score: score(config, random) }
      return { number, config, seed: 0, state: 'complete', values, attributes: null, seconds: 0 }
    }),
  }
}
