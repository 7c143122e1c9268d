/**
 * A scenario as an example and a proof: clients on every node create, update and read keys of one keyed state under
 * faults. It breaks when two writes got one revision, when a successful compare-and-set did not see the value before
 * it, or when a write that resolved is gone.
 */

import assert from 'node:assert/strict'
import { delay } from '../../clock.ts'
import type { Engine } from '../../engine/engine.ts'
import type { KeyedState, StateEntry } from '../../engine/keyed-state.ts'
import { isMabeamError } from '../../errors.ts'
import { checkLinearizable } from '../checkers/linearizability.ts'
import type { HistoryEvent } from '../history.ts'
import type { Scenario } from './simulate.ts'
import type { SimNode, Simulation } from './simulation.ts'

export interface RevisionScenarioOptions {
  /** Stands in for the engine of a node: how tests plant bugs. @default the engine itself */
  readonly wrap?: (engine: Engine, node: SimNode) => Engine
  /** @default 2 */
  readonly clientsPerNode?: number
  /** Mean time from one operation of a client to its next. @default 100 */
  readonly everyMs?: number
  /** Reads must be linearizable too, which they are not where a fault isolates a node with a stale server. @default false */
  readonly freshReads?: boolean
}

const revisionScenarioDefaults = {
  wrap: (engine: Engine) => engine,
  clientsPerNode: 2,
  everyMs: 100,
  freshReads: false,
} as const satisfies Required<RevisionScenarioOptions>

/** A write whose success was reported. `seen` is the revision it was made upon; undefined for a `create`. */
interface Write {
  readonly key: string
  readonly value: string
  readonly seen: number | undefined
  readonly revision: number
}

const stateName = 'registers'
const keys = ['a', 'b', 'c']

/** @example for (const { name, run } of simulations({ name: 'revisions', scenario: revisionScenario() })) test(name, run) */
export function revisionScenario(options: RevisionScenarioOptions = {}): (sim: Simulation) => Scenario {
  const { wrap, clientsPerNode, everyMs, freshReads } = { ...revisionScenarioDefaults, ...options }
  return (sim) => {
    const writes: Write[] = []
    return {
      boot(node) {
        const engine = wrap(node.ports.engine, node)
        for (let i = 0; i < clientsPerNode; i++) {
          void new Client(sim, node, { name: `${node.name}/${node.epoch}/${i}`, engine, everyMs, writes }).run()
        }
      },
      async check() {
        assert.ok(writes.length > 0, 'no write ever succeeded')
        checkWrites(writes)
        const truth = await sim.server.truth.state(stateName)
        if (freshReads) checkFresh(sim.history.events)
        for (const key of keys) checkLast(writes, key, (await truth.get(key))?.revision)
      },
    }
  }
}

/** Each revision is written once, and of each key every successful write was made upon the one before. */
function checkWrites(writes: readonly Write[]): void {
  const byRevision = new Map<number, Write>()
  const successors = new Map<string, Write>()
  for (const write of writes) {
    const twin = byRevision.get(write.revision)
    assert.ok(twin === undefined, `revision ${write.revision} was given to ${twin?.value} and ${write.value}`)
    byRevision.set(write.revision, write)
    const upon = `${write.key} ${write.seen ?? 'nothing'}`
    const rival = successors.get(upon)
    assert.ok(rival === undefined, `${rival?.value} and ${write.value} were both written upon ${upon}`)
    successors.set(upon, write)
    assert.ok(write.seen === undefined || write.seen < write.revision, `${write.value}: its revision is no newer`)
  }
}

/** All reads and writes can be put into one order that agrees with time. Those that the checker can't decide count as good. */
function checkFresh(history: readonly HistoryEvent[]): void {
  const verdict = checkLinearizable(history, { stepsMax: 50_000 })
  assert.ok(verdict.type !== 'violation', verdict.type === 'violation' ? verdict.reason : '')
}

/** What the server holds in the end is no older than any write that resolved. */
function checkLast(writes: readonly Write[], key: string, revision: number | undefined): void {
  const newest = Math.max(0, ...writes.filter((one) => one.key === key).map((one) => one.revision))
  assert.ok((revision ?? 0) >= newest, `${key}: revision ${newest} was reported and is gone: ${revision ?? 'no value'}`)
}

interface ClientSettings {
  readonly name: string
  readonly engine: Engine
  readonly everyMs: number
  readonly writes: Write[]
}

class Client {
  readonly #sim: Simulation
  readonly #node: SimNode
  readonly #settings: ClientSettings
  #count = 0

  constructor(sim: Simulation, node: SimNode, settings: ClientSettings) {
    this.#sim = sim
    this.#node = node
    this.#settings = settings
  }

  async run(): Promise<void> {
    const { clock } = this.#node.ports
    const random = this.#node.ports.random.fork(this.#settings.name)
    let state: KeyedState | undefined
    for (;;) {
      await delay(clock, random.next() * 2 * this.#settings.everyMs)
      const key = keys[random.int(keys.length)] as string
      try {
        state ??= await this.#settings.engine.state(stateName)
        await this.#change(state, key)
      } catch (thrown) {
        if (!isMabeamError(thrown)) return this.#sim.fail(thrown)
      }
    }
  }

  /** Reads and writes what it has read one newer. */
  async #change(state: KeyedState, key: string): Promise<void> {
    const { history } = this.#sim
    const { name, writes } = this.#settings
    let found: StateEntry | undefined
    const expected = await history.run(name, { op: 'read', key }, async () => {
      found = await state.get(key)
      return found && new TextDecoder().decode(found.value)
    })
    const value = `${name}/${this.#count++}`
    const body = new TextEncoder().encode(value)
    const seen = found?.revision
    let revision = 0
    await history.run(name, { op: 'cas', key, input: { expected, next: value } }, async () => {
      revision = seen === undefined ? await state.create(key, body) : await state.update(key, body, seen)
      return true
    })
    writes.push({ key, value, seen, revision })
  }
}
