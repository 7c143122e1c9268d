import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rendezvousOrder, rendezvousOwner, shardOf } from './rendezvous.ts'

const names = fc.uniqueArray(fc.stringMatching(/^[a-z0-9]{1,6}$/), { minLength: 1, maxLength: 12 })
const keys = Array.from({ length: 600 }, (_, i) => `shard.${i}`)

describe('rendezvous', () => {
  test('the owner is the first in order, whatever the order candidates are named in', () => {
    fc.assert(
      fc.property(names, fc.string(), (candidates, key) => {
        const order = rendezvousOrder(
          key,
          candidates.map((name) => ({ name })),
        )
        expect(rendezvousOwner(key, [...candidates].reverse())).toBe(order[0])
        expect([...order].sort()).toEqual([...candidates].sort())
      }),
    )
  })

  test('when one leaves only its keys move, and when it comes back they return', () => {
    fc.assert(
      fc.property(names, fc.nat(), (candidates, at) => {
        const gone = candidates[at % candidates.length] as string
        const rest = candidates.filter((name) => name !== gone)
        for (const key of keys.slice(0, 60)) {
          const owner = rendezvousOwner(key, candidates)
          if (owner !== gone) expect(rendezvousOwner(key, rest)).toBe(owner)
        }
      }),
    )
  })

  test('keys are shared evenly: each of ten has its tenth within a third', () => {
    const candidates = Array.from({ length: 10 }, (_, i) => `node-${i}`)
    const counts = new Map<string, number>()
    for (let i = 0; i < 20_000; i++) {
      const owner = rendezvousOwner(`k${i}`, candidates) as string
      counts.set(owner, (counts.get(owner) ?? 0) + 1)
    }
    for (const count of counts.values()) expect(Math.abs(count - 2_000)).toBeLessThan(200)
    expect(counts.size).toBe(10)
  })

  test('a weight of two gets twice the keys', () => {
    const candidates = [{ name: 'a', weight: 2 }, { name: 'b' }, { name: 'c' }]
    const owned = Array.from({ length: 20_000 }, (_, i) => rendezvousOrder(`k${i}`, candidates)[0])
    expect(owned.filter((name) => name === 'a').length / 20_000).toBeCloseTo(0.5, 1)
    expect(() => rendezvousOrder('k', [{ name: 'a', weight: 0 }])).toThrow('expected a number > 0, got 0')
  })

  test('shards are used evenly', () => {
    const counts = new Array<number>(16).fill(0)
    for (let i = 0; i < 16_000; i++) counts[shardOf(`key-${i}`, 16)] = (counts[shardOf(`key-${i}`, 16)] ?? 0) + 1
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150)
  })

  test('nobody owns anything where there are no candidates', () => {
    expect(rendezvousOwner('k', [])).toBeUndefined()
    expect(rendezvousOrder('k', [])).toEqual([])
  })
})
