import { MabeamError } from '@mabeam/foundation'
import { collectTelemetry, settled, virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { inlineExecutor } from '../executor.ts'
import type { PruneContext, Pruner, Report } from '../pruner.ts'
import { ashaPruner } from '../pruners/asha.ts'
import { medianPruner } from '../pruners/median.ts'
import { randomSampler } from '../samplers/random.ts'
import { space } from '../space/space.ts'
import { float } from '../space/variable.ts'
import { memoryJournal } from '../testing/index.ts'
import { askManyMax } from './journaled-study.ts'
import { openStudy } from './open-study.ts'
import { reportsMax } from './reports.ts'
import { runStudy } from './run-study.ts'

const line = space({ x: float({ min: 0, max: 1 }) })
const objectives = [{ name: 'loss', direction: 'minimise' }] as const
const options = { id: 'pruned', space: line, objectives, seed: 3, sampler: randomSampler() }

/** Ends every trial that reports more than a half. */
const half: Pruner = {
  name: 'half',
  decide: (reports) => ({ prune: (reports.at(-1) as Report).value > 0.5, because: 'it is above a half' }),
}

test('many trials are asked at once, so many and not one more', async () => {
  const study = await openStudy(options)
  expect(study.askMany(askManyMax)).toHaveLength(askManyMax)
  expect(() => study.askMany(askManyMax + 1)).toThrow(
    `expected an integer from 1 to ${askManyMax}, got ${askManyMax + 1}`,
  )
})

describe('a study with a pruner', () => {
  test('ends pruned trials, deaf ones too, spends no time on them and tells why', async () => {
    let steps = 0
    const telemetry = collectTelemetry()
    const study = await openStudy({ ...options, pruner: half, telemetry })
    const executor = inlineExecutor<{ readonly x: number }>(async ({ config }, _, report) => {
      const { prune } = report(1, config.x)
      if (prune) return await new Promise(() => {})
      steps++
      return { values: { loss: config.x } }
    })
    const result = await runStudy(study, executor, { budget: 40 })
    const pruned = study.finished.filter(({ state }) => state === 'pruned')
    expect(result).toMatchObject({ trials: 40, complete: steps, failed: 0, pruned: 40 - steps })
    expect(pruned.length).toBeGreaterThan(5)
    for (const { config, reports, because, values } of pruned) {
      expect(config.x).toBeGreaterThan(0.5)
      expect({ reports, because, values }).toEqual({
        reports: [{ step: 1, value: config.x }],
        because: 'it is above a half',
        values: {},
      })
    }
    expect(telemetry.named('ml.trial-pruned')).toHaveLength(pruned.length)
    expect(result.observedBest?.values.loss).toBeLessThan(0.5)
  })

  test('what a trial does after it was pruned counts for nothing', async () => {
    for (const after of ['tells', 'throws', 'reports'] as const) {
      const study = await openStudy({ ...options, pruner: half })
      const executor = inlineExecutor((_, __, report) => {
        report(1, 1)
        if (after === 'reports') report(2, 0)
        if (after === 'throws') throw new MabeamError('test/boom', 'boom', { retryable: true })
        return { values: { loss: -1 } }
      })
      const result = await runStudy(study, executor, { budget: 3, failuresMax: 0 })
      expect(result).toMatchObject({ complete: 0, failed: 0, pruned: 3 })
      expect(study.finished[0]?.reports).toEqual([{ step: 1, value: 1 }])
    }
  })

  test('a trial that is tried again reports anew over what it said', async () => {
    const clock = virtualClock()
    let tries = 0
    const study = await openStudy({ ...options, clock })
    const executor = inlineExecutor((_, __, report) => {
      report(1, tries)
      if (tries++ === 0) throw new MabeamError('test/busy', 'busy', { retryable: true })
      report(2, tries)
      return { values: { loss: 1 } }
    })
    const running = runStudy(study, executor, { budget: 1 })
    for (let i = 0; i < 20; i++) {
      await settled()
      await clock.advance(1_000)
    }
    await running
    expect(study.finished[0]?.reports).toEqual([
      { step: 1, value: 1 },
      { step: 2, value: 2 },
    ])
  })

  test('a bad report fails its trial and no other', async () => {
    const study = await openStudy(options)
    const executor = inlineExecutor(({ number }, _, report) => {
      report(1, number === 1 ? Number.NaN : 0)
      return { values: { loss: 1 } }
    })
    await runStudy(study, executor, { budget: 3 })
    expect(study.finished.map(({ state }) => state)).toEqual(['complete', 'failed', 'complete'])
    expect(study.finished[1]?.error?.code).toBe('ml/invalid-report')
  })

  test('shows the pruner all other trials that reported, by number', async () => {
    const contexts: PruneContext[] = []
    const pruner: Pruner = {
      name: 'spy',
      decide(_, context) {
        contexts.push(context)
        return { prune: false, because: 'it only looks' }
      },
    }
    const study = await openStudy({ ...options, pruner })
    study.askMany(5)
    for (const number of [3, 0, 2, 1]) study.report(number, 1, number)
    await study.tell(0, { values: { loss: 0.5 } })
    await study.prune(2, 'enough')
    await study.fail(3, new Error('boom'))
    await study.tell(4, { values: { loss: 1 } })
    study.report(1, 2, 1)
    expect(contexts.at(-1)).toEqual({
      trial: 1,
      objective: objectives[0],
      others: [
        { number: 0, state: 'complete', value: 0.5, reports: [{ step: 1, value: 0 }] },
        { number: 2, state: 'pruned', value: undefined, reports: [{ step: 1, value: 2 }] },
        { number: 3, state: 'failed', value: undefined, reports: [{ step: 1, value: 3 }] },
      ],
    })
  })

  test('decides after a resume as before', async () => {
    const journal = memoryJournal()
    const open = (records: typeof journal) =>
      openStudy({ ...options, pruner: medianPruner({ startupTrials: 3 }), journal: records })
    const study = await open(journal)
    for (const loss of [1, 2, 3]) {
      const { number } = study.ask()
      study.report(number, 1, loss)
      await study.tell(number, { values: { loss } })
    }
    const { number } = study.ask()
    const resumed = await open(journal.reopened())
    for (const value of [1.9, 2.1]) expect(resumed.report(number, 1, value)).toEqual(study.report(number, 1, value))
    expect(resumed.report(number, 1, 2.1)).toMatchObject({ prune: true })
  })

  test('takes so many steps of a trial and not one more', async () => {
    const study = await openStudy(options)
    const { number } = study.ask()
    for (let step = 0; step < reportsMax; step++) study.report(number, step, 0)
    expect(study.report(number, reportsMax - 1, 1).prune).toBe(false)
    expect(() => study.report(number, reportsMax, 0)).toThrow(`expected at most ${reportsMax} steps`)
  })

  test('saves most of the work by successive halving and keeps the best', async () => {
    const work = async (pruner: Pruner | undefined) => {
      let steps = 0
      const study = await openStudy({ ...options, ...(pruner && { pruner }) })
      const executor = inlineExecutor<{ readonly x: number }>(({ config }, signal, report) => {
        for (let step = 1; step <= 64; step++) {
          steps++
          report(step, config.x + 1 / step)
          signal.throwIfAborted()
        }
        return { values: { loss: config.x } }
      })
      const { observedBest: best } = await runStudy(study, executor, { budget: 60 })
      return { steps, best: best?.config }
    }
    const [all, halved] = [await work(undefined), await work(ashaPruner())]
    expect(halved.steps).toBeLessThan(all.steps / 3)
    expect(halved.best).toEqual(all.best)
  })
})
