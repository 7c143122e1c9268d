import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { runProtocol } from '../../testing/protocol-run.ts'
import { admitBids } from '../bid-admission.ts'
import { at, bidding, names, upTo } from '../bidders.fixture.ts'
import { admissionLaw, bundlesLaw, dutchLaw, englishLaw } from '../protocol-laws.fixture.ts'
import { branchAndBound } from '../solvers/branch-and-bound.ts'
import { combinatorialAuction } from './combinatorial.ts'
import { dutchAuction } from './dutch.ts'
import { englishAuction } from './english.ts'
import { firstPriceAuction, secondPriceAuction } from './sealed-bid.ts'

describe('auctions as they are run', () => {
  test('English: it ends within one increment of the second value, and nobody pays more than it is worth', async () => {
    expect(await englishLaw(englishAuction)).toBeUndefined()
  })

  test('Dutch: it goes for the first price called that somebody would pay', async () => {
    expect(await dutchLaw(dutchAuction)).toBeUndefined()
  })

  test('combinatorial: items and money are conserved, within reserves, bids and budgets', async () => {
    expect(await bundlesLaw(combinatorialAuction(branchAndBound()))).toBeUndefined()
  })

  test('bids are admitted or counted by why they are not, and what is admitted can be paid and delivered', () => {
    expect(admissionLaw(admitBids)).toBeUndefined()
  })
})

describe('revenue equivalence', () => {
  // Values are drawn alike from 0 to 1,000; in equilibrium all four kinds then bring 1,000 (n - 1) / (n + 1).
  const bidders = 4
  const expected = 600
  const ids = names(bidders)
  const shaded = (value: number) => Math.round((value * (bidders - 1)) / bidders)
  const kinds = {
    'first-price': {
      runs: 4_000,
      run: (values: readonly number[], seed: number) => sealed(firstPriceAuction, values.map(shaded), seed),
    },
    'second-price': {
      runs: 4_000,
      run: (values: readonly number[], seed: number) => sealed(secondPriceAuction, values, seed),
    },
    english: {
      runs: 1_000,
      run: (values: readonly number[], seed: number) =>
        runProtocol(englishAuction, {
          spec: { item: 'it', increment: 20 },
          participants: ids,
          seed,
          answer: answers(values, upTo),
        }),
    },
    dutch: {
      runs: 1_000,
      run: (values: readonly number[], seed: number) =>
        runProtocol(dutchAuction, {
          spec: { item: 'it', from: 1_000, decrement: 10 },
          participants: ids,
          seed,
          answer: answers(values.map(shaded), upTo),
        }),
    },
  }
  for (const [kind, { runs, run }] of Object.entries(kinds)) {
    test(`${kind} brings what theory expects, on the mean of ${runs.toLocaleString('en')} auctions`, async () => {
      const random = seededRandom(`revenue ${kind}`)
      let revenue = 0
      for (let seed = 0; seed < runs; seed++) {
        const values = ids.map(() => random.int(1_001))
        const { outcome } = await run(values, seed)
        if (outcome?.type === 'awarded') revenue += outcome.revenue
      }
      // Five standard errors of the kind that varies most, and half a step of a price that is called.
      const error = (5 * 200) / Math.sqrt(runs) + 10
      expect(Math.abs(revenue / runs - expected)).toBeLessThan(error)
    })
  }

  function sealed(protocol: typeof firstPriceAuction, bids: readonly number[], seed: number) {
    return runProtocol(protocol, { spec: { item: 'it' }, participants: ids, seed, answer: answers(bids, at) })
  }

  function answers(bids: readonly number[], says: typeof at) {
    return bidding(Object.fromEntries(ids.map((id, place) => [id, says(bids[place] ?? 0)])))
  }
})
