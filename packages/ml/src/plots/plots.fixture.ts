/** Studies that plots are tested with. */

import { type Random, seededRandom } from '@mabeam/foundation'
import { space } from '../space/space.ts'
import { choice, float, int } from '../space/variable.ts'
import type { FinishedTrial } from '../trial.ts'

export const tuning = space({
  model: choice(['small', 'large', '模型']),
  demos: int({ min: 0, max: 8, when: { model: ['small', 'large'] } }),
  temperature: float({ min: 0, max: 1.5, unit: 'K' }),
  rate: float({ min: 1e-5, max: 1, log: true }),
})

export const both = [
  { name: 'accuracy', direction: 'maximise' },
  { name: 'costUsd', direction: 'minimise' },
] as const

const states = ['complete', 'complete', 'complete', 'complete', 'failed', 'pruned'] as const

/** Trials of all states, in an order of tells that is not that of asks; some are beyond `limits`. */
export function mixedStudy(count: number, seed = 1) {
  const random = seededRandom(seed)
  const finished: FinishedTrial[] = Array.from({ length: count }, (_, number) => mixedTrial(number, random))
  for (let i = 0; i + 1 < finished.length; i += 3) finished.push(...finished.splice(i, 1))
  return { space: tuning, objectives: both, limits: [{ name: 'costUsd', atMost: 0.9 }], finished }
}

function mixedTrial(number: number, random: Random): FinishedTrial {
  const state = states[random.int(states.length)] as FinishedTrial['state']
  const values = state === 'complete' ? { accuracy: random.next(), costUsd: random.next() } : {}
  return {
    number,
    config: tuning.sample(random) as never,
    seed: 0,
    state,
    values,
    attributes: null,
    seconds: random.int(9),
  }
}
