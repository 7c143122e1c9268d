import { describe, test } from 'vitest'
import { type Fault, movingActors, nodeScenario, simulate, simulations } from '../testing/index.ts'

const times = { nodes: 4, forMs: 20_000, quietMs: 20_000 }

describe('an actor that is moved all the time', () => {
  test('loses and reorders nothing where nothing fails', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const stateBytes = seed % 2 === 0 ? 100_000 : 0
      const scenario = nodeScenario([movingActors({ losses: false, moveEveryMs: 400, stateBytes })])
      await simulate({ name: 'an actor that moves', seed, scenario, ...times, faults: [] })
    }
  })

  const scenario = nodeScenario([movingActors({ stateBytes: 70_000 })])
  for (const one of simulations({ name: 'an actor that moves under faults', scenario, seeds: 30, ...times })) {
    test(one.name, one.run)
  }
})

describe('a move that is struck at each moment of it', () => {
  const moveMs = 6_000
  const strikes: { readonly [what: string]: (atMs: number) => Fault } = {
    'the node it leaves dies': (atMs) => ({ type: 'crash', node: 'n1', atMs, forMs: 4_000 }),
    'the node it goes to dies': (atMs) => ({ type: 'crash', node: 'n2', atMs, forMs: 4_000 }),
    'the engine elects a leader': (atMs) => ({ type: 'outage', atMs, forMs: 5_000 }),
    'the node it leaves is paused': (atMs) => ({ type: 'pause', node: 'n1', atMs, forMs: 4_000 }),
    'the node it goes to is paused': (atMs) => ({ type: 'pause', node: 'n2', atMs, forMs: 4_000 }),
    'the node it leaves is cut off': (atMs) => ({ type: 'isolate', node: 'n1', stale: false, atMs, forMs: 4_000 }),
    'the node it goes to is cut off': (atMs) => ({ type: 'isolate', node: 'n2', stale: true, atMs, forMs: 4_000 }),
  }
  const scenario = nodeScenario([movingActors({ moveOnceMs: moveMs, stateBytes: 70_000, untilMs: 10_000 })])
  for (const [what, strike] of Object.entries(strikes)) {
    test(`leaves one copy, and nothing acknowledged is lost: ${what}`, async () => {
      for (let k = 0; k < 40; k++) {
        const faults = [strike(moveMs + k * 0.4)]
        await simulate({ name: what, seed: k, scenario, nodes: 3, forMs: 12_000, quietMs: 20_000, faults })
      }
    })
  }
})
