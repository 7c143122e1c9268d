import { describe, expect, test } from 'vitest'
import { plantedAuctionBugs } from './planted-auction-bugs.fixture.ts'

describe('laws of auctions that can fail', () => {
  for (const [bug, found] of Object.entries(plantedAuctionBugs)) {
    test(`notice — ${bug}`, async () => {
      expect(await found()).toBeTypeOf('string')
    })
  }
})
