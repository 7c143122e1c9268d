import { describe, expect, test } from 'vitest'
import { runProtocol } from '../../testing/protocol-run.ts'
import { at, bidding, sets } from '../bidders.fixture.ts'
import { outcomeOf } from '../outcome-of.fixture.ts'
import { doubleAuction } from './double.ts'

describe('double', () => {
  const participants = ['b0', 'b1', 'b2', 's0', 's1', 's2']
  const sellers = ['s0', 's1', 's2']
  const answer = bidding({ b0: at(12), b1: at(9), b2: at(5), s0: at(3), s1: at(4), s2: at(8) })

  test('those who buy and those who sell are asked at once, each for its side', async () => {
    const { asks } = await runProtocol(doubleAuction, { spec: { item: 'it', sellers }, participants, answer })
    expect(asks.map(({ to, question, round }) => [to, 'side' in question && question.side, round])).toEqual([
      [['b0', 'b1', 'b2'], 'buy', 1],
      [sellers, 'sell', 1],
    ])
  })

  test('McAfee trades at a price made of those who do not trade', async () => {
    expect(await outcomeOf(doubleAuction, { spec: { item: 'it', sellers }, participants, answer })).toMatchObject({
      type: 'traded',
      price: { buyersPay: 6, sellersGet: 6 },
      quantity: 2,
      quantityMax: 2,
      surplus: 0,
    })
  })

  test('one price trades all units that gain, also several of a bidder', async () => {
    const spec = { item: 'it', sellers: ['s0'], buyers: ['b0', 'b1'], pricing: 'k-price' as const }
    const many = bidding({ b0: at(12, 3), b1: at(9, 2), s0: at(6, 4) })
    expect(await outcomeOf(doubleAuction, { spec, participants, answer: many })).toMatchObject({
      trades: [
        { buyer: 'b0', seller: 's0', quantity: 3, pays: 27, receives: 27 },
        { buyer: 'b1', seller: 's0', quantity: 1, pays: 9, receives: 9 },
      ],
      surplus: 0,
    })
  })

  test('says why nothing is traded', async () => {
    const spec = { item: 'it', sellers }
    const reasonOf = async (says: Parameters<typeof bidding>[0]) => {
      const outcome = await outcomeOf(doubleAuction, { spec, participants, answer: bidding(says) })
      return outcome?.type === 'no-sale' ? outcome.reason : outcome?.type
    }
    expect(await reasonOf({})).toBe('no-bids')
    expect(await reasonOf({ b0: at(5) })).toBe('no-bids')
    expect(await reasonOf({ b0: at(5), s0: at(6) })).toBe('no-gain')
    expect(await reasonOf({ b0: at(6), s0: at(6) })).toBe('trade-given-up')
  })

  test('a unit each with McAfee; more is refused and counted', async () => {
    const says = bidding({ b0: at(12, 2), b1: sets([['it'], 9], [['it'], 8]), s0: at(3) })
    expect(await outcomeOf(doubleAuction, { spec: { item: 'it', sellers }, participants, answer: says })).toMatchObject(
      {
        refused: { 'over-supply': 1, duplicate: 1 },
      },
    )
  })

  test('nobody is on both sides, unknown, or alone', () => {
    const some = participants.map((id) => ({ id, capabilities: [] }))
    const check = (part: object) => () => doubleAuction.check({ item: 'it', sellers, ...part }, some)
    expect(check({ buyers: ['s0', 'b0'] })).toThrow('nobody on both sides')
    expect(check({ sellers: ['s0', 's0'] })).toThrow('nobody on both sides')
    expect(check({ sellers: ['s9'] })).toThrow('unknown participant "s9"')
    expect(check({ sellers: [] })).toThrow('double: expected somebody who sells, got 0')
    expect(check({ sellers: participants })).toThrow('double: expected somebody who buys, got 0')
    expect(check({ kPercent: 101 })).toThrow('kPercent')
  })
})
