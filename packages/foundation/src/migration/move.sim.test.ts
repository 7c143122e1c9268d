import { describe, expect, test } from 'vitest'
import type { Engine } from '../engine/engine.ts'
import { type Fault, movingActors, nodeScenario, simulate, simulations } from '../testing/index.ts'
import { moveMs, strikeAt, strikes } from '../testing/scenarios/move-strikes.fixture.ts'

const times = { nodes: 4, forMs: 12_000, quietMs: 15_000 }
const untilMs = 12_000

describe('an actor that is moved all the time', () => {
  for (const placed of [false, true]) {
    test(`loses and reorders nothing where nothing fails: ${placed ? 'a place' : 'a name'}`, async () => {
      for (let seed = 1; seed <= 2; seed++) {
        const stateBytes = seed % 2 === 0 ? 70_000 : 0
        const scenario = nodeScenario([movingActors({ losses: false, moveEveryMs: 400, stateBytes, untilMs, placed })])
        await simulate({ name: 'an actor that moves', seed, scenario, ...times, faults: [] })
      }
    })
  }

  const scenario = nodeScenario([movingActors({ stateBytes: 70_000, untilMs })])
  for (const one of simulations({ name: 'an actor that moves under faults', scenario, seeds: 12, ...times })) {
    test(one.name, one.run)
  }
})

describe('a move that is struck at each moment of it', () => {
  for (const what of Object.keys(strikes)) {
    test(`leaves one copy, and nothing acknowledged is lost: ${what}`, async () => {
      await strikeAt(what, 8)
    })
  }

  test('two copies are noticed: with an engine in which both sides may decide', async () => {
    const blind = nodeScenario([movingActors({ moveOnceMs: moveMs, untilMs: 8_000 })], { wrap: withoutCompare })
    const failed = async () => {
      for (let moment = 0; moment < 24; moment++) {
        const at = { atMs: moveMs + moment * 0.4, forMs: 2_000 }
        const faults: readonly Fault[] = [{ type: 'isolate', node: 'n1', stale: false, ...at }]
        const how = { nodes: 3, forMs: 10_000, quietMs: 15_000, shrinkRunsMax: 1 }
        await simulate({ name: 'blind', seed: moment, scenario: blind, faults, ...how })
      }
    }
    await expect(failed()).rejects.toThrow('was gone on from at')
  })
})

/** Who says last who goes on is believed too. */
function withoutCompare(engine: Engine): Engine {
  return new Proxy(engine, {
    get(target, property) {
      const value = Reflect.get(target, property)
      if (property !== 'state') return typeof value === 'function' ? value.bind(target) : value
      return async (...args: Parameters<Engine['state']>) => {
        const state = await target.state(...args)
        if (!args[0].endsWith('-moves')) return state
        return new Proxy(state, {
          get(kept, method) {
            if (method === 'create') return (key: string, bytes: Uint8Array) => kept.put(key, bytes)
            const bound = Reflect.get(kept, method)
            return typeof bound === 'function' ? bound.bind(kept) : bound
          },
        })
      }
    },
  })
}
