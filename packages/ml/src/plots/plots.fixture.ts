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

/** Of which some trials were measured three times. */
export function repeatedStudy(count: number) {
  const study = mixedStudy(count)
  const repeated = { times: 3, standardErrors: { accuracy: 0.05, costUsd: 0.2 } }
  const finished = study.finished.map((trial) => {
    return trial.state === 'complete' && trial.number % 2 === 0 ? { ...trial, repeated } : trial
  })
  return { ...study, finished }
}

function valued(values: readonly { readonly accuracy: number; readonly costUsd: number }[]) {
  const study = mixedStudy(values.length, 3)
  const finished = study.finished.map((trial, i) => {
    return { ...trial, state: 'complete' as const, values: values[i] as { accuracy: number; costUsd: number } }
  })
  return { ...study, limits: [], finished }
}

/** Studies at the ends of what numbers can be. */
export const extremes = [
  valued([0, 1, 2].map(() => ({ accuracy: 0.5, costUsd: 0 }))),
  valued([1, -1, 0.5, -0.5].map((sign) => ({ accuracy: sign * Number.MAX_VALUE, costUsd: -sign * Number.MAX_VALUE }))),
  valued([1, 2, 3].map((k) => ({ accuracy: k * Number.MIN_VALUE, costUsd: 1e17 + 16 * k }))),
  valued([Number.NaN, Number.POSITIVE_INFINITY, 1].map((accuracy) => ({ accuracy, costUsd: 1 }))),
  {
    ...mixedStudy(30),
    finished: mixedStudy(30).finished.map((trial) => ({ ...trial, state: 'failed' as const, values: {} })),
  },
]
