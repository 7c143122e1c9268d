import { describe, expect, test } from 'vitest'
import type { Engine } from '../engine/engine.ts'
import type { KeyedState } from '../engine/keyed-state.ts'
import { hasCode } from '../errors.ts'
import { type Scenario, type SimulateOptions, type Simulation, simulate, simulations } from '../testing/index.ts'
import {
  eventualScenario,
  faulty,
  healed,
  strongScenario,
  type Wrap,
} from '../testing/scenarios/cell-scenarios.fixture.ts'

function changed(engine: Engine, changes: Partial<Engine>): Engine {
  return new Proxy(engine, {
    get(target, property) {
      const own: unknown = Reflect.get(changes, property)
      const value: unknown = own ?? Reflect.get(target, property)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** Keyed state whose members are those of `change` where it has them. */
function withState(change: (state: KeyedState) => Partial<KeyedState>): Wrap {
  return (engine) =>
    changed(engine, {
      async state(name, options) {
        const state = await engine.state(name, options)
        const bound = {
          get: state.get.bind(state),
          create: state.create.bind(state),
          update: state.update.bind(state),
          put: state.put.bind(state),
          delete: state.delete.bind(state),
          watch: state.watch.bind(state),
        }
        return { name, ...bound, ...change(state) }
      },
    })
}

describe('eventual cells under faults', () => {
  for (const { name, run: one } of simulations({
    name: 'cells converge',
    scenario: eventualScenario(),
    seeds: 60,
    ...healed,
  })) {
    test(name, one)
  }
})

describe('strong cells under faults', () => {
  for (const { name, run: one } of simulations({
    name: 'strong cells',
    scenario: strongScenario(),
    seeds: 60,
    ...faulty,
  })) {
    test(name, one)
  }
})

describe('planted bugs of cells', () => {
  const bugs: Record<string, (sim: Simulation) => Scenario> = {
    'no anti-entropy': eventualScenario((engine) =>
      changed(engine, {
        publish(subject, body) {
          if (!subject.includes('.cells.to.')) engine.publish(subject, body)
        },
      }),
    ),
    'an update that does not look at the revision': strongScenario(
      withState((state) => ({ update: (key, value) => state.put(key, value) })),
    ),
    'a lost answer taken for one that says no': strongScenario(
      withState((state) => ({
        update: (key, value, revision) =>
          state.update(key, value, revision).catch((thrown: unknown) => {
            const isLost = hasCode(thrown, 'foundation/engine-unavailable')
            if (!isLost) throw thrown
            return state.update('no such key', value, revision)
          }),
      })),
    ),
  }
  for (const [bug, scenario] of Object.entries(bugs)) {
    test(`catches ${bug}`, async () => {
      const options: Omit<SimulateOptions, 'seed'> = { name: 'planted', scenario, shrinkRunsMax: 0, ...healed }
      const failures: unknown[] = []
      for (let seed = 1; seed <= 20 && failures.length === 0; seed++) {
        await simulate({ ...options, seed }).catch((thrown: unknown) => failures.push(thrown))
      }
      expect(failures[0]).toMatchObject({ code: 'foundation/simulation-failed' })
    })
  }
})
