import { describe, expect, test } from 'vitest'
import type { Engine } from '../../engine/engine.ts'
import type { KeyedState, StateEntry } from '../../engine/keyed-state.ts'
import { hasCode, isMabeamError } from '../../errors.ts'
import type { Fault } from './fault.ts'
import { type RevisionScenarioOptions, revisionScenario } from './revision-scenario.ts'
import { type SimulateOptions, simulate, simulations } from './simulate.ts'

describe('writes by revision under faults', () => {
  const options = { seeds: 500, seedsPerCase: 100, forMs: 10_000, quietMs: 5_000, faults: { everyMs: 1_500 } }
  for (const { name, run } of simulations({ name: 'revisions', scenario: revisionScenario(), ...options })) {
    test(name, run)
  }
})

describe('reads under faults', () => {
  const scenario = revisionScenario({ freshReads: true })
  const options = { name: 'fresh reads', scenario, forMs: 10_000, quietMs: 5_000 }
  const weights = { isolate: 0 }
  for (const { name, run } of simulations({ ...options, seeds: 50, faults: { everyMs: 1_500, weights } }))
    test(name, run)

  test('the checker finds the old values that a node reads from a stale part of the server', async () => {
    const faults: Fault[] = [{ type: 'isolate', node: 'n1', stale: true, atMs: 2_000, forMs: 3_000 }]
    await expect(simulate({ ...options, seed: 1, faults })).rejects.toThrow('nothing explains n1/1/')
  })
})

/** The engine of a node with its keyed state changed. */
function withState(change: (state: KeyedState) => Partial<KeyedState>): RevisionScenarioOptions['wrap'] {
  return (engine) =>
    new Proxy(engine, {
      get(target, property) {
        if (property !== 'state') return Reflect.get(target, property)
        return async (name: string) => {
          const state = await target.state(name)
          return { name, get: state.get.bind(state), create: state.create.bind(state), ...change(state) }
        }
      },
    }) as Engine
}

const bugs: { readonly [bug: string]: RevisionScenarioOptions['wrap'] } = {
  'an update that does not look at the revision': withState((state) => ({
    update: (key, value) => state.put(key, value),
  })),
  'a create that overwrites': withState((state) => ({
    create: (key, value) => state.put(key, value),
    update: state.update.bind(state),
  })),
  'an update that takes a lost answer for success': withState((state) => ({
    update: (key, value, revision) =>
      state.update(key, value, revision).catch((thrown) => {
        if (hasCode(thrown, 'foundation/engine-unavailable')) return revision + 1
        throw thrown
      }),
  })),
  'a read cache that answers conflicts itself': withState((state) => {
    const cache = new Map<string, StateEntry>()
    return {
      async get(key) {
        const entry = cache.get(key) ?? (await state.get(key))
        if (entry !== undefined) cache.set(key, entry)
        return entry
      },
      update: (key, value, revision) => state.update(key, value, revision).catch(() => state.put(key, value)),
    }
  }),
}

interface Failed {
  readonly seed: number
  readonly faults: readonly Fault[]
  /** What went wrong, without the schedule. */
  readonly sentence: string
}

/** The first seed with which a run fails, made small. */
async function firstFailure(options: Omit<SimulateOptions, 'seed'>): Promise<Failed> {
  for (let seed = 1; seed <= 40; seed++) {
    try {
      await simulate({ ...options, seed })
    } catch (thrown) {
      if (!isMabeamError(thrown)) throw thrown
      const { faults } = thrown.data
      return { seed, faults: faults as unknown as readonly Fault[], sentence: thrown.message.split('\n')[0] as string }
    }
  }
  throw new Error('40 seeds did not catch it')
}

describe('planted bugs', () => {
  for (const [bug, wrap] of Object.entries(bugs)) {
    test(`catches ${bug}, and its report repeats`, async () => {
      const options = { name: 'planted', scenario: revisionScenario({ ...(wrap !== undefined && { wrap }) }) }
      const failed = await firstFailure(options)
      const again = { ...options, seed: failed.seed, faults: failed.faults, shrinkRunsMax: 0 }
      await expect(simulate(again)).rejects.toThrow(failed.sentence)
      for (let i = 0; i < failed.faults.length; i++) {
        await simulate({ ...again, faults: failed.faults.toSpliced(i, 1) })
      }
    })
  }
})
