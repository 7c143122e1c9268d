import { describe, expect, test } from 'vitest'
import { runProtocol } from '../../testing/protocol-run.ts'
import { bidAmountMax } from '../bid.ts'
import { at, bidding, upTo } from '../bidders.fixture.ts'
import { outcomeOf, trio } from '../outcome-of.fixture.ts'
import { englishAuction } from './english.ts'

describe('english', () => {
  test('asks who is still in, and not whoever has the standing bid', async () => {
    const answer = bidding({ north: upTo(7), south: upTo(3), east: upTo(5) })
    const spec = { item: 'it', reserve: 2, ties: 'order' as const }
    const { asks, outcome } = await runProtocol(englishAuction, { spec, participants: trio, answer })
    expect(asks.map(({ to, question }) => [to, 'atLeast' in question ? question.atLeast : 0])).toEqual([
      [trio, 2],
      [['south', 'east'], 3],
      [['north', 'east'], 4],
      [['south', 'east'], 5],
      [['north'], 6],
      [['east'], 7],
    ])
    expect(outcome).toMatchObject({ awards: [{ bidder: 'north', pays: 6 }], closedBy: 'no-raise' })
  })

  test('a bid of more than was asked for stands as it is', async () => {
    const answer = bidding({ north: at(30), south: upTo(20) })
    expect(await outcomeOf(englishAuction, { spec: { item: 'it' }, answer })).toMatchObject({ revenue: 30 })
  })

  test('who is slow holds up one round and is out', async () => {
    const says = bidding({ north: upTo(50), south: upTo(20) })
    const answer: typeof says = (from, ask) => (from === 'east' ? { absent: 'late', afterMs: 5_000 } : says(from, ask))
    const { tookMs, outcome } = await runProtocol(englishAuction, { spec: { item: 'it' }, participants: trio, answer })
    expect([outcome?.type, tookMs]).toEqual(['awarded', 5_000])
  })

  test('the standing bid is taken when the session has to end, and the outcome says so', async () => {
    const answer = bidding({ north: upTo(1_000), south: upTo(1_000) })
    const outcome = await outcomeOf(englishAuction, { spec: { item: 'it' }, answer, asksMax: 10 })
    expect(outcome).toMatchObject({ type: 'awarded', closedBy: 'rounds-limit' })
    const slow: typeof answer = (from, ask) => ({ ...answer(from, ask), afterMs: 400 })
    expect(await outcomeOf(englishAuction, { spec: { item: 'it' }, answer: slow, deadlineMs: 1_000 })).toMatchObject({
      awards: [{ pays: 1 }],
      closedBy: 'deadline',
    })
  })

  test('ends where no higher bid can be counted', async () => {
    const answer = bidding({ north: at(bidAmountMax), south: at(bidAmountMax) })
    expect(await outcomeOf(englishAuction, { spec: { item: 'it' }, answer })).toMatchObject({ revenue: bidAmountMax })
  })
})
