import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import type { ProgramState } from '../../programs/program-state.ts'
import { type Lineage, memberOf, mergeOf, parentByRow } from './lineage.ts'
import { PairedRace } from './paired-race.ts'
import { answered, evidenceOf, tuningContext } from './parts.fixture.ts'
import { changed, withinTunes } from './program-change.ts'
import { SimbaPool } from './simba-pool.ts'
import { rowsAffordable, tryInTurn } from './trying.ts'

const stateOf = (texts: { readonly [predictor: string]: string }): ProgramState => ({
  settings: {},
  predictors: Object.fromEntries(
    Object.entries(texts).map(([name, instructions]) => [name, { instructions, demos: [] }]),
  ),
})

describe('changed', () => {
  const demo = (i: number) => ({ inputs: { text: `${i}` }, outputs: { team: 'a' } })

  test('shows all new demonstrations, and none beyond the most that may be shown', () => {
    const context = tuningContext([0])
    const shown = (count: number) => {
      const demos = { route: Array.from({ length: count }, (_, i) => demo(i)) }
      const { settings, predictors } = changed(context, context.initial, { demos })
      return [settings.demos, predictors.route?.demos.length]
    }
    expect(shown(3)).toEqual([3, 3])
    expect(shown(4)).toEqual([4, 4])
    expect(shown(5)).toEqual([4, 4])
  })

  test('leaves what may not be tuned, as does withinTunes', () => {
    const context = tuningContext([0], { tunes: { instructions: false, demos: true } })
    const state = changed(context, context.initial, { instructions: { route: 'other' }, demos: { route: [demo(1)] } })
    expect(state.predictors.route).toEqual({
      instructions: context.initial.predictors.route?.instructions,
      demos: [demo(1)],
    })
    const strict = { ...context, tunes: { instructions: false, demos: false } }
    expect(withinTunes(strict, state).predictors).toEqual(context.initial.predictors)
  })
})

describe('trying', () => {
  test('batches are as large as keeps all rows that may be tried at once busy', async () => {
    const context = tuningContext([0, 0, 0, 0], { rowsAtOnce: 5 })
    const proposals = ['a', 'b', 'c'].map((how) => {
      return { state: context.initial, rows: 'val', origin: { parents: [0], how } } as const
    })
    const { batches, result } = await answered(tryInTurn(context, proposals), () => evidenceOf(1, [1, 1, 1, 1]))
    expect(batches.map(({ length }) => length)).toEqual([2, 1])
    expect(result).toHaveLength(3)
  })

  test('what is affordable goes by the dearest rows so far and the scarcest amount', () => {
    const dear = { ...evidenceOf(1, [1]), values: { calls: 3, tokens: 100, costUsd: 0.5 } }
    const left = (amounts: object) =>
      rowsAffordable({
        evidence: [evidenceOf(0, [1]), dear],
        budgetLeft: () => ({ calls: Infinity, tokens: Infinity, usd: Infinity, ...amounts }),
      })
    expect(left({})).toBe(Infinity)
    expect(left({ calls: 30 })).toBe(10)
    expect(left({ calls: 30, usd: 2 })).toBe(4)
    expect(left({ tokens: 0 })).toBe(0)
  })
})

describe('lineage', () => {
  const lineage = (...scores: number[][]): Lineage => ({
    members: scores.map((of, i) => memberOf(stateOf({ a: `${i}` }), evidenceOf(i, of), [])),
  })

  test('a parent is best on some row that others do not cover, as often as on how many rows', () => {
    const of = lineage([0, 0, 0, 0], [1, 1, 1, 0], [0, 0, 0, 1], [0, 0, 1, 0])
    const random = seededRandom(3)
    const drawn = Array.from({ length: 400 }, () => parentByRow(of, random).candidate)
    expect(new Set(drawn)).toEqual(new Set([1, 2]))
    const share = drawn.filter((one) => one === 1).length / drawn.length
    expect(share).toBeGreaterThan(0.65)
    expect(share).toBeLessThan(0.85)
  })

  test('alike members are one another’s cover: one is left', () => {
    const of = lineage([1, 0], [1, 0])
    expect(new Set(Array.from({ length: 50 }, (_, i) => parentByRow(of, seededRandom(i)).candidate)).size).toBe(1)
  })

  test('two lineages are merged by predictor: what only one changed from it, what both changed from the better', () => {
    const root = memberOf(stateOf({ a: '0', b: '0', c: '0' }), evidenceOf(0, [0, 0, 0]), [])
    const left = memberOf(stateOf({ a: '1', b: '0', c: '1' }), evidenceOf(1, [1, 1, 0]), [root])
    const right = memberOf(stateOf({ a: '0', b: '2', c: '2' }), evidenceOf(2, [0, 0, 1]), [root])
    const of: Lineage = { members: [root, left, right] }
    const merged = mergeOf(of, { random: seededRandom(1), isNew: () => true })
    expect(merged?.state).toEqual({ ...stateOf({ a: '1', b: '2', c: '1' }) })
    expect(mergeOf(of, { random: seededRandom(1), isNew: () => false })).toBeUndefined()
  })

  test('an ancestor is not merged with its descendant, nor two that changed the same alone', () => {
    const root = memberOf(stateOf({ a: '0', b: '0' }), evidenceOf(0, [0, 1]), [])
    const child = memberOf(stateOf({ a: '1', b: '0' }), evidenceOf(1, [1, 0]), [root])
    const other = memberOf(stateOf({ a: '2', b: '0' }), evidenceOf(2, [1, 0]), [root])
    const random = seededRandom(1)
    expect(mergeOf({ members: [root, child] }, { random, isNew: () => true })).toBeUndefined()
    expect(mergeOf({ members: [root, child, other] }, { random, isNew: () => true })).toBeUndefined()
  })
})

describe('PairedRace', () => {
  const scores = Array.from({ length: 40 }, (_, i) => (i % 4 === 0 ? 0 : 1))
  const options = { minibatch: 10, giveUpBelow: 0.1 }
  const run = async (answer: (id: string) => number) => {
    const context = tuningContext(scores)
    const race = new PairedRace(context, options)
    const runner = { state: context.initial, origin: { parents: [0], how: 'x' } }
    const made = await answered(race.run(runner), ({ rows }) => {
      const ids = rows === 'val' ? context.val.map(({ id }) => id) : rows
      const { rows: _, ...rest } = evidenceOf(1, ids.map(answer), { isWhole: rows === 'val' })
      return {
        ...rest,
        rows: ids.map((id) => ({ id, score: answer(id), usage: evidenceOf(1, [0]).rows[0]?.usage as never })),
      }
    })
    const sizes = made.batches.map(([one]) => (one?.rows === 'val' ? 40 : one?.rows.length))
    return { race, sizes, evidence: made.result }
  }

  test('a candidate that is clearly behind on the same rows is given up after the first heat', async () => {
    const { sizes, race, evidence } = await run(() => 0)
    expect(sizes).toEqual([10])
    expect(race.best.evidence.candidate).toBe(0)
    expect(race.estimate(evidence).accuracy).toBeLessThan(0.2)
  })

  test('one that is as good runs to the end, and wins where it is better', async () => {
    const alike = await run((id) => scores[Number(id.split(':')[1])] as number)
    expect(alike.sizes).toEqual([10, 20, 40])
    const better = await run(() => 1)
    expect(better.sizes).toEqual([10, 20, 40])
    expect(better.race.best.evidence.candidate).toBe(1)
  })

  test('one that is cheaper is not given up where cost is an objective', async () => {
    const objectives = [
      { name: 'accuracy', direction: 'maximise' },
      { name: 'costUsd', direction: 'minimise' },
    ] as const
    const start = { ...evidenceOf(0, scores), values: { accuracy: 0.75, costUsd: 2 } }
    const context = tuningContext(scores, { objectives, evidence: [start] })
    const heats = async (costUsd: number) => {
      const race = new PairedRace(context, options)
      const part = race.run({ state: context.initial, origin: { parents: [0], how: 'x' } })
      const { batches } = await answered(part, ({ rows }) => {
        const ids = rows === 'val' ? context.val.map(({ id }) => id) : rows
        const made = evidenceOf(
          1,
          ids.map(() => 0),
          { isWhole: rows === 'val' },
        )
        return {
          ...made,
          rows: made.rows.map((row, i) => ({ ...row, id: ids[i] as string })),
          values: { accuracy: 0, costUsd },
        }
      })
      return batches.length
    }
    expect(await heats(1)).toBe(3)
    expect(await heats(2)).toBe(1)
    expect(await heats(3)).toBe(1)
  })
})

describe('SimbaPool', () => {
  test('draws different programs, the better ones more often, and counts each row once', () => {
    const pool = new SimbaPool({ state: stateOf({ a: '0' }), evidence: evidenceOf(0, [0, 0]) }, 0.2)
    pool.add(stateOf({ a: '1' }), evidenceOf(1, [1, 1]))
    const again = pool.add(stateOf({ a: '1' }), evidenceOf(1, [1]))
    expect(again.mean).toBe(1)
    expect(pool.size).toBe(2)
    const random = seededRandom(2)
    const first = Array.from({ length: 200 }, () => pool.draw(1, random)[0]?.candidate)
    expect(first.filter((one) => one === 1).length).toBeGreaterThan(180)
    expect(
      pool
        .draw(5, random)
        .map(({ candidate }) => candidate)
        .sort(),
    ).toEqual([0, 1])
  })
})
