import { expect, test } from 'vitest'
import { admitBids } from './bid-admission.ts'

test('whoever floods an auction with bids has each looked at once, not against all others', () => {
  let looks = 0
  const rules = {
    supply: new Map([['a', 1_000_000]]),
    minimumOf: () => 0,
    budgets: new Map(),
    bidsMax: 10_000,
    exclusive: false,
    identityOf: ({ price }: { readonly price: number }) => {
      looks++
      return String(price)
    },
  }
  const bids = Array.from({ length: 10_000 }, (_, price) => ({ items: ['a'], price: price >> 1 }))
  const { bids: admitted, refused } = admitBids('liar', { bids }, rules)
  expect([admitted.length, refused]).toEqual([5_000, { duplicate: 5_000 }])
  expect(looks).toBeLessThanOrEqual(2 * bids.length)
})
