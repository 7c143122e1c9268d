/** The kinds of auction that there are: two lines here are all that another one needs. */

import { type CombinatorialProtocol, combinatorialAuction } from './kinds/combinatorial.ts'
import { doubleAuction } from './kinds/double.ts'
import { dutchAuction } from './kinds/dutch.ts'
import { englishAuction } from './kinds/english.ts'
import { firstPriceAuction, secondPriceAuction } from './kinds/sealed-bid.ts'
import type { WinnerSolver } from './winner-determination.ts'

export interface AuctionProtocols {
  readonly 'first-price': typeof firstPriceAuction
  readonly 'second-price': typeof secondPriceAuction
  readonly english: typeof englishAuction
  readonly dutch: typeof dutchAuction
  readonly combinatorial: CombinatorialProtocol
  readonly double: typeof doubleAuction
}

export type AuctionKind = keyof AuctionProtocols

/** The protocols of all kinds, by kind; the combinatorial one with that solver. */
export function auctionKinds(solver: WinnerSolver): AuctionProtocols {
  return {
    'first-price': firstPriceAuction,
    'second-price': secondPriceAuction,
    english: englishAuction,
    dutch: dutchAuction,
    combinatorial: combinatorialAuction(solver),
    double: doubleAuction,
  }
}
