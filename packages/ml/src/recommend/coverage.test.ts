/** How often the interval of what is recommended holds the truth where a model can't hold all trials. */

import { seededRandom } from '@mabeam/foundation'
import { expect, test } from 'vitest'
import { space } from '../space/space.ts'
import { float } from '../space/variable.ts'
import type { FinishedTrial } from '../trial.ts'
import { recommend } from './recommend.ts'

const searched = space({ a: float(0, 1), b: float(0, 1), c: float(0, 1), d: float(0, 1) })
type At = { readonly [name in 'a' | 'b' | 'c' | 'd']: number }
const truth = ({ a, b, c, d }: At) => Math.sin(4 * a) + (b - 0.4) ** 2 + 0.5 * Math.cos(3 * c + d)

function measured(n: number, seed: number): FinishedTrial<At>[] {
  const random = seededRandom(seed)
  return Array.from({ length: n }, (_, number) => {
    const config = { a: random.next(), b: random.next(), c: random.next(), d: random.next() }
    const values = { loss: truth(config) + 0.5 * random.normal() }
    return { number, config, seed: 0, state: 'complete', values, attributes: null, seconds: 0 }
  })
}

test('trials are in a model for where they are and not for their luck, so that it is not taken in by it', () => {
  const seeds = 24
  let [covered, luck] = [0, 0]
  for (let seed = 0; seed < seeds; seed++) {
    const objectives = [{ name: 'loss', direction: 'minimise' }] as const
    const best = recommend({ space: searched, objectives, finished: measured(100, seed) }, { trialsMax: 50 })?.best
    const [low, high] = best?.expected.loss?.ci95 ?? [1, 0]
    const is = truth(best?.trial.config as At)
    covered += Number(low <= is && is <= high) / seeds
    luck += (is - (best?.expected.loss?.value as number)) / seeds
  }
  expect(covered).toBeGreaterThan(0.92)
  expect(luck).toBeLessThan(0.07)
})
