import type { Random } from '@mabeam/foundation'
import { describe, test } from 'vitest'
import type { AskCommand, Protocol } from '../../sessions/protocol.ts'
import { protocolContract } from '../../testing/protocol-contract.ts'
import type { ScriptedAnswer } from '../../testing/protocol-run.ts'
import { branchAndBound } from '../solvers/branch-and-bound.ts'
import { combinatorialAuction } from './combinatorial.ts'
import { doubleAuction } from './double.ts'
import { dutchAuction } from './dutch.ts'
import { englishAuction } from './english.ts'
import { firstPriceAuction, secondPriceAuction } from './sealed-bid.ts'

const participants = ['north', 'south', 'east', 'west']

/** One or two bids, some of which can't count. */
function drawnBids(_: string, ask: AskCommand, random: Random): ScriptedAnswer {
  const { question } = ask
  const items = 'items' in question ? question.items : []
  const bids = Array.from({ length: random.int(3) }, () => ({
    items: random.shuffle(items).slice(0, 1 + random.int(items.length)),
    price: random.int(40),
    quantity: random.int(3),
  }))
  return { value: { bids } }
}

const kinds: readonly (readonly [protocol: Protocol, specs: readonly object[]])[] = [
  [firstPriceAuction, [{ item: 'it' }, { item: 'it', quantity: 3, reserve: 5, budgets: { north: 20 } }]],
  [secondPriceAuction, [{ item: 'it' }, { item: 'it', quantity: 3, reserve: 5, budgets: { north: 20 } }]],
  [englishAuction, [{ item: 'it' }, { item: 'it', reserve: 5, increment: 3 }]],
  [
    dutchAuction,
    [
      { item: 'it', from: 60 },
      { item: 'it', from: 60, decrement: 7, reserve: 20 },
    ],
  ],
  [
    combinatorialAuction(branchAndBound()),
    [
      { items: ['a', 'b'] },
      { items: ['a', { item: 'b', quantity: 2, reserve: 4 }], exclusive: false, pricing: 'pay-as-bid' },
    ],
  ],
  [
    doubleAuction,
    [
      { item: 'it', sellers: ['north', 'south'] },
      { item: 'it', sellers: ['north'], buyers: ['west'], pricing: 'k-price', kPercent: 30 },
    ],
  ],
]

for (const [protocol, specs] of kinds) {
  describe(`${protocol.name} as a protocol`, () => {
    const contract = protocolContract(protocol, {
      cases: specs.map((spec) => ({ spec, participants, answer: drawnBids })),
      wrong: [
        { ...specs[0], budgets: { nobody: 5 } },
        { ...specs[0], bidsMax: 3 },
      ],
      inAnyOrder: (outcome) => outcome,
    })
    for (const { name, run } of contract) test(name, run)
  })
}
