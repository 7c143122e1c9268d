import { describe, expect, test } from 'vitest'
import type { Protocol } from '../../sessions/protocol.ts'
import { runProtocol } from '../../testing/protocol-run.ts'
import { bidding, upTo } from '../bidders.fixture.ts'
import { branchAndBound } from '../solvers/branch-and-bound.ts'
import { combinatorialAuction } from './combinatorial.ts'
import { doubleAuction } from './double.ts'
import { dutchAuction } from './dutch.ts'
import { englishAuction } from './english.ts'
import { firstPriceAuction, secondPriceAuction } from './sealed-bid.ts'

const combinatorial = combinatorialAuction(branchAndBound())

describe('every kind', () => {
  const participants = ['north', 's0'].map((id) => ({ id, capabilities: [] }))
  const kinds: readonly (readonly [protocol: Protocol, spec: object])[] = [
    [firstPriceAuction, { item: 'it' }],
    [secondPriceAuction, { item: 'it' }],
    [englishAuction, { item: 'it' }],
    [dutchAuction, { item: 'it', from: 3 }],
    [combinatorial, { items: ['it'] }],
    [doubleAuction, { item: 'it', sellers: ['s0'] }],
  ]
  for (const [protocol, spec] of kinds) {
    test(`${protocol.name} refuses a spec that can not be`, () => {
      const check = (part: object, who = participants) => {
        return () => protocol.check({ ...spec, ...part }, who)
      }
      expect(check({})).not.toThrow()
      for (const part of [
        { budgets: { north: Number.NaN } },
        { budgets: { north: -1 } },
        { budgets: { north: 1.5 } },
        { ties: 'coin' },
        { bidsMax: 0 },
        { bidsMax: 10_001 },
        { question: '' },
        { question: 'x'.repeat(65_537) },
        ...(protocol === combinatorial
          ? [
              { items: [] },
              { items: [''] },
              { items: ['a', 'a'] },
              { items: [{ item: 'a', quantity: 0 }] },
              { items: [null] },
            ]
          : [{ item: '' }, { item: undefined }, { item: 'x'.repeat(1_025) }]),
        ...('reserve' in spec || protocol === combinatorial || protocol === doubleAuction
          ? []
          : [{ reserve: -1 }, { reserve: Number.NaN }, { reserve: 0.5 }]),
      ]) {
        expect(check(part), JSON.stringify(part)).toThrow(`${protocol.name}: `)
      }
      expect(check({ budgets: { nort: 5 } })).toThrow('did you mean "north"?')
      expect(check({ budget: {} })).toThrow('did you mean "budgets"?')
      expect(check({ bidsMax: 1 })).toThrow('at most as many participants as bids are taken (1), got 2')
      expect(check({}, [])).toThrow('expected somebody')
    })

    test(`${protocol.name} ends when everybody is absent`, async () => {
      const { outcome } = await runProtocol(protocol, {
        spec,
        participants,
        answer: () => ({ absent: 'gone' }),
      })
      expect(outcome).toEqual({ type: 'no-sale', reason: 'no-bids', refused: {} })
    })

    test(`${protocol.name} has the same outcome however answers come together`, async () => {
      const says = bidding({ north: upTo(3), s0: upTo(3) })
      const outcomes = [0, 1, 2].map(async (batching) => {
        const answer: typeof says = (from, ask) => ({
          ...says(from, ask),
          afterMs: [0, from === 'north' ? 1 : 2, from === 'north' ? 2 : 1][batching] ?? 0,
        })
        return (await runProtocol(protocol, { spec, participants, answer })).outcome
      })
      expect(await outcomes[1]).toEqual(await outcomes[0])
      expect(await outcomes[2]).toEqual(await outcomes[0])
    })
  }
})
