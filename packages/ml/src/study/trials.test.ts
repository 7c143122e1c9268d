import { collectTelemetry, settled, virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { medianPruner } from '../pruners/median.ts'
import { randomSampler } from '../samplers/random.ts'
import { defineSpace } from '../space/group.ts'
import { moduleChoice } from '../space/named-choice.ts'
import { space } from '../space/space.ts'
import { bool, choice, float, int } from '../space/variable.ts'
import { memoryJournal } from '../testing/index.ts'
import type { LoopTrial } from './loop-trial.ts'
import { createStudy } from './open-study.ts'
import { repeatsMax } from './repeated-outcome.ts'
import { runStudy } from './run-study.ts'

const line = space({ x: float({ min: -5, max: 5 }), n: int({ min: 0, max: 9 }) })
const options = { space: line, objectives: { loss: 'min' }, seed: 3 } as const
const lossOf = ({ config }: { readonly config: { readonly x: number; readonly n: number } }) =>
  (config.x - 1) ** 2 + config.n

test('the example of the documentation works to the letter', async () => {
  const [predict, chainOfThought, programOfThought] = [() => 1, () => 2, () => 3]
  const space = defineSpace({
    adapter: choice(['json', 'markdown', 'chat']),
    reasoning: moduleChoice({ predict, chainOfThought, programOfThought }),
    temperature: float(0, 1.5),
    demos: int(0, 8, { when: { reasoning: ['predict', 'chainOfThought'] } }),
  }).constrain(
    'program of thought needs a code model',
    (c) => c.reasoning !== 'programOfThought' || c.adapter !== 'chat',
  )
  interface Measured {
    accuracy: number
    costUsd: number
    latencyMs: number
  }
  const evaluate = async (config: { readonly temperature: number; readonly adapter: string }): Promise<Measured> => ({
    accuracy: 0.8 - (config.temperature - 0.4) ** 2,
    costUsd: config.temperature,
    latencyMs: config.adapter === 'json' ? 100 : 200,
  })

  const study = createStudy({ space, objectives: { accuracy: 'max', costUsd: 'min', latencyMs: 'min' }, seed: 7 })
  for await (const trial of study.trials({ budget: 60, parallel: 8 })) trial.tell(await evaluate(trial.config))

  expect(study.finished).toHaveLength(60)
  const [low, high] = study.best()?.expected.accuracy?.ci95 ?? [Number.NaN, Number.NaN]
  expect(low).toBeLessThanOrEqual(high)
  expect(study.best()?.config.temperature).toBeCloseTo(0.4, 0)
  expect(study.front().length).toBeGreaterThan(1)
  expect(study.importance()[0]?.variable).toBe('temperature')
  expect(study.explain().text).toContain('What matters most for accuracy: temperature')
})

describe('types', () => {
  test('tell wants the objectives by name, and takes what else was measured', () => {
    const typed = (trial: LoopTrial<object, 'accuracy' | 'costUsd'>, one: LoopTrial<object, 'loss'>) => {
      trial.tell({ accuracy: 1, costUsd: 2 })
      trial.tell({ accuracy: 1, costUsd: 2, tokens: 3 })
      trial.tell({ values: { accuracy: 1, costUsd: 2, tokens: 3 }, attributes: ['a'] })
      one.tell(1)
      one.tell({ loss: 1 })
      // @ts-expect-error costUsd is missing
      trial.tell({ accuracy: 1 })
      // @ts-expect-error a misspelt name
      trial.tell({ acuracy: 1, costUsd: 2 })
      // @ts-expect-error a bare number is not enough for two
      trial.tell(1)
      // @ts-expect-error values are numbers
      trial.tell({ accuracy: 1, costUsd: 2, tokens: 'many' })
      // @ts-expect-error loss is missing in an outcome too
      one.tell({ values: { los: 1 } })
    }
    expect(typed).toBeTypeOf('function')
    const study = createStudy({ space: line, objectives: [{ name: 'loss', direction: 'minimise' }] })
    expectTypeOf(study.ask().config).toEqualTypeOf<{ readonly x: number; readonly n: number }>()
    // @ts-expect-error the list form is typed as well
    const refused = () => study.tell(0, { values: { los: 1 } })
    expect(refused).toBeTypeOf('function')
    // @ts-expect-error no such direction
    expect(() => createStudy({ space: line, objectives: { loss: 'down' } })).toThrow('max, maximise, min, minimise')
  })
})

describe('a body that awaits', () => {
  test('goes one by one and asks each trial knowing all before, whatever `parallel` is', async () => {
    const study = createStudy(options)
    const pending: number[] = []
    for await (const trial of study.trials({ budget: 12, parallel: 8 })) {
      pending.push(study.pending.length)
      await settled()
      trial.tell(lossOf(trial))
    }
    expect(pending).toEqual(Array.from({ length: 12 }, () => 1))
    expect(study.finished.map(({ number }) => number)).toEqual([...Array(12).keys()])
  })

  test('lets signals be seen though it never waits itself', async () => {
    const study = createStudy({ ...options, sampler: randomSampler() })
    const stop = new AbortController()
    setImmediate(() => setImmediate(() => stop.abort(new Error('enough'))))
    const loop = async () => {
      for await (const trial of study.trials({ budget: 10_000, signal: stop.signal })) trial.tell(lossOf(trial))
    }
    await expect(loop()).rejects.toThrow('enough')
    expect(study.finished.length).toBeLessThan(100)
  })
})

describe('a body that goes on', () => {
  /** Takes all that the loop gives without ending any; `give` resolves when it waits or has ended. */
  function taker(study: ReturnType<typeof createStudy<typeof line.variables, { loss: 'min' }>>, given: object = {}) {
    const open: LoopTrial<{ readonly x: number; readonly n: number }, 'loss'>[] = []
    let most = 0
    const over = (async () => {
      for await (const trial of study.trials({ budget: 9, parallel: 3, ...given })) {
        open.push(trial)
        most = Math.max(most, open.length)
      }
      return 'over'
    })()
    over.catch(() => {})
    const rest = async () => {
      for (let i = 0; i < 6; i++) await settled()
    }
    return {
      open,
      over,
      rest,
      most: () => most,
      async tell(at: number) {
        const [trial] = open.splice(at, 1)
        if (trial) void trial.tell(lossOf(trial))
        await rest()
      },
    }
  }

  test('has `parallel` under way and never more, and ends when all are told', async () => {
    const study = createStudy(options)
    const hand = taker(study)
    await hand.rest()
    expect(hand.open.map(({ number }) => number)).toEqual([0, 1, 2])
    await hand.tell(1)
    expect(hand.open.map(({ number }) => number)).toEqual([0, 2, 3])
    let over = false
    void hand.over.then(() => {
      over = true
    })
    for (let i = 0; i < 7; i++) await hand.tell(0)
    expect([over, study.finished.length, study.pending.length]).toEqual([false, 8, 1])
    await hand.tell(0)
    expect([over, study.finished.length, hand.most()]).toEqual([true, 9, 3])
  })

  test('is not over before what was told is durable', async () => {
    const journal = memoryJournal()
    const hand = taker(createStudy({ ...options, journal }), { budget: 1 })
    await hand.rest()
    journal.hold()
    let over = false
    void hand.over.then(() => {
      over = true
    })
    await hand.tell(0)
    expect(over).toBe(false)
    await journal.flush()
    await hand.rest()
    expect(over).toBe(true)
  })

  test('an abort ends the waiting with its reason, tells the trials, and leaves them pending', async () => {
    const study = createStudy(options)
    const stop = new AbortController()
    const hand = taker(study, { signal: stop.signal })
    await hand.rest()
    stop.abort(new Error('Ctrl-C'))
    await expect(hand.over).rejects.toThrow('Ctrl-C')
    expect(hand.open.every(({ signal }) => signal.aborted)).toBe(true)
    expect(study.pending.map(({ number }) => number)).toEqual([0, 1, 2])
    await hand.tell(1)
    expect(study.finished.map(({ number }) => number)).toEqual([1])
    expect([study.ask(), study.ask()].map(({ number }) => number)).toEqual([0, 2])
  })

  test('a signal that has aborted gives no trial', async () => {
    const study = createStudy(options)
    const hand = taker(study, { signal: AbortSignal.abort(new Error('too late')) })
    await expect(hand.over).rejects.toThrow('too late')
    expect(study.pending).toEqual([])
  })

  test('a trial that nobody tells fails when its time and grace are over, and the loop goes on', async () => {
    const clock = virtualClock()
    const study = createStudy({ ...options, clock })
    const hand = taker(study, { parallel: 1, budget: 2, trialTimeoutMs: 1_000, graceMs: 100 })
    await hand.rest()
    await clock.advance(999)
    expect(hand.open[0]?.signal.aborted).toBe(false)
    await clock.advance(100)
    expect([hand.open[0]?.signal.aborted, study.finished.length]).toEqual([true, 0])
    await clock.advance(1)
    await hand.rest()
    expect(study.finished[0]).toMatchObject({ state: 'failed', error: { code: 'ml/trial-timeout' } })
    await hand.tell(0)
    expect(study.finished).toHaveLength(1)
    await hand.tell(0)
    expect(await hand.over).toBe('over')
    expect(clock.pendingTimers).toBe(0)
  })

  test('workers that share the trials have so many under way, and end together', async () => {
    const study = createStudy(options)
    const trials = study.trials({ budget: 30, parallel: 4 })
    let [busy, most] = [0, 0]
    const worker = async () => {
      let count = 0
      for await (const trial of trials) {
        most = Math.max(most, ++busy)
        await settled()
        busy--
        await trial.tell(lossOf(trial))
        count++
      }
      return count
    }
    const counts = await Promise.all([worker(), worker(), worker(), worker(), worker()])
    expect(counts.reduce((sum, count) => sum + count)).toBe(30)
    expect(most).toBe(4)
  })

  test('trials that the study itself ended make room too', async () => {
    const study = createStudy(options)
    for await (const trial of study.trials({ budget: 5 }))
      await study.tell(trial.number, { values: { loss: lossOf(trial) } })
    expect(study.finished).toHaveLength(5)
  })
})

describe('a loop that is left', () => {
  test('leaves its trials pending, and the next loop begins with them', async () => {
    const study = createStudy(options)
    const seen: number[] = []
    const left: LoopTrial[] = []
    for await (const trial of study.trials({ budget: 9, parallel: 3 })) {
      left.push(trial as unknown as LoopTrial)
      if (left.length === 3) break
    }
    const thrown = async () => {
      for await (const { number } of study.trials({ budget: 9, parallel: 3 }))
        throw new Error(`in the body of ${number}`)
    }
    await expect(thrown()).rejects.toThrow('in the body of 0')
    expect(study.pending.map(({ number }) => number)).toEqual([0, 1, 2])
    for await (const trial of study.trials({ budget: 9 })) {
      seen.push(trial.number)
      if (trial.number === 1) await left[1]?.tell({ loss: 77 })
      await trial.tell(lossOf(trial))
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    expect(study.finished.find(({ number }) => number === 1)?.values.loss).toBe(77)
    await expect(left[1]?.tell({ loss: 78 })).rejects.toMatchObject({ code: 'ml/trial-already-told' })
    await expect(left[2]?.tell({ loss: 78 })).resolves.toBeUndefined()
  })

  test('cancels its timers and forgets the signal', async () => {
    const clock = virtualClock()
    const stop = new AbortController()
    const trials = createStudy({ ...options, clock }).trials({ budget: 9, parallel: 2, signal: stop.signal })
    const first = await trials.next()
    expect(clock.pendingTimers).toBe(1)
    await trials[Symbol.asyncDispose]()
    await trials.return()
    expect(clock.pendingTimers).toBe(0)
    stop.abort(new Error('later'))
    expect(await trials.next()).toEqual({ done: true, value: undefined })
    expect(first.value?.signal.aborted).toBe(false)
  })
})

describe('what is told', () => {
  test('a value that is not finite makes a failed trial, and failuresMax is the limit', async () => {
    const study = createStudy(options)
    for await (const trial of study.trials({ budget: 4, failuresMax: 4 })) {
      trial.tell(trial.number % 2 ? Number.NaN : lossOf(trial))
    }
    expect(study.finished.map(({ state }) => state)).toEqual(['complete', 'failed', 'complete', 'failed'])
    expect(study.finished[1]?.error).toMatchObject({ code: 'ml/invalid-value', data: { name: 'loss' } })
    const failing = async (failuresMax: number) => {
      const other = createStudy(options)
      for await (const trial of other.trials({ budget: 5, failuresMax })) trial.fail(new Error(`no ${trial.number}`))
      return other.finished.length
    }
    expect(await failing(5)).toBe(5)
    await expect(failing(4)).rejects.toMatchObject({ code: 'ml/too-many-failures', data: { failed: 5 } })
  })

  test('in any wrong shape is a failed trial and no lost loop', async () => {
    const wrong = [
      undefined,
      null,
      'high',
      {},
      { values: null },
      { values: {} },
      [1],
      { loss: '3' },
      { loss: Infinity },
    ]
    const study = createStudy(options)
    for await (const trial of study.trials({ budget: wrong.length })) void trial.tell(wrong[trial.number] as never)
    expect(study.finished.map(({ error }) => error?.code)).toEqual(wrong.map(() => 'ml/invalid-value'))
  })

  test('twice is fine when it is the same and refused when not', async () => {
    const study = createStudy(options)
    for await (const trial of study.trials({ budget: 1 })) {
      await trial.tell(1)
      await trial.tell({ loss: 1 })
      await expect(trial.tell(2)).rejects.toMatchObject({ code: 'ml/trial-already-told' })
      await expect(trial.fail(new Error('late'))).rejects.toMatchObject({ code: 'ml/trial-already-told' })
    }
    expect(study.finished).toHaveLength(1)
  })

  test('and not awaited still ends the loop when the journal fails', async () => {
    const journal = memoryJournal()
    const study = createStudy({ ...options, journal })
    const loop = async () => {
      for await (const trial of study.trials({ budget: 100 })) {
        if (trial.number === 3) journal.break(new Error('disk full'))
        trial.tell(lossOf(trial))
      }
    }
    await expect(loop()).rejects.toMatchObject({ code: 'ml/study-failed' })
    expect(study.finished.length).toBeLessThan(6)
  })

  test('a pruned trial needs no other end', async () => {
    const telemetry = collectTelemetry()
    const pruner = medianPruner({ startupTrials: 1, warmupSteps: 0 })
    const study = createStudy({ ...options, objectives: { loss: 'min' }, pruner, telemetry })
    for await (const trial of study.trials({ budget: 6 })) {
      const { prune } = trial.report(1, trial.number)
      expect(trial.signal.aborted).toBe(prune)
      if (trial.number === 4) await trial.tell(lossOf(trial))
      else if (trial.number === 5) await trial.prune('by hand')
      else if (!prune) await trial.tell(lossOf(trial))
    }
    expect(study.finished.map(({ state }) => state)).toContain('pruned')
    expect(study.finished).toHaveLength(6)
    expect(study.finished[4]?.state).toBe('pruned')
    expect(telemetry.named('ml.trial-pruned').length).toBeGreaterThan(1)
  })
})

describe('ends', () => {
  const tiny = space({ a: bool(), b: bool() })

  test('with the budget, earlier trials counted, by exhaustion or by a stop, and says why', async () => {
    const study = createStudy({ space: tiny, objectives: { loss: 'min' } })
    const loop = async (given: object) => {
      const trials = study.trials({ budget: 100, ...given })
      for await (const trial of trials) trial.tell({ loss: 1, usd: 2 })
      return [trials.ended, study.finished.length]
    }
    expect(await loop({ budget: 2 })).toEqual(['budget', 2])
    expect(await loop({ budget: 3 })).toEqual(['budget', 3])
    expect(await loop({})).toEqual(['exhausted', 4])
    expect(new Set(study.finished.map(({ config }) => JSON.stringify(config))).size).toBe(4)
    expect(await loop({ duplicates: true, stops: { cost: { name: 'usd', max: 12 } } })).toEqual(['cost', 6])
    expect(await loop({ duplicates: true, budget: 7 })).toEqual(['budget', 7])
  })

  test('a finite space is not asked anew for what another loop left pending', async () => {
    const study = createStudy({ space: tiny, objectives: { loss: 'min' } })
    study.ask()
    for await (const trial of study.trials({ budget: 100, parallel: 2 })) trial.tell(1)
    expect(study.finished.map(({ number }) => number)).toEqual([1, 2, 3])
  })

  test('refuses impossible options at once', () => {
    const study = createStudy(options)
    const trials = (given: object) => () => study.trials({ budget: 1, ...given })
    expect(trials({ budget: -1 })).toThrow('trials: budget: expected an integer from 0')
    expect(trials({ parallel: 0 })).toThrow('trials: parallel: expected an integer from 1 to 10000')
    expect(trials({ paralel: 2 })).toThrow('did you mean "parallel"?')
    expect(trials({ repeats: 0 })).toThrow('trials: repeats')
    expect(trials({ repeats: repeatsMax + 1 })).toThrow('trials: repeats')
    expect(trials({ repeats: repeatsMax })).not.toThrow()
    expect(trials({ stops: { timeMs: -1 } })).toThrow('trials: stops: timeMs')
    expect(() => study.trials(undefined as never)).toThrow('trials: options: expected an object')
  })
})

describe('repeats', () => {
  test('measure each configuration so often, with seeds of their own, and keep the mean and its standard error', async () => {
    const study = createStudy(options)
    const seeds = new Set<number>()
    for await (const trial of study.trials({ budget: 3, repeats: 4, parallel: 2 })) {
      seeds.add(trial.seed)
      await trial.tell({ loss: trial.number + trial.repeat, ...(trial.repeat > 0 && { ms: 1 }) })
    }
    expect(seeds.size).toBe(12)
    expect(study.finished.map(({ values }) => values)).toEqual([{ loss: 1.5 }, { loss: 2.5 }, { loss: 3.5 }])
    const standardError = Math.sqrt(5 / 3 / 4)
    expect(study.finished[0]?.repeated).toEqual({
      times: 4,
      standardErrors: { loss: expect.closeTo(standardError, 12) },
    })
  })

  test('are kept in the journal, as are attributes in their order', async () => {
    const journal = memoryJournal()
    const study = createStudy({ ...options, journal })
    await study.run(({ seed }) => ({ values: { loss: 1 }, attributes: seed }), { budget: 2, repeats: 3, parallel: 2 })
    const again = createStudy({ ...options, journal: journal.reopened() })
    expect(again.finished).toEqual(study.finished)
    expect(again.finished[0]).toMatchObject({ repeated: { times: 3, standardErrors: { loss: 0 } } })
    expect(again.finished[0]?.attributes).toHaveLength(3)
  })

  test('end with the first that fails, and the others count for nothing', async () => {
    const study = createStudy(options)
    const handed: string[] = []
    const late: LoopTrial<unknown, 'loss'>[] = []
    for await (const trial of study.trials({ budget: 2, repeats: 3, parallel: 2 })) {
      handed.push(`${trial.number}/${trial.repeat}`)
      if (trial.number === 1) await trial.tell(1)
      else if (trial.repeat === 0) late.push(trial)
      else {
        await trial.fail(new Error('broken'))
        expect(late[0]?.signal.aborted).toBe(true)
        await late[0]?.tell(3)
      }
    }
    expect(handed).toEqual(['0/0', '0/1', '1/0', '1/1', '1/2'])
    expect(study.finished.map(({ state }) => state)).toEqual(['failed', 'complete'])
  })
})

describe('deterministic', () => {
  /** Runs 20 trials on three at once; which open one ends next is `pick`'s choice. */
  async function looped(pick: (open: number, step: number) => number, deterministic: boolean) {
    const study = createStudy(options)
    const open: LoopTrial<{ readonly x: number; readonly n: number }, 'loss'>[] = []
    let over = false
    const loop = (async () => {
      for await (const trial of study.trials({ budget: 20, parallel: 3, deterministic })) open.push(trial)
      over = true
    })()
    for (let step = 0; !over; step++) {
      for (let i = 0; i < 4; i++) await settled()
      const [trial] = open.splice(pick(open.length, step), 1)
      if (trial) void trial.tell(lossOf(trial))
    }
    await loop
    return study.finished.map(({ number, config }) => ({ number, config }))
  }

  test('makes the same trials in the same order whatever ends first, and those that runStudy makes', async () => {
    const [oldest, newest] = [await looped(() => 0, true), await looped((open) => open - 1, true)]
    const mixed = await looped((open, step) => (step * 7) % Math.max(1, open), true)
    expect(newest).toEqual(oldest)
    expect(mixed).toEqual(oldest)
    const run = createStudy(options)
    await run.run(lossOf, { budget: 20, parallel: 3, deterministic: true })
    expect(run.finished.map(({ number, config }) => ({ number, config }))).toEqual(oldest)
    expect(await looped((open) => open - 1, false)).not.toEqual(oldest)
  })

  test('a body that awaits each tell is not held up, and makes the same trials', async () => {
    const study = createStudy(options)
    for await (const trial of study.trials({ budget: 20, parallel: 3, deterministic: true })) {
      await trial.tell(lossOf(trial))
    }
    expect(study.finished.map(({ number, config }) => ({ number, config }))).toEqual(await looped(() => 0, true))
  })

  test('a result that waits for its turn when the loop is left is not told, and says so', async () => {
    const study = createStudy(options)
    const open: LoopTrial<unknown, 'loss'>[] = []
    for await (const trial of study.trials({ budget: 9, parallel: 3, deterministic: true })) {
      open.push(trial)
      if (open.length === 3) break
      if (open.length === 2) void trial.tell(1)
    }
    await expect(open[1]?.tell(1)).rejects.toMatchObject({ code: 'ml/out-of-turn', data: { trial: 1 } })
    await expect(open[0]?.tell(1)).rejects.toMatchObject({ code: 'ml/out-of-turn' })
    expect(study.finished).toEqual([])
    expect(study.pending).toHaveLength(3)
  })
})

describe('run', () => {
  test('runs so many at once in this process, and takes bare values', async () => {
    let [running, most] = [0, 0]
    const study = createStudy(options)
    const report = await study.run(
      async (trial) => {
        most = Math.max(most, ++running)
        await settled()
        running--
        return lossOf(trial)
      },
      { budget: 20, parallel: 4 },
    )
    expect(report).toMatchObject({ ended: 'budget', complete: 20 })
    expect(most).toBe(4)
    await expect(study.run(lossOf, { budget: 1, paralel: 1 } as never)).rejects.toThrow('run: unknown option "paralel"')
  })

  test('an aborted run is gone on with by the next, in this process too', async () => {
    const study = createStudy(options)
    const stop = new AbortController()
    const running = study.run(
      async (trial) => {
        if (trial.number === 4) stop.abort(new Error('stop'))
        await settled()
        return lossOf(trial)
      },
      { budget: 9, parallel: 3, signal: stop.signal },
    )
    await expect(running).rejects.toThrow('stop')
    const whole = await runStudy(
      study,
      { slots: 2, run: async (trial) => ({ values: { loss: lossOf(trial) } }) },
      { budget: 9 },
    )
    expect(whole.complete).toBe(9)
    expect(study.finished.map(({ number }) => number).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
  })
})

test('a thousand studies live in one process, interleaved', async () => {
  const studies = Array.from({ length: 1_000 }, (_, seed) =>
    createStudy({ ...options, id: `study ${seed}`, seed, sampler: randomSampler() }),
  )
  await Promise.all(
    studies.map(async (study) => {
      for await (const trial of study.trials({ budget: 5, parallel: 2 })) trial.tell(lossOf(trial))
    }),
  )
  expect(studies.every((study) => study.finished.length === 5)).toBe(true)
  expect(new Set(studies.map((study) => study.finished[0]?.config.x)).size).toBe(1_000)
})
