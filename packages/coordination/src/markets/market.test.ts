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

  test('an unknown kind is refused by name, and so is what is neither of the kind nor of the session', async () => {
    const { node, team } = await traders({ north })
    await using _ = node
    await expect(market(team, { kind: 'fischer', goods: ['cpu'] } as never)).rejects.toThrow('did you mean "fisher"?')
    await expect(market(team, { kind: 'toString', goods: ['cpu'] } as never)).rejects.toThrow('unknown kind')
    await expect(market(team, { kind: 'fisher', good: ['cpu'] } as never)).rejects.toThrow('did you mean "goods"?')
  })
})
