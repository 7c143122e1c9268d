import { seededRandom } from '@mabeam/foundation'
import { settled, virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { inlineExecutor } from '../executor.ts'
import { randomSampler } from '../samplers/random.ts'
import { space } from '../space/space.ts'
import { float } from '../space/variable.ts'
import type { FinishedTrial } from '../trial.ts'
import { expectedGain } from './expected-gain.ts'
import { openStudy } from './open-study.ts'
import { runStudy } from './run-study.ts'
import { type StopOptions, stopReason } from './stops.ts'

const line = space({ x: float({ min: 0, max: 1 }) })
const objectives = [{ name: 'loss', direction: 'minimise' }] as const
const options = { id: 'stops', space: line, objectives, seed: 3, sampler: randomSampler() }

const told = (losses: readonly number[]): FinishedTrial[] =>
  losses.map((loss, number) => ({
    number,
    config: {},
    seed: 0,
    state: 'complete',
    values: { loss },
    attributes: null,
    seconds: 0,
  }))
const reason = (losses: readonly number[], stops: StopOptions) =>
  stopReason({ objectives, limits: [], finished: told(losses) }, stops, 0)

describe('runStudy stops', () => {
  test('when trials have cost so much, those of earlier runs included', async () => {
    const study = await openStudy(options)
    const executor = inlineExecutor(() => ({ values: { loss: 1, costUsd: 0.25 } }))
    const stops = { cost: { name: 'costUsd', max: 1 } }
    expect(await runStudy(study, executor, { budget: 50, stops })).toMatchObject({ ended: 'cost', trials: 4 })
    expect(await runStudy(study, executor, { budget: 50, stops })).toMatchObject({ ended: 'cost', trialsThisRun: 0 })
    expect(await runStudy(study, executor, { budget: 6 })).toMatchObject({ ended: 'budget', trials: 6 })
  })

  test('when it has asked for so long, and tells the trials that still run', async () => {
    const clock = virtualClock()
    const study = await openStudy({ ...options, clock })
    const executor = inlineExecutor(
      () =>
        new Promise<{ values: { loss: number } }>((resolve) =>
          clock.setTimer(400, () => resolve({ values: { loss: 1 } })),
        ),
      { slots: 2 },
    )
    const running = runStudy(study, executor, { budget: 50, stops: { timeMs: 1_000 } })
    for (let i = 0; i < 30; i++) {
      await settled()
      await clock.advance(100)
    }
    const report = await running
    expect(report).toMatchObject({ ended: 'time', trials: 6 })
    expect(report.seconds).toBeGreaterThanOrEqual(1.2)
    expect(study.pending).toEqual([])
  })

  test('when nothing got better for so many trials', async () => {
    const study = await openStudy(options)
    const losses = [5, 4, 3, 3, 3, 9, 2]
    const executor = inlineExecutor(({ number }) => ({ values: { loss: losses[number] ?? 2 } }))
    expect(await runStudy(study, executor, { budget: 50, stops: { stagnationTrials: 5 } })).toMatchObject({
      ended: 'stagnation',
      trials: 12,
    })
  })

  test('when little more is to be expected, by its own estimate or by another', async () => {
    const executor = inlineExecutor<{ readonly x: number }>(({ config }) => ({ values: { loss: config.x } }))
    const study = await openStudy(options)
    const report = await runStudy(study, executor, { budget: 1_000, stops: { expectedGain: { min: 0.001 } } })
    expect(report.ended).toBe('expected-gain')
    expect(report.trials).toBeGreaterThan(10)
    expect(report.trials).toBeLessThan(300)
    const other = await openStudy(options)
    const of = ({ finished }: { readonly finished: readonly unknown[] }) => 20 - finished.length
    expect(await runStudy(other, executor, { budget: 50, stops: { expectedGain: { min: 5, of } } })).toMatchObject({
      ended: 'expected-gain',
      trials: 16,
    })
  })

  test('by options that can be, and says which can not', async () => {
    const study = await openStudy(options)
    const run = (stops: object) =>
      runStudy(
        study,
        inlineExecutor(() => ({ values: { loss: 1 } })),
        { budget: 1, stops },
      )
    await expect(run({ timeMS: 5 })).rejects.toThrow('did you mean "timeMs"?')
    await expect(run({ timeMs: -1 })).rejects.toThrow('runStudy: stops: timeMs')
    await expect(run({ cost: { name: 'usd' } })).rejects.toThrow('runStudy: stops: cost: max')
    await expect(run({ stagnationTrials: 0 })).rejects.toThrow('stagnationTrials')
    await expect(run({ expectedGain: { min: Number.NaN } })).rejects.toThrow('expectedGain: min')
  })

  test('a cost that no trial measures ends the run with an error, and not never', async () => {
    const study = await openStudy(options)
    const stops = { cost: { name: 'usd', max: 1 } }
    const run = study.run(() => ({ loss: 1, costUsd: 2 }), { budget: 50, stops })
    await expect(run).rejects.toThrow(
      'stops: cost: name: expected one of the values that trials measure (loss, costUsd), got "usd"',
    )
    expect(study.finished).toHaveLength(1)
  })
})

describe('stopReason', () => {
  test('stagnates at the limit and not one before', () => {
    expect(reason([3, 1, 2, 2], { stagnationTrials: 2 })).toBe('stagnation')
    expect(reason([3, 1, 2], { stagnationTrials: 2 })).toBeUndefined()
    expect(reason([], { stagnationTrials: 1 })).toBeUndefined()
  })

  test('of several objectives looks at the front: equal points are no news', () => {
    const both = [
      { name: 'a', direction: 'minimise' },
      { name: 'b', direction: 'maximise' },
    ] as const
    const trials = (points: readonly (readonly [number, number])[]) =>
      points.map(([a, b], i) => ({ ...(told([0])[0] as FinishedTrial), number: i, values: { a, b } }))
    const at = (points: readonly (readonly [number, number])[]) =>
      stopReason({ objectives: both, limits: [], finished: trials(points) }, { stagnationTrials: 2 }, 0)
    expect(
      at([
        [1, 1],
        [2, 0],
        [3, 0],
      ]),
    ).toBe('stagnation')
    expect(
      at([
        [1, 1],
        [2, 0],
        [3, 2],
      ]),
    ).toBeUndefined()
    expect(
      at([
        [1, 1],
        [3, 2],
        [1, 1],
        [3, 2],
      ]),
    ).toBe('stagnation')
  })
})

describe('expectedGain', () => {
  test('is about what a further random trial gains on average', () => {
    const random = seededRandom(5)
    const draw = () => Math.log(1 - random.next())
    let [expected, gained] = [0, 0]
    for (let i = 0; i < 400; i++) {
      const losses = Array.from({ length: 50 }, draw)
      const best = Math.min(...losses)
      expected += expectedGain({ objectives, limits: [], finished: told(losses) })
      for (let k = 0; k < 50; k++) gained += Math.max(0, best - draw()) / 50
    }
    expect(expected / gained).toBeGreaterThan(0.8)
    expect(expected / gained).toBeLessThan(1.25)
  })

  test('expects everything of fewer than ten trials, and nothing of trials that are all alike', () => {
    const of = (losses: readonly number[]) => expectedGain({ objectives, limits: [], finished: told(losses) })
    expect(of(new Array(9).fill(1))).toBe(Number.POSITIVE_INFINITY)
    expect(of(new Array(10).fill(1))).toBe(0)
  })
})
