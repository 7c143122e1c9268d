import { startNode } from '@mabeam/foundation'
import { virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import type { RequestAnswer } from '../agents/agent-request.ts'
import { agents } from '../agents/agents.ts'
import { defineAgent } from '../agents/define-agent.ts'
import { generatedProblem } from '../testing/generated-problem.ts'
import { auction } from './auction.ts'

const Bidder = defineAgent(import.meta.url, {
  name: 'bidder',
  version: 1,
  init: (value: number) => value,
  requests: {
    bid: (value, { items, side, atLeast = 0 }) => [
      value,
      { bids: side === 'sell' || atLeast > value ? [] : [{ items, price: Math.max(atLeast, value) }] },
    ],
  },
})

const SetBidder = defineAgent(import.meta.url, {
  name: 'set-bidder',
  version: 1,
  init: (bids: RequestAnswer<'bid'>['bids']) => bids,
  requests: { bid: (bids) => [bids, { bids }] },
})

async function bidders(values: { readonly [name: string]: number }) {
  const node = await startNode({ clock: virtualClock() })
  for (const [name, value] of Object.entries(values)) await node.spawn(Bidder, value, { name })
  return { node, team: agents(node, Object.keys(values)) }
}

describe('auction', () => {
  test('sells to agents of a node, with what it has cost', async () => {
    const { node, team } = await bidders({ north: 40, south: 31, east: 9 })
    await using _ = node
    const award = await auction(team, { kind: 'second-price', item: 'gpu-3', reserve: 10 })
    expect(award).toMatchObject({ type: 'awarded', awards: [{ bidder: 'north', price: 40, pays: 31 }], revenue: 31 })
    expect(award).toMatchObject({ rounds: 1, messages: 6, participation: 1, mode: 'direct' })
  })

  test('solves what many agents bid in a thread that is the node’s', async () => {
    const { supply, bids } = generatedProblem({ kind: 'matching', seed: 1, bids: 200, items: 40, bidders: 67 })
    await using node = await startNode({ clock: virtualClock() })
    const owners = [...new Set(bids.map(({ group }) => `a${group}`))]
    for (const name of owners) {
      const own = bids.filter(({ group }) => `a${group}` === name)
      const said = own.map(({ items, value }) => ({ items: items.map((item) => `i${item}`), price: value }))
      await node.spawn(SetBidder, said, { name })
    }
    const items = supply.map((_, item) => `i${item}`)
    const team = agents(node, owners)
    const award = await auction(team, { kind: 'combinatorial', items, pricing: 'pay-as-bid' })
    expect(award).toMatchObject({ type: 'awarded', status: 'optimal', gap: 0 })
    await expect(node.part('auction-solver', () => Promise.reject(new Error('no solver')))).resolves.toBeDefined()
  })

  test('an unknown kind is refused by name, and so is what is neither of the kind nor of the session', async () => {
    const { node, team } = await bidders({ north: 40 })
    await using _ = node
    await expect(auction(team, { kind: 'second-prize', item: 'it' } as never)).rejects.toThrow(
      'did you mean "second-price"?',
    )
    await expect(auction(team, undefined as never)).rejects.toThrow(
      'auction: options: expected an object with a kind, got nothing',
    )
    await expect(auction(team, { kind: 'toString', item: 'it' } as never)).rejects.toThrow('unknown kind')
    await expect(auction(team, { kind: 'english', item: 'it', increments: 3 } as never)).rejects.toThrow(
      'did you mean "increment"?',
    )
  })
})
