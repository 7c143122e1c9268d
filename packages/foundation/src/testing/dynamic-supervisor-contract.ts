/** The laws of a dynamic supervisor's decisions, checked on seeded histories: also how the tests show that they notice a wrong one. */

import assert from 'node:assert/strict'
import type { Random } from '../random.ts'
import type { Backoff } from '../supervision/backoff.ts'
import {
  type DynamicChildState,
  type DynamicCommand,
  type DynamicEvent,
  type DynamicState,
  type DynamicStep,
  newDynamic,
} from '../supervision/dynamic-step.ts'
import type { Restart } from '../supervision/supervisor-step.ts'
import { type ContractCase, seededLaws } from './contract-case.ts'

const restarts: readonly Restart[] = ['permanent', 'transient', 'temporary']
const windowMs = 1_000
const backoff: Backoff = { firstMs: 40, factor: 2, maxMs: 200, jitter: 0 }

/** @example for (const { name, run } of dynamicSupervisorContract(dynamicStep)) test(name, run) */
export function dynamicSupervisorContract(step: DynamicStep): readonly ContractCase[] {
  const law = seededLaws(200, (random) => new World(step, random))
  return [...lawsOfRestarts(law), ...lawsOfBounds(law)]
}

type Law = (name: string, check: (world: World) => void) => ContractCase

function lawsOfRestarts(law: Law): readonly ContractCase[] {
  return [
    law('a child is only started while it does not run, after its back-off, and stopped while it does', (world) =>
      world.live(80),
    ),
    law('once settled, what should run runs: permanent always, transient unless it ended well', (world) => {
      world.live(40)
      world.settle()
      if (world.ended === undefined) world.checkWanted()
      else assert.deepEqual(world.running, [])
    }),
    law('a child that was asked to end is not started again', (world) => {
      const id = world.add('permanent')
      world.settle()
      world.send(id, { type: 'child-stop' })
      world.settle()
      assert.deepEqual([world.running, world.state.children, world.ended], [[], 0, undefined])
    }),
    law('a child that waits for its restart can be asked to end', (world) => {
      const id = world.add('permanent')
      world.settle()
      world.exit(id, true)
      world.send(id, { type: 'child-stop' })
      world.settle()
      assert.deepEqual([world.running, world.state.children], [[], 0])
    }),
    law('a first start that fails is not kept, a later one is tried again', (world) => {
      const first = world.add('permanent')
      world.startFails(first)
      assert.equal(world.state.children, 0)
      const second = world.add('permanent')
      world.settle()
      world.exit(second, true)
      world.failNextStart()
      world.settle()
      if (world.restartsMax >= 2) assert.deepEqual(world.running, [second])
      else assert.equal(world.ended, 'restart-intensity')
    }),
    law('with a back-off the waits grow up to their bound, and begin anew after a quiet window', (world) => {
      const id = world.add('transient')
      world.settle()
      for (let i = 0; i < world.restartsMax; i++) {
        world.exit(id, true)
        world.settle()
      }
      world.pass(windowMs)
      world.exit(id, true)
      world.settle()
      const grown = Array.from({ length: world.restartsMax }, (_, i) => Math.min(200, 40 * 2 ** i))
      assert.deepEqual(world.waitsMs, world.hasBackoff ? [...grown, 40] : [])
    }),
  ]
}

function lawsOfBounds(law: Law): readonly ContractCase[] {
  return [
    law('as many children as childrenMax, and not one more', (world) => {
      const { childrenMax } = world.state
      for (let i = 0; i < childrenMax; i++) world.add('permanent')
      world.settle()
      assert.equal(world.running.length, childrenMax)
      assert.equal(world.tryToAdd('permanent'), undefined)
      world.send(0, { type: 'child-stop' })
      world.settle()
      assert.notEqual(world.tryToAdd('permanent'), undefined)
    }),
    law('never more than restartsMax restarts inside one window', (world) => {
      world.live(80)
      for (const fromMs of world.restartsMs) {
        const inside = world.restartsMs.filter((ms) => ms >= fromMs && ms - fromMs < windowMs)
        assert.ok(inside.length <= world.restartsMax, `${inside.length} restarts within ${windowMs} ms`)
      }
    }),
    law('restarts of all children count together; one too many and it gives up with nothing left', (world) => {
      const ids = Array.from({ length: Math.min(3, world.state.childrenMax) }, () => world.add('permanent'))
      world.settle()
      for (let i = 0; i <= world.restartsMax; i++) {
        assert.equal(world.ended, undefined)
        world.exit(ids[i % ids.length] as number, true)
        world.settle()
      }
      assert.equal(world.ended, 'restart-intensity')
      assert.deepEqual(world.running, [])
    }),
    law('crashes further apart than the window never make it give up', (world) => {
      const id = world.add('permanent')
      world.settle()
      for (let i = 0; i < world.restartsMax + 3; i++) {
        world.pass(windowMs)
        world.exit(id, true)
        world.settle()
      }
      assert.equal(world.ended, undefined)
    }),
    law('it ends once, when nothing runs, starts or waits any more, and takes no child after', (world) => {
      world.live(40)
      world.send(undefined, { type: 'stop' })
      assert.equal(world.tryToAdd('permanent'), undefined)
      world.settle()
      world.send(undefined, { type: 'stop' })
      assert.equal(world.endings, 1)
      assert.deepEqual([world.running, world.state.children], [[], 0])
    }),
  ]
}

/** Children as they are outside the supervisor, and everything that went to and fro. */
class World {
  readonly restartsMax: number
  readonly hasBackoff: boolean
  readonly history: string[] = []
  readonly restartsMs: number[] = []
  readonly waitsMs: number[] = []
  endings = 0
  ended: string | undefined
  state: DynamicState
  readonly #step: DynamicStep
  readonly #random: Random
  readonly #children = new Map<number, DynamicChildState>()
  /** As they were added. */
  readonly #restarts: Restart[] = []
  readonly #alive = new Set<number>()
  readonly #dueMs = new Map<number, number>()
  readonly #endedWell = new Set<number>()
  /** One whose first start failed never was a child. */
  readonly #lived = new Set<number>()
  readonly #asked = new Set<number>()
  readonly #starting: number[] = []
  readonly #stopping = new Set<number>()
  #failNext = false
  #nowMs = 10_000

  constructor(step: DynamicStep, random: Random) {
    this.#step = step
    this.#random = random
    this.restartsMax = 1 + random.int(4)
    this.hasBackoff = random.int(2) === 0
    const bounds = { childrenMax: 1 + random.int(6), restartsMax: this.restartsMax, windowMs }
    this.state = newDynamic(this.hasBackoff ? { ...bounds, backoff } : bounds)
  }

  get running(): readonly number[] {
    return [...this.#alive]
  }

  pass(ms: number): void {
    this.#nowMs += ms
  }

  failNextStart(): void {
    this.#failNext = true
  }

  add(restart: Restart): number {
    const id = this.tryToAdd(restart)
    assert.ok(id !== undefined, 'it takes no child')
    return id
  }

  tryToAdd(restart: Restart): number | undefined {
    const id = this.#children.size
    this.history.push(`add ${restart} ${id}`)
    const { state, child, commands } = this.#step(this.state, undefined, { type: 'child-add', restart })
    this.state = state
    if (child === undefined) return undefined
    this.#children.set(id, child)
    this.#restarts[id] = restart
    for (const command of commands) this.#take(command, id)
    assert.ok(this.state.children <= this.state.childrenMax, `${this.state.children} children`)
    return id
  }

  send(id: number | undefined, event: DynamicEvent): void {
    this.history.push(`${event.type} ${id ?? ''}`)
    const before = this.state
    const child = id === undefined ? undefined : this.#children.get(id)
    if (event.type === 'child-stop' && id !== undefined && child !== undefined) this.#asked.add(id)
    const stepped = this.#step(before, child, event)
    this.state = stepped.state
    if (id !== undefined && stepped.child !== undefined) this.#children.set(id, stepped.child)
    if (this.state.restartsMs !== before.restartsMs && this.state.phase === 'running') this.restartsMs.push(this.#nowMs)
    for (const command of stepped.commands) this.#take(command, id)
  }

  exit(id: number, abnormal: boolean): void {
    if (!this.#alive.delete(id)) return
    this.#stopping.delete(id)
    if (abnormal) this.#endedWell.delete(id)
    else this.#endedWell.add(id)
    this.send(id, { type: 'child-exited', abnormal, atMs: this.#nowMs })
  }

  startFails(id: number): void {
    const at = this.#starting.indexOf(id)
    assert.ok(at >= 0, `${id} does not start`)
    this.#starting.splice(at, 1)
    this.#stopping.delete(id)
    this.send(id, { type: 'child-start-failed', atMs: this.#nowMs })
  }

  /** Carries out what was commanded until nothing is left to do. */
  settle(): void {
    for (let turns = 0; this.#carryOutOne() || this.#comeDue(); turns++) {
      assert.ok(turns < 500, 'it never comes to rest')
    }
  }

  /** Things happen in any order, carrying out commands late. */
  live(events: number): void {
    for (let i = 0; i < events && this.ended === undefined; i++) {
      const what = this.#random.int(12)
      const id = this.#random.int(Math.max(1, this.#children.size))
      if (what < 2) this.tryToAdd(restarts[this.#random.int(3)] as Restart)
      else if (what < 7) this.#carryOutOne()
      else if (what === 7) this.#comeDue()
      else if (what === 8) this.exit(id, true)
      else if (what === 9) this.exit(id, false)
      else if (what === 10 && this.#starting.includes(id)) this.startFails(id)
      else if (what === 11 && this.#random.int(3) === 0) this.send(id, { type: 'child-stop' })
      this.pass(this.#random.int(300))
    }
  }

  checkWanted(): void {
    for (const id of this.#lived) {
      const restart = this.#restarts[id]
      if (this.#asked.has(id) || restart === 'temporary') continue
      if (restart === 'transient' && this.#endedWell.has(id)) continue
      assert.ok(this.#alive.has(id), `${restart} ${id} does not run`)
    }
    const kept = [...this.#children.values()].filter((one) => one.status !== 'gone')
    assert.equal(this.state.children, kept.length)
    assert.equal(this.#alive.size, kept.length)
  }

  #take(command: DynamicCommand, id: number | undefined): void {
    this.history.push(`→ ${command.type} ${id ?? ''}`)
    if (command.type === 'children-stop') {
      for (const child of this.#children.keys()) this.send(child, { type: 'child-stop' })
      return
    }
    if (command.type === 'supervisor-stopped') {
      this.endings++
      this.ended = command.reason
      assert.deepEqual(
        [this.running, this.#starting, this.#dueMs.size],
        [[], [], 0],
        'it ended before its children did',
      )
      return
    }
    assert.ok(id !== undefined)
    if (command.type === 'child-start') this.#onStart(id)
    else if (command.type === 'child-stop') this.#onStop(id)
    else if (command.type === 'child-wait-cancel') this.#dueMs.delete(id)
    else if (command.type === 'child-wait') {
      assert.ok(!this.#alive.has(id), `${id} runs while it waits`)
      this.waitsMs.push(command.delayMs)
      this.#dueMs.set(id, this.#nowMs + command.delayMs)
    }
  }

  #onStart(id: number): void {
    const restart = this.#restarts[id]
    assert.ok(!this.#alive.has(id) && !this.#starting.includes(id), `${id} runs already`)
    assert.ok(!this.#dueMs.has(id), `${id} is to wait`)
    assert.ok(!this.#asked.has(id), `${id} was asked to end`)
    const first = !this.history.includes(`→ started ${id}`)
    assert.ok(first || restart !== 'temporary', `${id} is temporary`)
    assert.ok(first || restart !== 'transient' || !this.#endedWell.has(id), `${id} is transient and ended well`)
    this.history.push(`→ started ${id}`)
    this.#starting.push(id)
  }

  #onStop(id: number): void {
    assert.ok(this.#alive.has(id) || this.#starting.includes(id), `${id} does not run`)
    this.#stopping.add(id)
  }

  #carryOutOne(): boolean {
    const id = this.#starting[0]
    if (id !== undefined && this.#failNext) {
      this.#failNext = false
      this.startFails(id)
      return true
    }
    if (id !== undefined) {
      this.#starting.shift()
      this.#alive.add(id)
      this.#lived.add(id)
      this.#endedWell.delete(id)
      this.send(id, { type: 'child-started' })
      return true
    }
    const [stopping] = this.#stopping
    if (stopping === undefined) return false
    this.exit(stopping, false)
    return true
  }

  #comeDue(): boolean {
    const [first] = [...this.#dueMs].sort((a, b) => a[1] - b[1])
    if (first === undefined) return false
    this.#nowMs = Math.max(this.#nowMs, first[1])
    this.#dueMs.delete(first[0])
    this.send(first[0], { type: 'child-due' })
    return true
  }
}
