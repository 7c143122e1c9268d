import { describe, expect, test } from 'vitest'
import { randomSampler } from '../samplers/random.ts'
import { permutation, subset } from '../space/list-variable.ts'
import { space } from '../space/space.ts'
import { choice, float, int } from '../space/variable.ts'
import { createStudy } from './open-study.ts'

const tuning = space({
  model: choice(['small', 'large', 'huge']),
  rate: float({ min: 0, max: 1 }),
  n: int({ min: 0, max: 9 }),
})
const options = { id: 'triage', space: tuning, objectives: { accuracy: 'max', costUsd: 'min' }, seed: 1 } as const

type Config = { readonly model: string; readonly rate: number; readonly n: number }

/** A study that was told of these configurations. */
async function told(
  configs: readonly Config[],
  measure: (config: Config, number: number) => number,
  given: object = {},
) {
  const study = createStudy({ ...options, ...given, enqueue: configs as never })
  for await (const trial of study.trials({ budget: configs.length })) {
    trial.tell({ accuracy: measure(trial.config, trial.number), costUsd: trial.config.rate })
  }
  return study
}

const grid = Array.from({ length: 40 }, (_, i) => ({
  model: i % 2 ? 'small' : 'large',
  rate: (i % 20) / 50,
  n: i % 10,
}))

describe('explain', () => {
  test('tells sampler, best, runner-up, what matters, what was not explored, and counts', async () => {
    const study = await told(grid, ({ model, rate }) => (model === 'large' ? 0.8 : 0.4) - (rate - 0.2) ** 2)
    const { text, ...data } = study.explain()
    expect(data).toMatchObject({ complete: 40, failed: 0, pruned: 0, pending: 0 })
    expect(data.sampler).toContain('adaptive uses a Gaussian process: 40 complete trials')
    expect(data.best).toEqual(study.best())
    expect(data.runnerUp?.config).not.toEqual(data.best?.config)
    expect(data.importance).toEqual(study.importance())
    expect(data.unexplored).toEqual([
      { variable: 'model', what: 'choices', values: ['huge'] },
      { variable: 'rate', what: 'range', values: [0.38, 1] },
    ])
    expect(text.split('\n')).toEqual([
      'study "triage": 40 complete, 0 failed, 0 pruned and 0 pending trials.',
      'Search: adaptive uses a Gaussian process: 40 complete trials are few enough to model, and it proposes where they promise most by expected hypervolume improvement.',
      expect.stringMatching(/^Best: trial \d+, \{"model":"large".*accuracy 0\.\d+, costUsd 0\.\d+\.$/),
      expect.stringMatching(/^Runner-up: trial \d+, .*(a tie, for what was measured|clearly behind)\.$/),
      expect.stringMatching(/^What matters most for accuracy: model \(\d+ %\)/),
      'Not explored: model huge; rate between 0.38 and 1.',
    ])
  })

  test('says by what the next trial is proposed where the sampler can', async () => {
    const sampler = {
      ...randomSampler(),
      explain: ({ finished }: { readonly finished: readonly unknown[] }) =>
        `after ${finished.length} trials anything goes.`,
    }
    const study = await told(grid.slice(0, 3), () => 1, { sampler })
    expect(study.explain().text).toContain('Search: after 3 trials anything goes.\n')
  })

  test('calls a tie a tie, and what is far behind behind', async () => {
    const noisy = await told(grid, (_, number) => 0.5 + ((number * 37) % 11) / 50)
    expect(noisy.explain()).toMatchObject({ tie: true })
    expect(noisy.explain().text).toContain(': a tie, for what was measured.')
    const sure = await told(grid.slice(0, 2), ({ model }) => (model === 'large' ? 1 : 0))
    expect(sure.explain().runnerUp).toBeDefined()
  })

  test('puts a lucky trial down to luck', async () => {
    const study = await told(
      [...grid, ...grid],
      ({ model, rate }, number) =>
        (model === 'large' ? 0.8 : 0.4) - (rate - 0.2) ** 2 + (number === 1 ? 0.9 : ((number * 29) % 13) / 50),
    )
    expect(study.observedBest()?.number).toBe(1)
    expect(study.best()?.config.model).toBe('large')
    expect(study.explain().text).toMatch(
      /^Best: .* with accuracy 0\.\d+ \(95 % between .* and .*\), costUsd 0\.\d+\.$/m,
    )
    expect(study.explain().text).toMatch(
      /^Trial 1 was observed to be better \(accuracy 1\.\d+, not 0\.\d+\); the model takes it for luck\.$/m,
    )
  })

  test('has something to say of a study without trials, of failed ones alone, and of broken limits', async () => {
    const empty = createStudy(options)
    expect(empty.explain()).toMatchObject({
      best: undefined,
      runnerUp: undefined,
      tie: false,
      unexplored: [],
      importance: [],
    })
    expect(empty.explain().text).toContain('Best: nothing yet, since no trial is complete.')
    for await (const trial of empty.trials({ budget: 3 })) trial.fail(new Error('no'))
    expect(empty.explain()).toMatchObject({ complete: 0, failed: 3, best: undefined })
    const kept = await told(grid.slice(0, 9), () => 1, { limits: [{ name: 'costUsd', atMost: 9 }] })
    expect(kept.explain().text).toContain('It keeps the limits with probability 100 %.')
    const limited = await told(grid.slice(0, 4), () => 1, { limits: [{ name: 'costUsd', atMost: -1 }] })
    expect(limited.best()).toBeUndefined()
    expect(limited.front()).toEqual([])
    expect(limited.explain().text).toContain('Best: none of the 4 complete trials keeps the limit.')
  })
})

test('what was not explored is what no trial had: nothing lies between steps that are next to each other', async () => {
  const orders = [['a', 'b', 'c'] as const, ['c', 'b', 'a'] as const]
  const enqueue = [1, 2, 3, 4, 5].map((k) => ({ k, flag: k % 2, wide: k, fixed: 2, order: orders[k % 2] ?? [] }))
  const study = createStudy({
    space: space({
      k: int(1, 5),
      flag: int(0, 1),
      wide: int(1, 512, { log: true }),
      fixed: int(2, 2),
      order: permutation(['a', 'b', 'c']),
    }),
    objectives: { loss: 'min' },
    enqueue,
  })
  await study.run(({ config }) => config.k, { budget: 5 })
  // The middle place of "c" was not tried, and no wide value above 5.
  expect(study.explain().unexplored).toEqual([
    { variable: 'wide', what: 'range', values: [5, 512] },
    { variable: 'order[c]', label: 'place of c in order', what: 'range', values: [0, 2] },
  ])
  expect(study.explain().text).toContain('place of c in order between 0 and 2')
})

describe('best and front', () => {
  test('are fitted once for as long as no other trial ends', async () => {
    const study = await told(grid, ({ rate }) => rate)
    expect(study.best()).toBe(study.best())
    const before = study.best()
    const { number } = study.ask()
    await study.tell(number, { values: { accuracy: 2, costUsd: 0 } })
    expect(study.best()).not.toBe(before)
  })

  test('give trials as they were asked where the space has lists', async () => {
    const lists = space({ tools: subset(['a', 'b', 'c']), rate: float({ min: 0, max: 1 }) })
    const study = createStudy({ space: lists, objectives: { loss: 'min' } })
    for await (const trial of study.trials({ budget: 15 })) trial.tell(trial.config.tools.length + trial.config.rate)
    expect(Array.isArray(study.best()?.config.tools)).toBe(true)
    expect(study.finished).toContainEqual(expect.objectContaining({ config: study.best()?.config }))
    expect(study.explain().runnerUp?.config.tools).toBeInstanceOf(Array)
  })
})
