/** The laws of replicated values, checked on seeded histories: also how the tests show that they notice a wrong one. */

import assert from 'node:assert/strict'
import type { Crdt } from '../cells/crdts/crdt.ts'
import type { MergeFunction } from '../cells/crdts/multi-value-register.ts'
import { type HybridTime, hybridNext, hybridObserved, hybridStart, type Stamp } from '../cells/hybrid-clock.ts'
import { type Random, seededRandom } from '../random.ts'
import type { ContractCase } from './contract-case.ts'

/** An operation as the specification sees it. */
export interface CrdtOperation<Op> {
  readonly id: number
  readonly op: Op
  readonly stamp: Stamp
  /** The operations whose deltas its replica had when it was made. */
  readonly seen: ReadonlySet<number>
}

/** What is tested, and by what specification. */
export interface TestedCrdt<State, Op, Value> {
  readonly crdt: Crdt<State, Op, Value>
  /** Any operation; few different keys and elements, so that they meet. */
  readonly anyOp: (random: Random) => Op
  /** What a replica that has all of these holds; of what it knows of order there is `seen` and `stamp`. */
  readonly expected: (operations: readonly CrdtOperation<Op>[]) => Value
}

const replicas = ['a', 'b', 'c'] as const
const seeds = 80

/** @example for (const { name, run } of crdtContract({ crdt: counterCrdt, anyOp, expected })) test(name, run) */
export function crdtContract<State, Op, Value>(tested: TestedCrdt<State, Op, Value>): readonly ContractCase[] {
  const { crdt } = tested
  const law = (name: string, check: (world: World<State, Op, Value>, random: Random) => void): ContractCase => ({
    name,
    async run() {
      for (let seed = 0; seed < seeds; seed++) {
        const random = seededRandom(seed)
        try {
          check(new World(tested, random), random)
        } catch (thrown) {
          throw new Error(`seed ${seed}: ${thrown instanceof Error ? thrown.message : thrown}`, { cause: thrown })
        }
      }
    },
  })
  return [
    law('merge is commutative', (world) => {
      const [a, b] = world.states(2) as [State, State]
      same(crdt, crdt.merge(a, b), crdt.merge(b, a))
    }),
    law('merge is associative', (world) => {
      const [a, b, c] = world.states(3) as [State, State, State]
      same(crdt, crdt.merge(crdt.merge(a, b), c), crdt.merge(a, crdt.merge(b, c)))
    }),
    law('merge is idempotent, and gives back the same state when there is nothing new', (world) => {
      const [a, b] = world.states(2) as [State, State]
      assert.equal(crdt.merge(a, a), a)
      const both = crdt.merge(a, b)
      assert.equal(crdt.merge(both, b), both)
      assert.equal(crdt.merge(both, a), both)
    }),
    law('empty is neutral', (world) => {
      const [a] = world.states(1) as [State]
      same(crdt, crdt.merge(a, crdt.empty), a)
      same(crdt, crdt.merge(crdt.empty, a), a)
    }),
    law('deltas in any order, repeated and grouped, make equal replicas that hold what is expected', (world) => {
      world.live(25)
      world.deliverAll()
      world.checkConverged()
    }),
    law('a replica that is told everything in order holds what is expected after each operation', (world) =>
      world.checkCausal(15),
    ),
    law('applying and merging leave what they are given as it was', (world, random) => {
      const [a, b] = world.states(2) as [State, State]
      const before = structuredClone([a, b])
      crdt.apply(a, tested.anyOp(random), { replica: 'a', time: { wallMs: 1, tick: 0 } })
      crdt.merge(a, b)
      assert.deepEqual([a, b], before)
    }),
    law('the digests of states are equal exactly when the states are', (world) => {
      for (const a of world.states(3)) {
        for (const b of world.states(3)) assert.equal(crdt.digest(a) === crdt.digest(b), isSame(a, b))
      }
    }),
    law('a state split into its smallest parts is made again by merging them in any order', (world, random) => {
      const [a] = world.states(1) as [State]
      const parts = smallestParts(crdt, a)
      const merged = random.shuffle([...parts, ...parts]).reduce(crdt.merge, crdt.empty)
      same(crdt, merged, a)
    }),
    law('its latest stamp is that of no later write than there was', (world) => {
      world.live(10)
      for (const stamp of world.latest()) assert.ok(world.stamps.some((one) => isSame(one, stamp)))
    }),
  ]
}

/** The laws of a merge function for conflicts, over some of your values. */
export function mergeFunctionContract<T>(merge: MergeFunction<T>, values: readonly T[]): readonly ContractCase[] {
  const law = (name: string, check: (a: T, b: T, c: T) => void): ContractCase => ({
    name,
    async run() {
      for (const a of values) for (const b of values) for (const c of values) check(a, b, c)
    },
  })
  return [
    law('a merge function is commutative', (a, b) => assert.deepEqual(merge(a, b), merge(b, a))),
    law('a merge function is associative', (a, b, c) => assert.deepEqual(merge(merge(a, b), c), merge(a, merge(b, c)))),
    law('a merge function is idempotent', (a) => assert.deepEqual(merge(a, a), a)),
  ]
}

function smallestParts<State>(crdt: Crdt<State, never, unknown>, state: State): readonly State[] {
  const halves = crdt.halves(state)
  if (halves === undefined) return [state]
  return halves.flatMap((half) => smallestParts(crdt, half))
}

function same<State>(crdt: Crdt<State, never, unknown>, a: State, b: State): void {
  assert.deepEqual(a, b)
  assert.deepEqual(crdt.value(a), crdt.value(b))
}

function isSame(a: unknown, b: unknown): boolean {
  try {
    assert.deepEqual(a, b)
    return true
  } catch {
    return false
  }
}

interface Replica<State> {
  state: State
  time: HybridTime
  readonly seen: Set<number>
  /** How far its clock is off, which is what stamps have to stand. */
  readonly skewMs: number
}

interface Sent<State> {
  readonly id: number
  readonly delta: State
  readonly stamp: Stamp
}

/** Replicas that change at random and hear of each other late, twice or not at all. */
class World<State, Op, Value> {
  readonly #tested: TestedCrdt<State, Op, Value>
  readonly #random: Random
  readonly #replicas: ReadonlyMap<string, Replica<State>>
  readonly #sent: Sent<State>[] = []
  readonly #operations: CrdtOperation<Op>[] = []
  #nowMs = 1_000

  constructor(tested: TestedCrdt<State, Op, Value>, random: Random) {
    this.#tested = tested
    this.#random = random
    this.#replicas = new Map(
      replicas.map((name) => [
        name,
        { state: tested.crdt.empty, time: hybridStart, seen: new Set(), skewMs: random.int(40) - 20 },
      ]),
    )
  }

  get stamps(): readonly Stamp[] {
    return this.#operations.map((one) => one.stamp)
  }

  /** States that can be reached: of replicas, of single deltas, of groups of deltas. */
  states(count: number): readonly State[] {
    if (this.#sent.length === 0) this.live(16)
    const { merge, empty } = this.#tested.crdt
    return Array.from({ length: count }, () => {
      const what = this.#random.int(3)
      if (what === 0) return this.#replica(this.#anyName()).state
      const deltas = this.#random.shuffle(this.#sent).slice(0, what === 1 ? 1 : 4)
      return deltas.map((one) => one.delta).reduce(merge, empty)
    })
  }

  latest(): readonly Stamp[] {
    return [...this.#replicas.values()].flatMap((one) => this.#tested.crdt.latest(one.state) ?? [])
  }

  live(events: number): void {
    for (let i = 0; i < events; i++) {
      this.#nowMs += this.#random.int(10)
      if (this.#random.int(2) === 0 || this.#sent.length === 0) this.#operate(this.#anyName())
      else this.#deliver(this.#anyName(), this.#sent[this.#random.int(this.#sent.length)] as Sent<State>)
    }
  }

  deliverAll(): void {
    const { merge, empty } = this.#tested.crdt
    for (const name of replicas) {
      const order = this.#random.shuffle([...this.#sent, ...this.#sent.slice(0, 3)])
      const grouped = order.splice(0, this.#random.int(order.length + 1))
      for (const one of order) this.#deliver(name, one)
      const replica = this.#replica(name)
      replica.state = merge(replica.state, grouped.map((one) => one.delta).reduce(merge, empty))
      for (const one of grouped) this.#hear(replica, one)
    }
  }

  checkConverged(): void {
    const { crdt, expected } = this.#tested
    const [first, ...others] = replicas.map((name) => this.#replica(name).state) as [State, ...State[]]
    for (const other of others) {
      same(crdt, other, first)
      assert.equal(crdt.digest(other), crdt.digest(first))
    }
    assert.deepEqual(crdt.value(first), expected(this.#operations))
    // A state that has seen all has one range a replica: nothing grows with the number of operations.
    assert.ok(crdt.size(first).replicas <= replicas.length)
  }

  checkCausal(operations: number): void {
    const { crdt, expected } = this.#tested
    for (let i = 0; i < operations; i++) {
      this.#nowMs += this.#random.int(10)
      this.#operate(this.#anyName())
      for (const name of replicas) {
        this.#deliver(name, this.#sent.at(-1) as Sent<State>)
        assert.deepEqual(crdt.value(this.#replica(name).state), expected(this.#operations))
      }
    }
  }

  #operate(name: string): void {
    const { crdt, anyOp } = this.#tested
    const replica = this.#replica(name)
    const op = anyOp(this.#random)
    replica.time = hybridNext(replica.time, this.#nowMs + replica.skewMs)
    const delta = crdt.apply(replica.state, op, { replica: name, time: replica.time })
    const id = this.#operations.length
    const stamp = { ...replica.time, replica: name }
    this.#operations.push({ id, op, stamp, seen: new Set(replica.seen) })
    this.#sent.push({ id, delta, stamp })
    replica.state = crdt.merge(replica.state, delta)
    replica.seen.add(id)
  }

  #deliver(name: string, sent: Sent<State>): void {
    const replica = this.#replica(name)
    replica.state = this.#tested.crdt.merge(replica.state, sent.delta)
    this.#hear(replica, sent)
  }

  #hear(replica: Replica<State>, { id, stamp }: Sent<State>): void {
    const limit = { nowMs: this.#nowMs + replica.skewMs, driftMaxMs: 1_000 }
    const observed = hybridObserved(replica.time, stamp, limit)
    assert.equal(observed.type, 'observed')
    if (observed.type === 'observed') replica.time = observed.time
    replica.seen.add(id)
  }

  #anyName(): string {
    return replicas[this.#random.int(replicas.length)] as string
  }

  #replica(name: string): Replica<State> {
    return this.#replicas.get(name) as Replica<State>
  }
}
