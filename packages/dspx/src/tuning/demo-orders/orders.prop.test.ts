import { seededRandom } from '@mabeam/foundation'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DemoPool } from '../demo-pool.ts'
import { balancedOrder } from './balanced.ts'
import { coverageOrder, coverageRowsMax } from './coverage.ts'

const pools = fc
  .array(fc.record({ text: fc.lorem({ maxCount: 4 }), label: fc.constantFrom('a', 'b', 'c') }), { maxLength: 40 })
  .map(
    (rows): DemoPool => ({
      rows: rows.map(({ text, label }, i) => ({ id: `${i}`, text, demo: { inputs: { text }, outputs: { label } } })),
      classings: [['label']],
    }),
  )
const orders = { balancedOrder, coverageOrder }

describe.each(Object.entries(orders))('%s', (_, orderOf) => {
  test('holds each position at most once and as many as asked, or all', () => {
    fc.assert(
      fc.property(pools, fc.nat(50), fc.nat(), (pool, size, seed) => {
        const order = orderOf(pool, { size, random: seededRandom(seed), classing: ['label'] })
        expect(order).toHaveLength(Math.min(size, pool.rows.length))
        expect(new Set(order).size).toBe(order.length)
        for (const position of order) expect(pool.rows[position]).toBeDefined()
      }),
    )
  })

  test('takes only the rows it may', () => {
    fc.assert(
      fc.property(pools, fc.nat(), (pool, seed) => {
        const among = pool.rows.flatMap((_, position) => (position % 3 === 0 ? [position] : []))
        const order = orderOf(pool, { size: 100, random: seededRandom(seed), among })
        expect([...order].sort((a, b) => a - b)).toEqual(among)
      }),
    )
  })
})

describe('balancedOrder', () => {
  test('every beginning holds the classes in turns, as long as each has rows left', () => {
    fc.assert(
      fc.property(pools, fc.nat(), (pool, seed) => {
        const order = balancedOrder(pool, { size: 100, random: seededRandom(seed), classing: ['label'] })
        const labels = order.map((position) => pool.rows[position]?.demo.outputs.label as string)
        const all = new Map<string, number>()
        for (const { demo } of pool.rows)
          all.set(demo.outputs.label as string, (all.get(demo.outputs.label as string) ?? 0) + 1)
        const rounds = Math.min(...all.values())
        for (let round = 0; Number.isFinite(rounds) && round < rounds; round++) {
          const turn = labels.slice(round * all.size, (round + 1) * all.size)
          expect(new Set(turn).size).toBe(all.size)
        }
      }),
    )
  })
})

describe('coverageOrder', () => {
  test('is the greedy choice: no other first row stands for more of its class', () => {
    const texts = ['pay the bill now', 'pay the bill today', 'pay a bill', 'open the door', 'hello']
    const pool: DemoPool = {
      rows: texts.map((text, i) => ({ id: `${i}`, text, demo: { inputs: { text }, outputs: {} } })),
      classings: [],
    }
    const [first, second] = coverageOrder(pool, { size: 2, random: seededRandom(1) })
    expect([0, 1]).toContain(first)
    expect(second).toBeGreaterThan(2)
  })

  test('compares at most coverageRowsMax rows', () => {
    const rowsOf = (count: number): DemoPool => ({
      rows: Array.from({ length: count }, (_, i) => ({ id: `${i}`, text: `w${i}`, demo: { inputs: {}, outputs: {} } })),
      classings: [],
    })
    const covered = (count: number) => coverageOrder(rowsOf(count), { size: count, random: seededRandom(1) }).length
    expect(covered(20)).toBe(20)
    const { length } = coverageOrder(rowsOf(coverageRowsMax + 1), { size: 3, random: seededRandom(1) })
    expect(length).toBe(3)
  })
})
