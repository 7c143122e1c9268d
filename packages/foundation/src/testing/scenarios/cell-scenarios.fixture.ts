/** What runs on simulated nodes in the tests of cells, and what must hold of it. */

import assert from 'node:assert/strict'
import { type Cells, openCells } from '../../cells/cells.ts'
import type { StrongCell } from '../../cells/strong-cell.ts'
import { delay } from '../../clock.ts'
import type { Engine } from '../../engine/engine.ts'
import { isMabeamError } from '../../errors.ts'
import type { Random } from '../../random.ts'
import {
  checkConverged,
  checkFencing,
  checkLinearizable,
  type Scenario,
  type SequentialModel,
  type SimNode,
  type Simulation,
  testPort,
} from '../index.ts'

/** Stands in for the engine of a node: how bugs are planted. */
export type Wrap = (engine: Engine, node: SimNode) => Engine

export const faulty = { forMs: 10_000, quietMs: 15_000, faults: { everyMs: 1_500 } }
/** A clock may have been two minutes ahead: what was written by it is merged when the others have come within one. */
export const healed = { ...faulty, quietMs: 90_000 }

/** Nodes that write to eventual cells of each kind all the time; those that live in the end hold the same. */
export function eventualScenario(wrap: Wrap = (engine) => engine): (sim: Simulation) => Scenario {
  return (sim) => {
    const living = new Map<string, () => unknown>()
    return {
      async boot(node) {
        const cells = await openedCells(node, wrap)
        const [register, multi, counter] = [cells.register('r'), cells.multiRegister('mr'), cells.counter('c')]
        const [set, map] = [cells.set<number>('s'), cells.map<number>('m')]
        living.set(node.name, () => [register, multi, counter, set, map].map((one) => one.value()))
        const random = node.ports.random.fork('client')
        const acts: readonly ((n: number) => void)[] = [
          (n) => register.set(n),
          (n) => multi.set(n),
          (n) => counter.add(n % 7),
          (n) => set.add(n % 6),
          (n) => set.delete(n % 6),
          (n) => map.set(`k${n % 6}`, n),
          (n) => map.delete(`k${n % 6}`),
        ]
        while (node.ports.clock.monotonicMs() < faulty.forMs) {
          acts[random.int(acts.length)]?.(random.int(1_000))
          await delay(node.ports.clock, random.int(200))
        }
      },
      check() {
        const verdict = checkConverged(new Map([...living].map(([name, value]) => [name, value()])))
        assert.ok(verdict.type === 'ok', verdict.type === 'ok' ? '' : verdict.reason)
        assert.equal(living.size, sim.names.length)
      },
    }
  }
}

/** What a client knows of a strong cell of a number. */
export interface Known {
  readonly version: number
  readonly value: number
}

/** A strong cell of a number, of which each write tells the version. */
export const numberModel: SequentialModel = {
  initial: JSON.stringify({ version: 0, value: 0 } satisfies Known),
  step(text, { op, input, output, outcome }) {
    const { version, value } = JSON.parse(text) as Known
    if (op === 'read') return JSON.stringify(output) === text ? text : undefined
    const isConflict = op === 'compare' && (input as Known).version !== version
    if (outcome === 'ok' && (output === 'conflict') !== isConflict) return undefined
    if (isConflict) return text
    const next = { version: version + 1, value: op === 'update' ? value + 1 : (input as Known).value }
    return outcome === 'ok' && output !== next.version ? undefined : JSON.stringify(next)
  },
}

/** Clients that read and change one strong cell; another cell is written under tokens only. */
export function strongScenario(wrap: Wrap = (engine) => engine): (sim: Simulation) => Scenario {
  return (sim) => ({
    async boot(node) {
      const cells = await openedCells(node, wrap)
      const cell = await opened(node, () => cells.strong('s', { initial: 0 }))
      const guarded = await opened(node, () => cells.strong('guarded', { initial: 0, fenced: true }))
      for (let i = 0; i < 2; i++) void client(sim, node, { cell, i }).catch((thrown) => sim.fail(thrown))
      void holder(sim, node, guarded).catch((thrown) => sim.fail(thrown))
    },
    check() {
      const numbers = sim.history.events.filter((one) => one.key === 's')
      assert.ok(numbers.some((one) => one.type === 'ok'))
      const verdict = checkLinearizable(numbers, { model: numberModel, stepsMax: 100_000 })
      assert.ok(verdict.type !== 'violation', verdict.type === 'violation' ? verdict.reason : '')
      const fencing = checkFencing(sim.history.events.filter((one) => one.key === 'guarded'))
      assert.ok(fencing.type === 'ok', fencing.type === 'ok' ? '' : fencing.reason)
    },
  })
}

async function client(
  sim: Simulation,
  node: SimNode,
  { cell, i }: { readonly cell: StrongCell<number>; readonly i: number },
): Promise<void> {
  const process = `${node.name}/${node.epoch}/${i}`
  const random: Random = node.ports.random.fork(process)
  for (;;) {
    await delay(node.ports.clock, random.int(300))
    const op = ['read', 'set', 'compare', 'update'][random.int(4)] as string
    const input = { version: cell.get().version, value: random.int(1_000_000) }
    await recorded(sim, { process, op, key: cell.name, input }, async () => {
      if (op === 'set') return await cell.set(input.value)
      if (op === 'update') return (await cell.update((n) => n + 1)).version
      if (op === 'read') {
        const { version, value } = await cell.read()
        return { version, value }
      }
      const { type, version } = await cell.compareAndSet(input.version, input.value)
      return type === 'written' ? version : 'conflict'
    })
  }
}

/** Writes under a token of its own, now and then a higher one: as leases that move about would give them. */
async function holder(sim: Simulation, node: SimNode, cell: StrongCell<number>): Promise<void> {
  const process = `${node.name}/${node.epoch}/holder`
  const random = node.ports.random.fork(process)
  const place = sim.names.indexOf(node.name)
  for (;;) {
    await delay(node.ports.clock, random.int(800))
    const token = Math.floor(sim.clock.monotonicMs() / 500) * 10 + place
    for (let left = random.int(5); left > 0; left--) {
      const input = { token }
      await recorded(sim, { process, op: 'effect', key: cell.name, input }, () => cell.set(token, { token }))
    }
  }
}

async function recorded(
  sim: Simulation,
  event: { readonly process: string; readonly op: string; readonly key: string; readonly input: unknown },
  doing: () => Promise<unknown>,
): Promise<void> {
  sim.history.record({ ...event, type: 'invoke' })
  try {
    const output = await doing()
    sim.history.record({ ...event, type: 'ok', output })
  } catch (thrown) {
    if (!isMabeamError(thrown)) throw thrown
    // All others say that nothing was written, which the checker holds them to.
    sim.history.record({ ...event, type: thrown.code === 'foundation/outcome-unknown' ? 'unknown' : 'fail' })
  }
}

async function openedCells(node: SimNode, wrap: Wrap): Promise<Cells> {
  const port = testPort({ ...node.ports, engine: wrap(node.ports.engine, node) })
  return await opened(node, () => openCells(port))
}

/** The engine may be away when a node starts. */
async function opened<T>(node: SimNode, open: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await open()
    } catch (thrown) {
      if (!isMabeamError(thrown) || !thrown.retryable) throw thrown
      await delay(node.ports.clock, 100)
    }
  }
}
