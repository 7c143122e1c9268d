/** The kinds of auction that there are: a line in the table is all that another one needs. */

import { type CombinatorialProtocol, combinatorialAuction } from './kinds/combinatorial.ts'
import { doubleAuction } from './kinds/double.ts'
import { dutchAuction } from './kinds/dutch.ts'
import { englishAuction } from './kinds/english.ts'
import { firstPriceAuction, secondPriceAuction } from './kinds/sealed-bid.ts'
import type { WinnerSolver } from './winner-determination.ts'

/** The protocols of all kinds, by kind; the combinatorial one with that solver. */
export function auctionKinds(solver: WinnerSolver) {
  return {
    'first-price': firstPriceAuction,
    'second-price': secondPriceAuction,
    english: englishAuction,
    dutch: dutchAuction,
    combinatorial: combinatorialAuction(solver),
    double: doubleAuction,
  } as const
}

export type AuctionProtocols = Omit<ReturnType<typeof auctionKinds>, 'combinatorial'> & {
  readonly combinatorial: CombinatorialProtocol
}

export type AuctionKind = keyof AuctionProtocols
