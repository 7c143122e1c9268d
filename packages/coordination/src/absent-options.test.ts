import { describe, expect, test } from 'vitest'
import { auctionKinds } from './auctions/auction-kinds.ts'
import { auctionDefaults } from './auctions/auction-spec.ts'
import { combinatorialDefaults } from './auctions/kinds/combinatorial.ts'
import { doubleDefaults } from './auctions/kinds/double.ts'
import { dutchDefaults } from './auctions/kinds/dutch.ts'
import { englishDefaults } from './auctions/kinds/english.ts'
import { sealedBidDefaults } from './auctions/kinds/sealed-bid.ts'
import { branchAndBound } from './auctions/solvers/branch-and-bound.ts'
import { adaptiveTriggerDefaults } from './deliberation/adaptive-spec.ts'
import { hierarchicalDefaults } from './deliberation/hierarchical-spec.ts'
import { marketKinds } from './markets/market-kinds.ts'
import { newOrderBook, orderBookDefaults } from './markets/order-book.ts'
import { exchangeDefaults } from './markets/protocols/exchange.ts'
import { fisherDefaults } from './markets/protocols/fisher.ts'
import { orderBookMarketDefaults } from './markets/protocols/order-book.ts'
import { resourceDefaults } from './markets/protocols/resource.ts'
import { tatonnementDefaults } from './markets/protocols/tatonnement.ts'
import type { Protocol } from './sessions/protocol.ts'
import { sessionDefaults, sessionSettings } from './sessions/session-options.ts'
import { decisionProtocols } from './voting/decision-kinds.ts'
import { majorityDefaults } from './voting/majority.ts'
import { rankedDefaults } from './voting/ranked.ts'
import { weightedDefaults } from './voting/weighted.ts'

/** The same keys, each undefined: what `{ reserve: options.reserve }` of a caller comes to. */
function absent(defaults: object): object {
  return Object.fromEntries(Object.keys(defaults).map((key) => [key, undefined]))
}

const auctions = auctionKinds(branchAndBound())
const markets = marketKinds(branchAndBound())
const item = { item: 'gpu' }
const paper = { options: ['a', 'b'] }

const kinds: readonly (readonly [protocol: Protocol, spec: object, defaults: object])[] = [
  [auctions['first-price'], item, { ...auctionDefaults, ...sealedBidDefaults }],
  [auctions['second-price'], item, { ...auctionDefaults, ...sealedBidDefaults }],
  [auctions.english, item, { ...auctionDefaults, ...englishDefaults }],
  [auctions.dutch, { ...item, from: 9 }, { ...auctionDefaults, ...dutchDefaults }],
  [auctions.double, { ...item, sellers: ['north'] }, { ...auctionDefaults, ...doubleDefaults }],
  [auctions.combinatorial, { items: ['cpu'] }, { ...auctionDefaults, ...combinatorialDefaults }],
  [markets.fisher, { goods: ['cpu'] }, fisherDefaults],
  [markets.exchange, { goods: ['cpu'] }, exchangeDefaults],
  [markets.tatonnement, { goods: ['cpu'] }, tatonnementDefaults],
  [markets.resource, { goods: ['cpu'], sellers: ['north'] }, resourceDefaults],
  [markets['order-book'], { item: 'gpu', accounts: {} }, orderBookMarketDefaults],
  [decisionProtocols.majority, paper, majorityDefaults],
  [decisionProtocols.weighted, paper, weightedDefaults],
  [decisionProtocols.ranked, paper, rankedDefaults],
  [decisionProtocols.hierarchical, paper, hierarchicalDefaults],
]

describe('an option that is undefined is as good as absent', () => {
  const participants = ['north', 'south', 'east', 'west'].map((id) => ({ id, capabilities: [] }))
  for (const [protocol, spec, defaults] of kinds) {
    test(`for ${protocol.name}`, () => {
      const plain = protocol.check(spec, participants)
      expect(protocol.check({ ...spec, ...absent(defaults) }, participants)).toEqual(plain)
    })
  }

  test('for sessions, books and triggers', () => {
    expect(sessionSettings(absent(sessionDefaults))).toEqual(sessionDefaults)
    expect(newOrderBook(absent(orderBookDefaults))).toEqual(newOrderBook())
    const adaptive = { ...paper, policy: ['majority'], triggers: absent(adaptiveTriggerDefaults) }
    const { triggers } = decisionProtocols.adaptive.check(adaptive as never, participants)
    expect(triggers).toEqual(adaptiveTriggerDefaults)
  })
})
