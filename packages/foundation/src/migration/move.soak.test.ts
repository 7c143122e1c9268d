import { describe, test } from 'vitest'
import { movingActors, nodeScenario, simulate, simulations } from '../testing/index.ts'
import { strikeAt, strikes } from '../testing/scenarios/move-strikes.fixture.ts'

const times = { nodes: 4, forMs: 20_000, quietMs: 20_000 }

describe('an actor that is moved all the time, for long', () => {
  test('loses and reorders nothing where nothing fails, in 500 runs', async () => {
    for (let seed = 1; seed <= 500; seed++) {
      const options = {
        losses: false,
        moveEveryMs: 300,
        stateBytes: seed % 3 === 0 ? 70_000 : 0,
        placed: seed % 2 === 0,
      }
      const scenario = nodeScenario([movingActors(options)])
      await simulate({ name: 'an actor that moves, long', seed, scenario, ...times, faults: [] })
    }
  })

  const name = 'an actor that moves under faults, long'
  const scenario = nodeScenario([movingActors({ stateBytes: 70_000 })])
  const command = `npm run soak -- -t '${name}'`
  for (const one of simulations({ name, scenario, seeds: 2_000, seedsPerCase: 100, command, ...times })) {
    test(one.name, one.run)
  }

  for (const what of Object.keys(strikes)) {
    test(`leaves one copy where it is struck at each of 100 moments of a move: ${what}`, async () => {
      await strikeAt(what, 100)
    })
  }
})
