import { describe, expect, test } from 'vitest'
import { runProtocol } from '../../testing/protocol-run.ts'
import { bidding, sets, upTo } from '../bidders.fixture.ts'
import { outcomeOf, trio } from '../outcome-of.fixture.ts'
import { dutchAuction } from './dutch.ts'

describe('dutch', () => {
  test('calls down to the reserve and no further', async () => {
    const { asks, outcome } = await runProtocol(dutchAuction, {
      spec: { item: 'it', from: 10, decrement: 4, reserve: 3 },
      participants: trio,
      answer: bidding({ north: upTo(2) }),
    })
    expect(asks.map(({ question }) => ('price' in question ? question.price : 0))).toEqual([10, 6, 3])
    expect(outcome).toEqual({ type: 'no-sale', reason: 'no-bids', refused: {} })
  })

  test('who bids more than was called pays what was called, and its budget must bear no more', async () => {
    const spec = { item: 'it', from: 9, decrement: 4, budgets: { north: 5 } }
    const outcome = await outcomeOf(dutchAuction, { spec, answer: bidding({ north: sets([['it'], 40]) }) })
    expect(outcome).toMatchObject({ awards: [{ bidder: 'north', price: 5, pays: 5 }], refused: { 'over-budget': 1 } })
  })

  test('who is absent once is not waited for again', async () => {
    const says = bidding({ north: upTo(2) })
    const answer: typeof says = (from, ask) => (from === 'east' ? { absent: 'late', afterMs: 5_000 } : says(from, ask))
    const spec = { item: 'it', from: 9 }
    const { tookMs, outcome } = await runProtocol(dutchAuction, { spec, participants: trio, answer })
    expect([outcome, tookMs]).toMatchObject([{ revenue: 2 }, 5_000])
  })

  test('nobody left to call ends it, and so does the end of the session', async () => {
    const spec = { item: 'it', from: 9 }
    const gone = await outcomeOf(dutchAuction, { spec, answer: () => ({ absent: 'gone' }) })
    expect(gone).toEqual({ type: 'no-sale', reason: 'no-bids', refused: {} })
    const ended = await outcomeOf(dutchAuction, { spec, answer: bidding({}), asksMax: 3 })
    expect(ended).toEqual({ type: 'no-sale', reason: 'ended', refused: {} })
  })

  test('takes ten thousand calls and refuses one more', () => {
    const participants = [{ id: 'north', capabilities: [] }]
    const check = (from: number) => dutchAuction.check({ item: 'it', from }, participants)
    expect(check(9_999).from).toBe(9_999)
    expect(() => check(10_000)).toThrow('dutch: decrement: expected at most 10000 calls')
    expect(() => dutchAuction.check({ item: 'it', from: 3, reserve: 4 }, participants)).toThrow('at least the reserve')
  })
})
