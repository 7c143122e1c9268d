import { describe, expect, test } from 'vitest'
import { kPrice, mcAfee } from './double-auction.ts'
import { fairLaw, kPriceLaw, mcAfeeLaw, truthfulDoubleLaw } from './double-laws.fixture.ts'
import { sealedLaw, truthfulSealedLaw } from './sealed-laws.fixture.ts'
import { firstPrice, vickrey } from './sealed-sale.ts'
import { branchAndBound } from './solvers/branch-and-bound.ts'
import { individuallyRationalLaw, truthfulVcgLaw } from './vcg-laws.fixture.ts'
import { vcg } from './vickrey-clarke-groves.ts'

describe('sealed sales', () => {
  test('first price: the best bids win, and nobody pays more than it bid', () => {
    expect(sealedLaw(firstPrice)).toBeUndefined()
  })

  test('Vickrey: the best bids win, and nobody pays more than it bid or less than the reserve', () => {
    expect(sealedLaw(vickrey)).toBeUndefined()
  })

  test('Vickrey: nobody gains by bidding other than its values', () => {
    expect(truthfulSealedLaw(vickrey)).toBeUndefined()
  })

  test('first price: somebody gains by bidding less, as the theory has it', () => {
    expect(truthfulSealedLaw(firstPrice)).toMatch('by the truth')
  })
})

describe('double auctions', () => {
  test('McAfee: nobody loses, and no money or unit is lost or made up', () => {
    expect(fairLaw(mcAfee, 1)).toBeUndefined()
  })

  test('McAfee: at most one gainful trade is given up, and the auctioneer never pays', () => {
    expect(mcAfeeLaw(mcAfee)).toBeUndefined()
  })

  test('McAfee: nobody gains by an order other than its value', () => {
    expect(truthfulDoubleLaw(mcAfee)).toBeUndefined()
  })

  for (const kPercent of [0, 37, 50, 100]) {
    const clear = (book: Parameters<typeof kPrice>[0]) => kPrice(book, kPercent)
    test(`uniform price at ${kPercent} %: nobody loses, and no money or unit is lost or made up`, () => {
      expect(fairLaw(clear, 4)).toBeUndefined()
    })

    test(`uniform price at ${kPercent} %: all gainful units trade at a price that clears`, () => {
      expect(kPriceLaw(clear)).toBeUndefined()
    })
  }

  test('uniform price: somebody gains by shading, so that it is efficient and balanced and not truthful', () => {
    expect(truthfulDoubleLaw((book) => kPrice(book, 50))).toMatch('by the truth')
  })
})

describe('payments of Vickrey, Clarke and Groves', () => {
  test('the best bids win, and each winner pays between nothing and its bid', async () => {
    expect(await individuallyRationalLaw(vcg, branchAndBound())).toBeUndefined()
  })

  test('nobody gains by other values, or by leaving sets out', async () => {
    expect(await truthfulVcgLaw(vcg, branchAndBound())).toBeUndefined()
  })
})
