import { describe, expect, test } from 'vitest'
import type { Engine } from '../engine/engine.ts'
import { isMabeamError } from '../errors.ts'
import { beatWatchStep } from '../leases/beat-watch-step.ts'
import { sessionStep } from '../leases/session-step.ts'
import { seededRandom } from '../random.ts'
import { type Fault, type SimulateOptions, simulate, simulations } from '../testing/index.ts'
import { type SingletonScenarioOptions, singletonScenario } from '../testing/scenarios/singleton-scenario.fixture.ts'

const settle = { nodes: 5, forMs: 40_000, quietMs: 20_000 }

describe('a singleton under faults', () => {
  for (const { name, run } of simulations({
    name: 'singleton',
    scenario: singletonScenario(),
    seeds: 100,
    ...settle,
  })) {
    test(name, run)
  }
})

describe('a singleton whose node is healthy', () => {
  test('is not evicted when only the server elects a leader, in 60 runs with two pairs of elections each', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const faults = elections(seed)
      await simulate({
        name: 'singleton in elections',
        seed,
        scenario: singletonScenario({ mayNotMove: true }),
        ...settle,
        faults,
      })
    }
  })
})

/**
 * Each as long as they are measured to take, 4.2 to 7.8 s, two of them one after the other, too near for a session to be sure to be renewed
 * between; the next two come when sessions have been renewed.
 */
function elections(seed: number): readonly Fault[] {
  const random = seededRandom(seed)
  const faults: Fault[] = []
  for (let atMs = 1_000 + random.int(8_000); atMs < 32_000; atMs += 4_000 + random.int(4_000)) {
    for (let n = 0; n < 2; n++) {
      const forMs = 4_200 + random.int(3_600)
      faults.push({ type: 'outage', atMs, forMs })
      atMs += forMs + random.int(400)
    }
  }
  return faults
}

/** The engine of a node with its keyed state changed. */
function withUpdate(
  change: (put: (key: string, value: Uint8Array) => Promise<number>) => object,
): (engine: Engine) => Engine {
  return (engine) =>
    new Proxy(engine, {
      get(target, property) {
        if (property !== 'state') {
          const value = Reflect.get(target, property)
          return typeof value === 'function' ? value.bind(target) : value
        }
        return async (...args: Parameters<Engine['state']>) => {
          const state = await target.state(...args)
          const whole = {
            get: state.get,
            create: state.create,
            update: state.update,
            delete: state.delete,
            watch: state.watch,
          }
          const bound = Object.fromEntries(Object.entries(whole).map(([name, method]) => [name, method.bind(state)]))
          return { ...bound, ...change((key, value) => state.put(key, value)) }
        }
      },
    }) as Engine
}

const mutants: { readonly [bug: string]: SingletonScenarioOptions & Partial<SimulateOptions> } = {
  'a sink that does not check the token': { fencing: false },
  'a session that is not renewed': {
    mayNotMove: true,
    faults: [],
    steps: {
      beats: beatWatchStep,
      session: (state, event, settings) => {
        const [next, commands] = sessionStep(state, event, settings)
        return [next, commands.filter((one) => one.type !== 'session-renew')]
      },
    },
  },
  'a claim taken without looking at its revision': {
    wrap: withUpdate((put) => ({
      create: (key: string, value: Uint8Array) => put(key, value),
      update: (key: string, value: Uint8Array) => put(key, value),
    })),
  },
  'a holder that is not stopped when its session is lost': { killing: false },
  'a node deaf to the end of its session': {
    steps: {
      beats: beatWatchStep,
      session: (state, event, settings) => {
        if (event.type === 'removed') return [state, []]
        if (event.type === 'checked' && event.revision === undefined) return [{ ...state, asked: 0 }, []]
        return sessionStep({ ...state, validUntilMs: Number.POSITIVE_INFINITY }, event, settings)
      },
    },
  },
  'silence of the server taken for eviction': {
    mayNotMove: true,
    faults: elections(1),
    steps: {
      beats: beatWatchStep,
      session: (state, event, settings) =>
        event.type === 'unanswered' && state.phase === 'held'
          ? sessionStep(state, { type: 'removed', revision: Number.MAX_SAFE_INTEGER, atMs: event.atMs }, settings)
          : sessionStep(state, event, settings),
    },
  },
}

describe('planted bugs of leases and placement', () => {
  for (const [bug, { faults, ...options }] of Object.entries(mutants)) {
    test(`catches ${bug}`, async () => {
      const failed: string[] = []
      for (let seed = 1; seed <= 30 && failed.length === 0; seed++) {
        const run = { name: 'planted', seed, scenario: singletonScenario(options), shrinkRunsMax: 0, ...settle }
        try {
          await simulate(faults === undefined ? run : { ...run, faults })
        } catch (thrown) {
          if (!isMabeamError(thrown)) throw thrown
          failed.push(thrown.code)
        }
      }
      expect(failed).toEqual(['foundation/simulation-failed'])
    })
  }
})
