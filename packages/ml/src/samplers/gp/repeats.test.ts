import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { recommend } from '../../recommend/recommend.ts'
import { space } from '../../space/space.ts'
import { float } from '../../space/variable.ts'
import type { FinishedTrial } from '../../trial.ts'
import { addTrial, emptyHistory, hyperparametersAt, isExact } from './history.ts'
import { isQuiet } from './hyperparameters.ts'

const line = space({ x: float(-1, 1) })
const objectives = [{ name: 'loss', direction: 'minimise' }] as const
/** So many waves that a few trials look like noise. */
const waves = (x: number) => Math.sin(40 * x) + x

/** Trials at drawn places, then the first of them `again`. */
function measured(lossOf: (x: number) => number, again: number, n = 30): FinishedTrial<{ x: number }>[] {
  const random = seededRandom(3)
  const places = Array.from({ length: n }, () => 2 * random.next() - 1)
  return [...places, ...places.slice(0, again)].map((x, number) => ({
    number,
    config: { x },
    seed: 0,
    state: 'complete',
    values: { loss: lossOf(x) },
    attributes: null,
    seconds: 0,
  }))
}

function historyOf(trials: readonly FinishedTrial<{ x: number }>[]) {
  const history = emptyHistory({ space: line, objectives })
  for (const trial of trials) addTrial(history, trial)
  return history
}

describe('repeats', () => {
  test('that gave the same tell roughness from noise: what was observed is what is recommended, with certainty', () => {
    const [alone, repeated] = [measured(waves, 0), measured(waves, 2)]
    expect(isExact(historyOf(alone), 0)).toBe(false)
    const history = historyOf(repeated)
    expect(isExact(history, 0)).toBe(true)
    expect(isQuiet(hyperparametersAt(history, 0, 32))).toBe(true)
    expect(isQuiet(hyperparametersAt(historyOf(alone), 0, 30))).toBe(false)
    const picked = recommend({ space: line, objectives, finished: repeated })
    expect(picked?.best.trial).toBe(picked?.observedBest.trial)
    const { value, ci95 } = picked?.best.expected.loss ?? { value: 0, ci95: [0, 1] }
    expect(ci95).toEqual([value, value])
  })

  test('that differ once are noise, also after many that did not', () => {
    const trials = measured(waves, 6)
    const last = trials.at(-1) as FinishedTrial<{ x: number }>
    const broken = [...trials.slice(0, -1), { ...last, values: { loss: (last.values.loss as number) + 1e-9 } }]
    expect(isExact(historyOf(trials), 0)).toBe(true)
    expect(isExact(historyOf(broken), 0)).toBe(false)
    const more = trials.slice(0, 4).map((one) => ({ ...one, number: one.number + 99 }))
    expect(isExact(historyOf([...broken, ...more]), 0)).toBe(false)
  })

  test('of coarse values, which chance makes equal, say little', () => {
    const random = seededRandom(5)
    const coarse = () => random.int(4)
    expect(isExact(historyOf(measured((x) => Math.round(2 * x), 3)), 0)).toBe(false)
    expect(isExact(historyOf(measured(coarse, 3)), 0)).toBe(false)
    expect(isExact(historyOf(measured(() => 1, 30)), 0)).toBe(false)
  })

  test('within trials count too: the mean of equal measurements has no error', () => {
    const withError = (error: number) =>
      historyOf(measured(waves, 0).map((one) => ({ ...one, repeated: { times: 3, standardErrors: { loss: error } } })))
    expect(isExact(withError(0), 0)).toBe(true)
    expect(isExact(withError(1e-12), 0)).toBe(false)
  })

  test('what the first trials say does not change with what comes later', () => {
    const history = historyOf(measured(waves, 6))
    expect([30, 32, 36].map((count) => isExact(history, 0, count))).toEqual([false, true, true])
  })
})
