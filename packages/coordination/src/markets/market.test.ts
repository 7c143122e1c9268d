import { startNode } from '@mabeam/foundation'
import { virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { agents } from '../agents/agents.ts'
import { defineAgent } from '../agents/define-agent.ts'
import { market } from './market.ts'

interface Wishes {
  readonly utilities: { readonly [good: string]: number }
  readonly price: number
}

const Trader = defineAgent(import.meta.url, {
  name: 'trader',
  version: 1,
  init: (wishes: Wishes) => wishes,
  requests: {
    ballot: (wishes) => [wishes, { value: { utilities: wishes.utilities } }],
    bid: (wishes, { items }) => [wishes, { bids: [{ items, price: wishes.price }] }],
  },
})

async function traders(all: { readonly [name: string]: Wishes }) {
  const node = await startNode({ clock: virtualClock() })
  for (const [name, wishes] of Object.entries(all)) await node.spawn(Trader, wishes, { name })
  return { node, team: agents(node, Object.keys(all)) }
}

const north = { utilities: { cpu: 3, gpu: 1, ram: 1 }, price: 2 }
const south = { utilities: { cpu: 1, gpu: 3, ram: 1 }, price: 9 }

describe('market', () => {
  test('finds prices among agents of a node, with what it has cost', async () => {
    const { node, team } = await traders({ north, south })
    await using _ = node
    const found = await market(team, { kind: 'fisher', goods: ['cpu', 'gpu', 'ram'] })
    expect(found).toMatchObject({ type: 'cleared', rounds: 1, messages: 4, participation: 1, mode: 'direct' })
    if (found.type !== 'cleared') throw new Error('uncleared')
    expect(found.residual).toBeLessThan(1e-6)
    expect(found.payments.north).toMatchObject({ cpu: 857_143 })
  })

  test('trades bundles between agents', async () => {
    const { node, team } = await traders({ north, south })
    await using _ = node
    const found = await market(team, { kind: 'resource', goods: ['gpu'], sellers: ['north'], clearing: 'bundles' })
    expect(found).toMatchObject({ type: 'cleared', gain: 7, bought: [{ buyer: 'south', pays: 6 }] })
  })

  test('agents know which market asks, so that one agent can take part in several', async () => {
    const Everywhere = defineAgent(import.meta.url, {
      name: 'everywhere',
      version: 1,
      init: () => null,
      requests: {
        ballot: (state, { context }) => [state, { value: said[(context as { market: keyof typeof said }).market] }],
      },
    })
    const said = {
      fisher: { utilities: { a: 1 } },
      exchange: { endowment: { a: 1 }, utilities: { a: 1 } },
      tatonnement: { demand: { a: 0.5 } },
      assignment: { values: { a: 1 } },
      'order-book': { orders: [{ order: 'limit', side: 'buy', price: 1, quantity: 1 }] },
    }
    await using node = await startNode()
    for (const name of ['north', 'south']) await node.spawn(Everywhere, undefined, { name })
    const team = agents(node, ['north', 'south'])
    const goods = ['a']
    const accounts = { north: { cash: 1, held: 0 } }
    expect(await market(team, { kind: 'fisher', goods })).toMatchObject({ type: 'cleared', refused: {} })
    expect(await market(team, { kind: 'exchange', goods })).toMatchObject({ refused: {} })
    expect(await market(team, { kind: 'tatonnement', goods })).toMatchObject({ type: 'cleared', refused: {} })
    expect(await market(team, { kind: 'assignment', items: ['a'] })).toMatchObject({ type: 'cleared', refused: {} })
    expect(await market(team, { kind: 'order-book', item: 'a', accounts })).toMatchObject({ refused: {} })
  })

  test('what is wrong is called by the name that the market has for it', async () => {
    const { node, team } = await traders({ north })
    await using _ = node
    const refused = (what: object) => market(team, what as never).catch(({ message }) => message)
    expect(await refused({ kind: 'fisher' })).toBe(
      'fisher: goods: expected names of goods, or units by name, got nothing',
    )
    expect(await refused({ kind: 'tatonnement', goods: 'cpu' })).toMatch('goods: expected names of goods')
    expect(await refused({ kind: 'fisher', goods: ['a', 'a'] })).toMatch('fisher: goods: expected each name once')
    expect(await refused({ kind: 'assignment', items: ['a', 'a'] })).toMatch(
      'assignment: items: expected each name once',
    )
    expect(await refused({ kind: 'assignment', items: [] })).toMatch('assignment: items: expected at least one name')
    const accounts = { north: { money: 1 } }
    expect(await refused({ kind: 'order-book', item: 'a', accounts })).toMatch('accounts.north.cash: expected a whole')
  })

  test('an unknown kind is refused by name, and so is what is neither of the kind nor of the session', async () => {
    const { node, team } = await traders({ north })
    await using _ = node
    await expect(market(team, { kind: 'fischer', goods: ['cpu'] } as never)).rejects.toThrow('did you mean "fisher"?')
    await expect(market(team, { kind: 'toString', goods: ['cpu'] } as never)).rejects.toThrow('unknown kind')
    await expect(market(team, { kind: 'fisher', good: ['cpu'] } as never)).rejects.toThrow('did you mean "goods"?')
  })
})
