import { seededRandom } from '@mabeam/foundation'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { srvOrder } from './srv-order.ts'

const targets = fc.array(
  fc.record({
    name: fc.string(),
    port: fc.integer({ min: 1, max: 65_535 }),
    priority: fc.integer({ min: 0, max: 3 }),
    weight: fc.integer({ min: 0, max: 5 }),
  }),
)

test('each target is there once, by priority', () => {
  fc.assert(
    fc.property(targets, fc.integer(), (given, seed) => {
      const order = srvOrder(given, seededRandom(seed))
      expect(new Set(order)).toEqual(new Set(given))
      expect(order).toHaveLength(given.length)
      const priorities = order.map(({ priority }) => priority)
      expect(priorities).toEqual([...priorities].sort((a, b) => a - b))
    }),
  )
})

test('within one priority the first is drawn by weight', () => {
  const random = seededRandom('weights')
  const of = (name: string, weight: number) => ({ name, port: 4222, priority: 1, weight })
  const given = [of('three', 3), of('one', 1), of('none', 0)]
  const firsts = new Map<string, number>()
  for (let run = 0; run < 4_000; run++) {
    const name = srvOrder(given, random)[0]?.name ?? ''
    firsts.set(name, (firsts.get(name) ?? 0) + 1)
  }
  // The numbers 0 to 4 are drawn alike: 0 is the target without weight, 1 to 3 the one with three, 4 the one with one.
  expect(firsts.get('three')).toBeGreaterThan(2_200)
  expect(firsts.get('three')).toBeLessThan(2_600)
  expect(firsts.get('one')).toBeGreaterThan(650)
  expect(firsts.get('one')).toBeLessThan(950)
})
