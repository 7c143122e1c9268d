import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import type { Example } from '../datasets/example.ts'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { createModels } from '../models/models.ts'
import { predict } from '../programs/predictor.ts'
import type { PredictorState, ProgramState } from '../programs/program-state.ts'
import { Candidates } from './candidates.ts'
import { demoPool, nearestPool } from './demo-pool.ts'
import { optimize } from './optimize.ts'
import { checkProposals } from './proposal-check.ts'
import type { Proposal, Teleprompter } from './teleprompter.ts'
import { betterTogether } from './teleprompters/better-together.ts'
import { jointSearch } from './teleprompters/joint-search.ts'
import { nearestFewShot } from './teleprompters/nearest-few-shot.ts'
import { tuningContext } from './teleprompters/parts.fixture.ts'
import { changed, withinTunes } from './teleprompters/program-change.ts'
import { simba } from './teleprompters/simba.ts'

const context = tuningContext([0, 1])
const { program, initial } = context
const { rows } = demoPool(program, 'route', context.train)
const pool = nearestPool(rows, { size: 100, random: seededRandom(1) })
const route = (state: ProgramState) => state.predictors.route as PredictorState
const pooled = changed(context, initial, { demos: { route: pool }, nearest: { route: 3 } })

describe('nearestPool', () => {
  test('holds each demonstration once, and as many as it may, the same for the same stream', () => {
    const twice = [...rows, ...rows]
    const drawn = (size: number, seed = 1) => nearestPool(twice, { size, random: seededRandom(seed) })
    expect(drawn(10)).toEqual(pool)
    expect(pool).toHaveLength(10)
    expect(drawn(9)).toHaveLength(9)
    expect(drawn(9)).toEqual(drawn(9))
    expect(drawn(4, 2)).not.toEqual(drawn(4, 3))
    expect(pool.filter((demo) => drawn(4).includes(demo))).toEqual(drawn(4))
  })
})

describe('a state with a pool', () => {
  test('holds it whole, and shows no more of it than the program may', () => {
    expect(route(pooled)).toMatchObject({ demos: pool, nearest: 3 })
    expect(pooled.settings.demos).toBe(3)
    expect(route(changed(context, initial, { demos: { route: pool }, nearest: { route: 9 } })).nearest).toBe(4)
  })

  test('keeps it when something else is changed, and loses it to demonstrations that are shown to all', () => {
    const rewritten = changed(context, pooled, { instructions: { route: 'Route it.' } })
    expect(route(rewritten)).toEqual({ instructions: 'Route it.', demos: pool, nearest: 3 })
    const other = changed(context, pooled, { demos: {} })
    expect(route(other)).toEqual(route(pooled))
    expect(route(changed(context, pooled, { demos: { route: pool.slice(0, 2) } }))).not.toHaveProperty('nearest')
    expect(route(withinTunes(context, pooled)).nearest).toBe(3)
    const fixed = { ...context, tunes: { instructions: true, demos: false } }
    expect(route(withinTunes(fixed, pooled))).toEqual(route(initial))
    expect(route(withinTunes({ ...fixed, initial: pooled }, initial)).nearest).toBe(3)
  })

  test('is another candidate than one that shows more or all, and the same where no more is shown', () => {
    const candidates = new Candidates(['val:0'])
    const number = (nearest: number | undefined, demos: number) => {
      const { instructions } = route(pooled)
      const one = { instructions, demos: pool, ...(nearest !== undefined && { nearest }) }
      const state = { settings: { ...pooled.settings, demos }, predictors: { route: one } }
      return candidates.of(state, { parents: [], how: 'x' }).number
    }
    expect([number(3, 4), number(2, 4), number(undefined, 4), number(3, 2), number(4, 0)]).toEqual([0, 1, 2, 1, 3])
  })

  test('is not proposed where demonstrations are not tuned', () => {
    const check = (state: ProgramState, tunes = context.tunes) => {
      const proposal: Proposal = { state, rows: 'val', origin: { parents: [], how: 'x' } }
      checkProposals('mine', [proposal], { ...context, tunes, rowIds: new Map() })
    }
    check(pooled)
    const all = { ...pooled, predictors: { route: { ...route(initial), nearest: 1 } } }
    expect(() => check({ ...all, settings: initial.settings }, { instructions: true, demos: false })).toThrow(
      'predictors.route.nearest',
    )
  })
})

const teams = { a: ['refund', 'invoice', 'card'], b: ['crash', 'login', 'screen'] } as const
const example = (part: string, i: number): Example => {
  const team = i % 2 === 0 ? 'a' : 'b'
  return { id: `${part}:${i}`, inputs: { text: `${teams[team][i % 3]} ${part} ${i}` }, outputs: { team } }
}
const task = {
  train: Array.from({ length: 24 }, (_, i) => example('train', i)),
  val: Array.from({ length: 12 }, (_, i) => example('val', i)),
  metric: exactMatch('team'),
  models: createModels(),
  seed: 2,
}

test('what goes on from a pool keeps it: rules are added, and nothing is dropped of it', async () => {
  const states: ProgramState[] = []
  const inner = simba({ minibatch: 6, candidates: 3, steps: 2 })
  const watched: Teleprompter = {
    name: 'watched',
    async *propose(run) {
      const generator = inner.propose(run)
      for (let next = await generator.next([]); next.done !== true; ) {
        states.push(...next.value.map(({ state }) => state))
        next = await generator.next(yield next.value)
      }
    },
  }
  const together = betterTogether({ teleprompters: [nearestFewShot({ demos: 4 }), watched] })
  const { best } = await optimize(predict('text -> team: "a" | "b"'), {
    ...task,
    teleprompter: together,
    tune: { instructions: true, demos: 4 },
    budget: { calls: 400 },
  })
  expect(states.length).toBeGreaterThan(0)
  expect(new Set(states.map(({ predictors }) => predictors.predict?.nearest))).toEqual(new Set([4]))
  expect(states.every(({ predictors }) => (predictors.predict?.demos.length ?? 0) >= 24)).toBe(true)
  expect(best.state().predictors.predict?.nearest).toBe(4)
})

test('a plan of joint search has the pool as one of its sets, unless no rows are wanted for it', async () => {
  const few = { labeledSets: 1, balancedSets: 0, coverageSets: 0, hardSets: 0, bootstrappedSets: 0 }
  const planOf = (nearestRows: number) =>
    jointSearch({ ...few, nearestRows }).prepare({
      program,
      train: context.train,
      random: seededRandom(1),
      models: task.models,
    })
  const plan = await planOf(6)
  expect(plan).toMatchObject({ version: 2, predictors: { route: { nearest: { nearest: 4 } } } })
  expect(plan.predictors.route?.demoSets.nearest).toHaveLength(6)
  expect(plan.starts.filter(({ demoSet }) => demoSet === 'nearest')).not.toEqual([])
  const without = await planOf(0)
  expect(without.version).toBe(1)
  expect(without.predictors.route).not.toHaveProperty('nearest')
  expect(Object.keys(without.predictors.route?.demoSets ?? {})).toEqual(['labeled-1'])
})
