import { describe, expect, test } from 'vitest'
import { bidAmountMax } from '../bid.ts'
import { at, bidding, sets } from '../bidders.fixture.ts'
import { outcomeOf, trio } from '../outcome-of.fixture.ts'
import { firstPriceAuction, secondPriceAuction } from './sealed-bid.ts'

describe('second-price', () => {
  test('the highest bid wins and pays the second-highest', async () => {
    const answer = bidding({ north: at(40), south: at(31), east: at(12) })
    expect(await outcomeOf(secondPriceAuction, { spec: { item: 'gpu-3', reserve: 10 }, answer })).toEqual({
      type: 'awarded',
      awards: [{ bidder: 'north', items: ['gpu-3'], quantity: 1, price: 40, pays: 31 }],
      revenue: 31,
      refused: {},
    })
  })

  test('a lone bidder pays the reserve, and bidders are told of it', async () => {
    const asked: unknown[] = []
    const answer = bidding({
      north: ({ question, request }) => {
        asked.push(request, question)
        return [{ items: ['it'], price: 40 }]
      },
    })
    expect(await outcomeOf(secondPriceAuction, { spec: { item: 'it', reserve: 10 }, answer })).toMatchObject({
      revenue: 10,
    })
    expect(asked).toEqual(['bid', { question: 'Your bid for "it"?', side: 'buy', items: ['it'], atLeast: 10 }])
  })

  test('with several units each winner pays for those that others lose by it', async () => {
    const answer = bidding({
      north: () => [
        { items: ['it'], price: 10, quantity: 2 },
        { items: ['it'], price: 4 },
      ],
      south: at(8, 2),
      east: at(5),
    })
    expect(await outcomeOf(secondPriceAuction, { spec: { item: 'it', quantity: 3 }, answer })).toMatchObject({
      awards: [
        { bidder: 'north', quantity: 2, price: 20, pays: 13 },
        { bidder: 'south', quantity: 1, price: 8, pays: 5 },
      ],
      revenue: 18,
    })
  })

  test('says why nothing is sold', async () => {
    const spec = { item: 'it', reserve: 10, budgets: { south: 11 } }
    expect(await outcomeOf(secondPriceAuction, { spec, answer: bidding({}) })).toEqual({
      type: 'no-sale',
      reason: 'no-bids',
      refused: {},
    })
    expect(await outcomeOf(secondPriceAuction, { spec, answer: bidding({ north: at(9) }) })).toEqual({
      type: 'no-sale',
      reason: 'below-reserve',
      refused: { 'below-minimum': 1 },
    })
    const answer = bidding({ north: at(9), south: at(12) })
    expect(await outcomeOf(secondPriceAuction, { spec, answer })).toEqual({
      type: 'no-sale',
      reason: 'bids-refused',
      refused: { 'below-minimum': 1, 'over-budget': 1 },
    })
  })

  test('bids that can not count are counted by why, and do not price anything', async () => {
    const answer = bidding({
      north: sets([['it'], 40], [['it'], 50]),
      south: sets([['its'], 39], [['it', 'it'], 39], [['it'], 39, 0], [['it'], 39, 2]),
      east: sets([['it'], bidAmountMax + 1]),
    })
    expect(await outcomeOf(secondPriceAuction, { spec: { item: 'it' }, answer })).toMatchObject({
      awards: [{ bidder: 'north', price: 40, pays: 0 }],
      refused: { duplicate: 1, 'unknown-item': 1, malformed: 2, 'over-supply': 1, 'too-high': 1 },
    })
    const most = bidding({ east: at(bidAmountMax) })
    expect(await outcomeOf(secondPriceAuction, { spec: { item: 'it' }, answer: most })).toMatchObject({
      type: 'awarded',
    })
  })

  test('a bidder takes no more than its share of the bids', async () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, price) => [['it'], price, 1] as [string[], number, number])
    const spec = { item: 'it', quantity: 100, bidsMax: 6 }
    const within = await outcomeOf(firstPriceAuction, { spec, answer: bidding({ north: sets(...many(2)) }) })
    expect(within).toMatchObject({ awards: [{ quantity: 2 }], refused: {} })
    const beyond = await outcomeOf(firstPriceAuction, { spec, answer: bidding({ north: sets(...many(3)) }) })
    expect(beyond).toMatchObject({ awards: [{ quantity: 2 }], refused: { 'too-many': 1 } })
  })

  test('who is absent, for whatever reason, does not bid', async () => {
    const answer = (from: string) =>
      from === 'north'
        ? { value: { bids: [{ items: ['it'], price: 5 }] } }
        : from === 'south'
          ? { absent: 'malformed' as const }
          : { value: { bids: [{ items: ['it'], price: 9 }] }, afterMs: 60_000 }
    expect(await outcomeOf(secondPriceAuction, { spec: { item: 'it' }, answer })).toMatchObject({
      awards: [{ bidder: 'north', pays: 0 }],
    })
    expect(await outcomeOf(secondPriceAuction, { spec: { item: 'it' }, answer, deadlineMs: 1_000 })).toMatchObject({
      awards: [{ bidder: 'north', pays: 0 }],
    })
  })
})

describe('ties', () => {
  const answer = bidding({ north: at(5), south: at(5), east: at(5) })
  const winnerOf = async (seed: number, participants: readonly string[], ties?: 'drawn' | 'order') => {
    const spec = { item: 'it', ...(ties && { ties }) }
    const outcome = await outcomeOf(firstPriceAuction, { spec, answer, seed, participants })
    return outcome?.type === 'awarded' ? outcome.awards[0]?.bidder : undefined
  }

  test('are drawn from the seed, whatever the order of the team', async () => {
    const winners = new Set<string | undefined>()
    for (let seed = 0; seed < 30; seed++) {
      winners.add(await winnerOf(seed, trio))
      expect(await winnerOf(seed, trio)).toBe(await winnerOf(seed, trio.toReversed()))
    }
    expect(winners).toEqual(new Set(trio))
  })

  test('go to the first of the team where that was asked for', async () => {
    for (let seed = 0; seed < 5; seed++) {
      expect(await winnerOf(seed, trio, 'order')).toBe('north')
      expect(await winnerOf(seed, trio.toReversed(), 'order')).toBe('east')
    }
  })
})
