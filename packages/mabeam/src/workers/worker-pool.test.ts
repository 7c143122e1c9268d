import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBudget, createModels, type Example, inlineEvaluator } from '@mabeam/dspx'
import { seededRandom, systemClock } from '@mabeam/foundation'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import program from '../job/one-step.fixture.ts'
import { rowsPerMessageMax } from './trial-worker.ts'
import { startWorkers } from './worker-pool.ts'

const rows: readonly Example[] = Array.from({ length: 2 * rowsPerMessageMax + 1 }, (_, i) => {
  const team = i % 2 === 0 ? 'billing' : 'technical'
  return { id: `row:${i}`, inputs: { mail: `${team} question ${i}` }, outputs: { team } }
})
const inputs = {
  programPath: 'route.ts',
  program,
  splits: { train: rows, validation: rows, test: rows },
  splitNote: '',
  digests: {},
}
const base = program.initialState()
const state = { ...base, predictors: { route: { ...base.predictors.route, demos: rows, nearest: 4 } } } as typeof base

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mabeam-workers-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const pool = (workers: number) =>
  startWorkers({
    setup: { inputs, concurrency: 8, calls: {}, env: {} },
    workers,
    answersPath: join(folder, `answers-${workers}.jsonl`),
    clock: systemClock,
    random: seededRandom(1),
  })

describe('workers', () => {
  it('score a state as it is scored without them, however many they are', async () => {
    const binding = { models: createModels({ env: {} }) }
    const alone = inlineEvaluator({
      definition: program,
      metric: program.metric,
      binding,
      slots: 1,
      clock: systemClock,
    })
    const signal = new AbortController().signal
    const scores = (await alone.evaluate(state, rows, { seed: 7, signal, trace: false })).map(({ id, score }) => [
      id,
      score,
    ])
    for (const workers of [1, 3]) {
      await using some = await pool(workers)
      const all = await some.evaluateAll(state, rows, { seed: 7, signal })
      expect(all.map(({ id, score }) => [id, score])).toEqual(scores)
    }
  })

  it('go on with the next state after one was given up', async () => {
    await using some = await pool(2)
    const stop = new AbortController()
    const onProgress = () => stop.abort(new Error('enough'))
    await expect(some.evaluateAll(state, rows, { seed: 1, signal: stop.signal, onProgress })).rejects.toThrow('enough')
    const signal = new AbortController().signal
    const given = await some.evaluate(state, rows.slice(0, 1), { seed: 1, signal, trace: true })
    expect(given).toMatchObject([{ id: 'row:0', steps: [{ predictor: 'route' }] }])
    expect(some.blocked.aborted).toBe(false)
  })

  it('make no call that the budget does not pay for, and say so of the rows', async () => {
    await using some = await pool(1)
    const signal = new AbortController().signal
    const how = { seed: 1, signal, trace: false }
    const paying = createBudget({ calls: 3 })
    const given = await some.evaluate(base, rows.slice(50, 60), { ...how, budget: paying })
    expect(given.filter(({ error }) => error === undefined)).toHaveLength(3)
    expect(given.filter(({ error }) => error?.code === 'dspx/budget-exhausted')).toHaveLength(7)
    expect([paying.spent.calls, paying.reserved.calls]).toEqual([3, 0])
    // what is answered already costs nothing
    const again = await some.evaluate(base, rows.slice(50, 53), { ...how, budget: createBudget({ calls: 0 }) })
    expect(again.map(({ error }) => error)).toEqual([undefined, undefined, undefined])
  })

  it('leave no state behind that is given up before it is begun', async () => {
    await using some = await pool(1)
    const reason = new Error('no more')
    const given = some.evaluate(state, rows.slice(0, 2), { seed: 1, signal: AbortSignal.abort(reason), trace: false })
    await expect(given).rejects.toBe(reason)
    const signal = new AbortController().signal
    expect(await some.evaluate(state, rows.slice(0, 2), { seed: 1, signal, trace: false })).toHaveLength(2)
  })
})
