import { type Json, MabeamError } from '@mabeam/foundation'
import { collectTelemetry, settled, virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { type Executor, inlineExecutor } from '../executor.ts'
import { randomSampler } from '../samplers/random.ts'
import { type Config, space } from '../space/space.ts'
import { bool, float, int } from '../space/variable.ts'
import { memoryJournal } from '../testing/index.ts'
import type { Trial } from '../trial.ts'
import { openStudy } from './open-study.ts'
import type { StudyProgress } from './progress.ts'
import { runStudy } from './run-study.ts'
import type { Study } from './study.ts'
import type { TrialOutcome } from './trial-outcome.ts'

const line = space({ x: float({ min: -5, max: 5 }), n: int({ min: 0, max: 9 }) })
const objectives = [{ name: 'loss', direction: 'minimise' }] as const
const options = { id: 'run', space: line, objectives, seed: 3 }

const lossOf = ({ config }: Trial): TrialOutcome => ({
  values: { loss: ((config.x as number) - 1) ** 2 + (config.n as number) },
})

/** An executor whose trials end when the test says so. */
function manual(slots: number) {
  const waiting = new Map<number, { readonly trial: Trial; readonly end: PromiseWithResolvers<TrialOutcome> }>()
  const executor: Executor = {
    slots,
    run(trial, signal) {
      const end = Promise.withResolvers<TrialOutcome>()
      waiting.set(trial.number, { trial, end })
      signal.addEventListener('abort', () => end.reject(signal.reason))
      return end.promise
    },
  }
  const take = (number: number) => {
    const one = waiting.get(number)
    if (!one) throw new Error(`trial ${number} is not running`)
    waiting.delete(number)
    return one
  }
  return {
    executor,
    running: () => [...waiting.keys()].sort((a, b) => a - b),
    async complete(number: number) {
      const { trial, end } = take(number)
      end.resolve(lossOf(trial))
      await settled()
    },
    async fail(number: number, error: unknown) {
      take(number).end.reject(error)
      await settled()
    },
  }
}

const configsOf = (study: { readonly finished: readonly { number: number; config: Config }[] }) =>
  [...study.finished].sort((a, b) => a.number - b.number).map(({ config }) => config)

describe('runStudy', () => {
  test('runs the budget and reports', async () => {
    const study = await openStudy(options)
    const report = await runStudy(study, inlineExecutor(lossOf), { budget: 30 })
    expect(report).toMatchObject({ id: 'run', ended: 'budget', trials: 30, complete: 30, failed: 0, trialsThisRun: 30 })
    expect(report.observedBest?.values.loss).toBe(
      Math.min(...study.finished.map(({ values }) => values.loss as number)),
    )
    expect(report.observedFront).toEqual([report.observedBest])
  })

  test('keeps every slot busy and never more', async () => {
    const hand = manual(3)
    const study = await openStudy(options)
    const running = runStudy(study, hand.executor, { budget: 5 })
    expect(hand.running()).toEqual([0, 1, 2])
    await hand.complete(1)
    expect(hand.running()).toEqual([0, 2, 3])
    await hand.complete(2)
    await hand.complete(3)
    expect(hand.running()).toEqual([0, 4])
    await hand.complete(4)
    await hand.complete(0)
    expect((await running).trials).toBe(5)
  })

  test('counts trials of earlier runs in the budget', async () => {
    const study = await openStudy(options)
    await runStudy(study, inlineExecutor(lossOf), { budget: 4 })
    expect((await runStudy(study, inlineExecutor(lossOf), { budget: 6 })).trialsThisRun).toBe(2)
    expect((await runStudy(study, inlineExecutor(lossOf), { budget: 6 })).trialsThisRun).toBe(0)
  })

  test('with one slot an interrupted and resumed study makes the trials of an uninterrupted one', async () => {
    const whole = await openStudy(options)
    await runStudy(whole, inlineExecutor(lossOf), { budget: 25 })
    const journal = memoryJournal()
    const first = await openStudy({ ...options, journal })
    const controller = new AbortController()
    const reason = new Error('Ctrl-C')
    const onProgress = ({ trials }: StudyProgress) => trials === 12 && controller.abort(reason)
    const { signal } = controller
    await expect(runStudy(first, inlineExecutor(lossOf), { budget: 25, signal, onProgress })).rejects.toBe(reason)
    const second = await openStudy({ ...options, journal: journal.reopened() })
    expect(second.finished.length).toBeGreaterThanOrEqual(12)
    await runStudy(second, inlineExecutor(lossOf), { budget: 25 })
    expect(configsOf(second)).toEqual(configsOf(whole))
  })

  test('stops when a finite space is exhausted, and goes on with duplicates', async () => {
    const small = space({ a: bool(), b: bool() })
    const loss = () => ({ values: { loss: 1 } })
    const study = await openStudy({ ...options, space: small })
    expect(await runStudy(study, inlineExecutor(loss, { slots: 3 }), { budget: 9 })).toMatchObject({
      ended: 'exhausted',
      trials: 4,
    })
    expect(await runStudy(study, inlineExecutor(loss), { budget: 9, duplicates: true })).toMatchObject({
      ended: 'budget',
      trials: 9,
    })
  })

  test('refuses impossible options before it asks', async () => {
    const study = await openStudy(options)
    await expect(runStudy(study, inlineExecutor(lossOf), { budget: -1 })).rejects.toThrow(
      'runStudy: budget: expected an integer from 0',
    )
    await expect(runStudy(study, { ...inlineExecutor(lossOf), slots: 0 }, { budget: 1 })).rejects.toThrow(
      'executor: slots',
    )
    await expect(runStudy(study, inlineExecutor(lossOf), { budget: 1, signal: AbortSignal.abort('no') })).rejects.toBe(
      'no',
    )
    expect(study.pending).toEqual([])
  })
})

describe('cancellation', () => {
  test('leaves running trials pending, and they are the first of the next run', async () => {
    const hand = manual(2)
    const journal = memoryJournal()
    const study = await openStudy({ ...options, journal })
    const controller = new AbortController()
    const running = runStudy(study, hand.executor, { budget: 9, signal: controller.signal })
    await hand.complete(0)
    controller.abort(new Error('stop'))
    await expect(running).rejects.toThrow('stop')
    expect(study.finished.map(({ number }) => number)).toEqual([0])
    const resumed = await openStudy({ ...options, journal: journal.reopened() })
    expect(resumed.pending).toEqual(study.pending)
    expect([resumed.ask(), resumed.ask()]).toEqual(study.pending)
  })

  test('keeps the result of a trial that ends in spite of it', async () => {
    const study = await openStudy(options)
    const controller = new AbortController()
    const started = Promise.withResolvers<void>()
    const end = Promise.withResolvers<TrialOutcome>()
    const executor: Executor = {
      slots: 1,
      run: () => {
        started.resolve()
        return end.promise
      },
    }
    const running = runStudy(study, executor, { budget: 5, signal: controller.signal })
    await started.promise
    controller.abort(new Error('stop'))
    end.resolve({ values: { loss: 2 } })
    await expect(running).rejects.toThrow('stop')
    expect(study.finished).toHaveLength(1)
  })

  test('waits graceMs for a deaf executor and not longer', async () => {
    const clock = virtualClock()
    const study = await openStudy({ ...options, clock })
    const controller = new AbortController()
    const deaf: Executor = { slots: 1, run: () => new Promise(() => {}) }
    let over = false
    const running = runStudy(study, deaf, { budget: 5, signal: controller.signal, graceMs: 100 }).finally(() => {
      over = true
    })
    running.catch(() => {})
    controller.abort(new Error('stop'))
    await clock.advance(99)
    expect(over).toBe(false)
    await clock.advance(1)
    await expect(running).rejects.toThrow('stop')
    expect(study.pending).toHaveLength(1)
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('failures', () => {
  test('of a trial are told with their code, and the study goes on', async () => {
    const study = await openStudy(options)
    const broken = inlineExecutor((trial) => {
      if (trial.number === 2) throw new MabeamError('test/odd', 'odd')
      return lossOf(trial)
    })
    expect(await runStudy(study, broken, { budget: 6 })).toMatchObject({ trials: 6, complete: 5, failed: 1 })
    expect(study.finished.find(({ state }) => state === 'failed')).toMatchObject({
      number: 2,
      error: { code: 'test/odd' },
    })
  })

  test('are borne up to failuresMax and not one more', async () => {
    const failing = (count: number) =>
      inlineExecutor((trial) => {
        if (trial.number < count) throw new Error('always')
        return lossOf(trial)
      })
    await expect(runStudy(await openStudy(options), failing(3), { budget: 8, failuresMax: 3 })).resolves.toMatchObject({
      failed: 3,
    })
    const study = await openStudy(options)
    await expect(runStudy(study, failing(4), { budget: 8, failuresMax: 3 })).rejects.toThrow(
      expect.objectContaining({ code: 'ml/too-many-failures', message: expect.stringContaining('the last: always') }),
    )
    expect(study.finished).toHaveLength(4)
  })

  test('that may pass are tried again retriesMax times, with the same trial', async () => {
    const clock = virtualClock()
    const telemetry = collectTelemetry()
    const seen: Trial[] = []
    const executor: Executor = {
      slots: 1,
      async run(trial) {
        seen.push(trial)
        if (seen.length < 3) throw new MabeamError('test/busy', 'busy', { retryable: true })
        return lossOf(trial)
      },
    }
    const study = await openStudy({ ...options, clock, telemetry })
    const running = runStudy(study, executor, { budget: 1, retriesMax: 2 })
    await clock.advance(10_000)
    expect(await running).toMatchObject({ complete: 1, failed: 0 })
    expect(seen[1]).toEqual(seen[0])
    expect(telemetry.named('ml.trial-retried').map(({ measurements }) => measurements.attempt)).toEqual([1, 2])
  })

  test('that stay are told after the last try', async () => {
    const clock = virtualClock()
    let tries = 0
    const executor: Executor = {
      slots: 1,
      async run() {
        tries++
        throw new MabeamError('test/busy', 'busy', { retryable: true })
      },
    }
    const running = runStudy(await openStudy({ ...options, clock }), executor, { budget: 1, retriesMax: 1 })
    await clock.advance(10_000)
    expect(await running).toMatchObject({ failed: 1 })
    expect(tries).toBe(2)
  })

  test('include values that are missing, and the objective is named', async () => {
    const study = await openStudy(options)
    await runStudy(
      study,
      inlineExecutor(() => ({ values: { los: 1 } })),
      { budget: 1 },
    )
    expect(study.finished[0]?.error).toMatchObject({ code: 'ml/invalid-value', data: { name: 'loss' } })
  })

  test('include a trial that takes longer than trialTimeoutMs', async () => {
    const clock = virtualClock()
    const study = await openStudy({ ...options, clock })
    const hand = manual(1)
    const running = runStudy(study, hand.executor, { budget: 1, trialTimeoutMs: 500 })
    await clock.advance(499)
    expect(study.finished).toHaveLength(0)
    await clock.advance(1)
    expect(await running).toMatchObject({ failed: 1 })
    expect(study.finished[0]?.error).toMatchObject({ code: 'ml/trial-timeout', data: { timeoutMs: 500 } })
    expect(clock.pendingTimers).toBe(0)
  })

  test('of the journal stop the run at once', async () => {
    const journal = memoryJournal()
    const study = await openStudy({ ...options, journal })
    const executor = inlineExecutor((trial) => {
      if (trial.number === 5) journal.break(new Error('disk full'))
      return lossOf(trial)
    })
    await expect(runStudy(study, executor, { budget: 1_000 })).rejects.toThrow(
      expect.objectContaining({ code: 'ml/study-failed', message: expect.stringContaining('disk full') }),
    )
    expect((await openStudy({ ...options, journal: memoryJournal(journal.written) })).finished).toHaveLength(5)
  })

  test('of the sampler stop the run', async () => {
    const sampler = {
      name: 'broken',
      ask() {
        throw new Error('no idea')
      },
    }
    await expect(
      runStudy(await openStudy({ ...options, sampler }), inlineExecutor(lossOf), { budget: 3 }),
    ).rejects.toThrow('no idea')
  })
})

describe('progress', () => {
  test('tells trials, best, rate and time left on the clock of the study, once a trial', async () => {
    const clock = virtualClock()
    const seen: StudyProgress[] = []
    const study = await openStudy({ ...options, clock })
    const hand = manual(1)
    const running = runStudy(study, hand.executor, { budget: 4, onProgress: (progress) => seen.push(progress) })
    for (let number = 0; number < 4; number++) {
      await clock.advance(500)
      await hand.complete(number)
    }
    await running
    expect(seen.map(({ trials }) => trials)).toEqual([1, 2, 3, 4])
    expect(seen[1]).toMatchObject({ budget: 4, trialsThisRun: 2, failed: 0, ratePerSec: 2, secondsLeft: 1, seconds: 1 })
    expect(seen[3]?.observedBest).toEqual(study.observedBest())
  })

  test('is not told of a trial that is not durable yet', async () => {
    const journal = memoryJournal()
    const study = await openStudy({ ...options, journal })
    journal.hold()
    const seen: number[] = []
    const running = runStudy(study, inlineExecutor(lossOf), {
      budget: 3,
      onProgress: ({ trials }) => seen.push(trials),
    })
    for (let i = 0; i < 5; i++) await settled()
    expect(study.finished).toHaveLength(3)
    expect(seen).toEqual([])
    await journal.flush()
    await running
    expect(seen).toHaveLength(3)
  })

  test('that throws stops the run with its error', async () => {
    const onProgress = () => {
      throw new Error('broken pipe')
    }
    await expect(
      runStudy(await openStudy(options), inlineExecutor(lossOf), { budget: 100, onProgress }),
    ).rejects.toThrow('broken pipe')
  })
})

describe('deterministic', () => {
  /** Runs 24 trials on three slots; which running trial ends next is `pick`'s choice. */
  async function run(
    pick: (running: number[], step: number) => number,
    deterministic: boolean,
  ): Promise<Study<typeof line.variables>> {
    const study = await openStudy(options)
    const hand = manual(3)
    const ended = runStudy(study, hand.executor, { budget: 24, deterministic })
    for (let step = 0; hand.running().length > 0; step++) await hand.complete(pick(hand.running(), step))
    await ended
    return study
  }
  const oldest = (running: number[]) => running[0] as number
  const newest = (running: number[]) => running[running.length - 1] as number
  const mixed = (running: number[], step: number) => running[(step * 7) % running.length] as number

  test('makes the same trials in the same order however long each takes', async () => {
    const [a, b, c] = [await run(oldest, true), await run(newest, true), await run(mixed, true)]
    const plain = ({ finished }: typeof a) =>
      finished.map(({ number, config }) => ({ number, config }) as unknown as Json)
    expect(plain(b)).toEqual(plain(a))
    expect(plain(c)).toEqual(plain(a))
  })

  test('tells nothing past a trial that was cut short, so that a resumed study tells as an uninterrupted one', async () => {
    const whole = await run(oldest, true)
    const journal = memoryJournal()
    const stop = new AbortController()
    const cut = manual(3)
    const first = await openStudy({ ...options, journal })
    const stopped = runStudy(first, cut.executor, { budget: 24, deterministic: true, signal: stop.signal })
    for (let step = 0; step < 5; step++) await cut.complete(oldest(cut.running()))
    await cut.complete(newest(cut.running()))
    stop.abort(new Error('enough'))
    await expect(stopped).rejects.toThrow('enough')
    expect(first.finished.map(({ number }) => number)).toEqual([0, 1, 2, 3, 4])
    const again = await openStudy({ ...options, journal: memoryJournal(journal.written) })
    await runStudy(again, inlineExecutor(lossOf, { slots: 3 }), { budget: 24, deterministic: true })
    const plain = ({ finished }: typeof whole) => finished.map(({ number, config }) => [number, JSON.stringify(config)])
    expect(plain(again)).toEqual(plain(whole))
  })

  test('is needed for that: without it the order of ends shows in the asks', async () => {
    expect(configsOf(await run(newest, false))).not.toEqual(configsOf(await run(oldest, false)))
  })
})

test('a thousand trials through a journal write one ask and one tell each, whatever the number of slots', async () => {
  const journal = memoryJournal()
  const study = await openStudy({ ...options, journal, sampler: randomSampler() })
  await runStudy(study, inlineExecutor(lossOf, { slots: 8 }), { budget: 1_000 })
  expect(journal.written).toHaveLength(1 + 2 * 1_000)
})
