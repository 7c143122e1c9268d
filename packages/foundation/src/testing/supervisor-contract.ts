/** The laws of a supervisor's decisions, checked on seeded histories: also how the tests show that they notice a wrong one. */

import assert from 'node:assert/strict'
import type { Random } from '../random.ts'
import type { Backoff } from '../supervision/backoff.ts'
import {
  type AutoShutdown,
  type Command,
  type NewChild,
  newSupervisor,
  type Restart,
  type Strategy,
  type SupervisorEvent,
  type SupervisorState,
  type SupervisorStep,
} from '../supervision/supervisor-step.ts'
import { type ContractCase, seededLaws } from './contract-case.ts'

const strategies: readonly Strategy[] = ['one-for-one', 'one-for-all', 'rest-for-one']
const restarts: readonly Restart[] = ['permanent', 'transient', 'temporary']
const windowMs = 1_000
const backoff: Backoff = { firstMs: 40, factor: 2, maxMs: 200, jitter: 0 }

/** @example for (const { name, run } of supervisorContract(supervisorStep)) test(name, run) */
export function supervisorContract(step: SupervisorStep): readonly ContractCase[] {
  const law = seededLaws(300, (random) => new World(step, random))
  return [...lawsOfOrder(law), ...lawsOfIntensity(law), ...lawsOfBackoff(law), ...lawsOfEnds(law)]
}

type Law = (name: string, check: (world: World) => void) => ContractCase

function lawsOfOrder(law: Law): readonly ContractCase[] {
  return [
    law('children start in order and stop in reverse', (world) => {
      world.start()
      world.send({ type: 'stop' })
      world.settle()
      const ids = world.childIds
      assert.deepEqual(world.issued('child-start'), ids)
      assert.deepEqual(world.issued('child-stop'), [...ids].reverse())
      assert.equal(world.ended, 'shutdown')
    }),
    law('a child is only started while it does not run, and only stopped while it does', (world) => world.live(60)),
    law('once settled, what should run runs: permanent always, transient unless it ended well', (world) => {
      world.live(25)
      world.settle()
      if (world.ended === undefined) world.checkWanted()
      else assert.deepEqual(world.running, [])
    }),
    law('the strategy decides who is restarted with whom', (world) => world.checkStrategy()),
  ]
}

function lawsOfIntensity(law: Law): readonly ContractCase[] {
  return [
    law('never more than restartsMax restarts inside one window', (world) => {
      world.live(60)
      const { restartsMax } = world
      for (const fromMs of world.restartsMs) {
        const inside = world.restartsMs.filter((ms) => ms >= fromMs && ms - fromMs < windowMs)
        assert.ok(inside.length <= restartsMax, `${inside.length} restarts within ${windowMs} ms`)
      }
    }),
    law('one more than restartsMax crashes inside one window and it gives up, with nothing left running', (world) => {
      world.start()
      const first = world.childIds[0] as string
      if (world.restartOf(first) === 'temporary') return
      for (let i = 0; i <= world.restartsMax; i++) {
        world.exit(first, true)
        world.settle()
      }
      assert.equal(world.ended, 'restart-intensity')
      assert.deepEqual(world.running, [])
    }),
    law('crashes further apart than the window never make it give up', (world) => {
      world.start()
      for (let i = 0; i < world.restartsMax + 3; i++) {
        world.pass(windowMs)
        world.crashAny()
        world.settle()
      }
      assert.notEqual(world.ended, 'restart-intensity')
    }),
    law('restarts of all children count together', (world) => {
      world.start()
      const permanent = world.childIds.filter((id) => world.restartOf(id) === 'permanent')
      if (permanent.length < 2) return
      for (let i = 0; i <= world.restartsMax; i++) {
        world.exit(permanent[i % permanent.length] as string, true)
        world.settle()
      }
      assert.equal(world.ended, 'restart-intensity')
    }),
  ]
}

function lawsOfBackoff(law: Law): readonly ContractCase[] {
  return [
    law('with a back-off the waits grow up to their bound, and begin anew after a quiet window', (world) => {
      if (!world.hasBackoff) return
      world.start()
      const id = world.childIds.find((one) => world.restartOf(one) !== 'temporary')
      if (id === undefined) return
      for (let i = 0; i < world.restartsMax; i++) {
        world.exit(id, true)
        world.settle()
      }
      world.pass(windowMs)
      world.exit(id, true)
      world.settle()
      const grown = Array.from({ length: world.restartsMax }, (_, i) => Math.min(200, 40 * 2 ** i))
      assert.deepEqual(world.waitsMs, [...grown, 40])
    }),
    law('without a back-off nobody waits', (world) => {
      if (world.hasBackoff) return
      world.live(60)
      assert.deepEqual(world.waitsMs, [])
    }),
  ]
}

function lawsOfEnds(law: Law): readonly ContractCase[] {
  return [
    law('a significant child that ends by itself shuts it down, one that is restarted does not', (world) => {
      world.start()
      const significant = world.significantIds
      for (const [i, id] of significant.entries()) {
        assert.equal(world.ended, undefined)
        world.exit(id, false)
        world.settle()
        const last = i === significant.length - 1
        const ends = world.autoShutdown === 'any-significant' || (world.autoShutdown === 'all-significant' && last)
        assert.equal(world.ended, ends ? 'auto-shutdown' : undefined)
        if (ends) return
      }
    }),
    law('it ends once, when nothing runs any more', (world) => {
      world.live(40)
      world.send({ type: 'stop' })
      world.settle()
      world.send({ type: 'stop' })
      assert.equal(world.endings, 1)
      assert.deepEqual(world.running, [])
    }),
  ]
}

/** Children as they are outside the supervisor, and everything that went to and fro. */
class World {
  readonly childIds: readonly string[]
  readonly restartsMax: number
  readonly history: string[] = []
  readonly restartsMs: number[] = []
  endings = 0
  ended: string | undefined
  readonly #strategy: Strategy
  readonly hasBackoff: boolean
  readonly autoShutdown: AutoShutdown
  /** How long each wait was to be. */
  readonly waitsMs: number[] = []
  readonly #children: readonly NewChild[]
  /** Children whose back-off is under way, and when it ends. */
  readonly #dueMs = new Map<string, number>()
  readonly #step: SupervisorStep
  readonly #random: Random
  readonly #commands: Command[] = []
  readonly #alive = new Set<string>()
  readonly #endedWell = new Set<string>()
  #waiting: Command[] = []
  #state: SupervisorState
  #nowMs = 0

  constructor(step: SupervisorStep, random: Random) {
    this.#step = step
    this.#random = random
    const pick = <T>(items: readonly T[]) => items[random.int(items.length)] as T
    this.restartsMax = 1 + random.int(4)
    this.#strategy = pick(strategies)
    this.#children = Array.from({ length: 1 + random.int(4) }, (_, i) => this.#newChild(`c${i}`, pick(restarts)))
    this.childIds = this.#children.map((one) => one.id)
    this.hasBackoff = random.int(2) === 0
    this.autoShutdown = pick(['never', 'any-significant', 'all-significant'])
    const { autoShutdown } = this
    const bounds = { strategy: this.#strategy, restartsMax: this.restartsMax, windowMs, autoShutdown }
    const options = this.hasBackoff ? { ...bounds, backoff } : bounds
    this.#state = newSupervisor(options, this.#children)
  }

  get significantIds(): readonly string[] {
    return this.#children.flatMap((one) => (one.significant ? [one.id] : []))
  }

  get running(): readonly string[] {
    return [...this.#alive]
  }

  restartOf(id: string): Restart {
    return this.#children.find((one) => one.id === id)?.restart ?? 'permanent'
  }

  issued(type: Command['type']): readonly string[] {
    return this.#commands.flatMap((one) => (one.type === type && 'childId' in one ? [one.childId] : []))
  }

  start(): void {
    this.send({ type: 'start' })
    this.settle()
  }

  pass(ms: number): void {
    this.#nowMs += ms
  }

  send(event: SupervisorEvent): void {
    this.history.push('childId' in event ? `${event.type} ${event.childId}` : event.type)
    const before = this.#state
    const [state, commands] = this.#step(before, event)
    this.#state = state
    if (state.restartsMs !== before.restartsMs && state.restartsMs.at(-1) === this.#nowMs)
      this.restartsMs.push(this.#nowMs)
    for (const command of commands) this.#take(command)
  }

  exit(id: string, abnormal: boolean): void {
    if (!this.#alive.delete(id)) return
    // Whoever was about to be asked to stop has done so.
    this.#waiting = this.#waiting.filter((one) => !(one.type === 'child-stop' && one.childId === id))
    if (abnormal) this.#endedWell.delete(id)
    else this.#endedWell.add(id)
    this.send({ type: 'child-exited', childId: id, abnormal, atMs: this.#nowMs })
  }

  crashAny(): void {
    const id = this.running[this.#random.int(Math.max(1, this.#alive.size))]
    if (id !== undefined) this.exit(id, true)
  }

  /** Carries out what was commanded until nothing is left to do. */
  settle(): void {
    for (let turns = 0; this.#waiting.length + this.#dueMs.size > 0; turns++) {
      assert.ok(turns < 500, 'it never comes to rest')
      if (this.#waiting.length > 0) this.#carryOutOne(false)
      else this.#comeDue(true)
    }
  }

  /** Things happen in any order, carrying out commands late. */
  live(events: number): void {
    this.send({ type: 'start' })
    for (let i = 0; i < events && this.ended === undefined; i++) {
      const what = this.#random.int(10)
      if (what < 6 && this.#waiting.length > 0) this.#carryOutOne(this.#random.int(12) === 0)
      else if (what < 7) this.crashAny()
      else if (what === 7 && this.#dueMs.size > 0) this.#comeDue(false)
      else if (what === 8 && this.#alive.size > 0) this.exit(this.running[0] as string, false)
      this.pass(this.#random.int(300))
    }
  }

  checkWanted(): void {
    for (const { id, restart } of this.#children) {
      const endedWell = this.#endedWell.has(id)
      if (restart === 'permanent' || (restart === 'transient' && !endedWell)) {
        assert.ok(this.#alive.has(id), `${restart} ${id} does not run`)
      }
    }
    assert.equal(this.#state.phase, 'running')
  }

  checkStrategy(): void {
    this.start()
    const strategy = this.#strategy
    const children = this.#children
    const at = this.#random.int(children.length)
    const crashed = children[at] as NewChild
    const seen = this.#commands.length
    this.exit(crashed.id, true)
    this.settle()
    const later = this.#commands.slice(seen)
    const started = later.flatMap((one) => (one.type === 'child-start' ? [one.childId] : []))
    const from = strategy === 'one-for-all' ? 0 : at
    const to = strategy === 'one-for-one' ? at + 1 : children.length
    const group = children.slice(from, to).filter((one) => one.restart !== 'temporary')
    assert.deepEqual(started, crashed.restart === 'temporary' ? [] : group.map((one) => one.id))
  }

  #take(command: Command): void {
    this.history.push('childId' in command ? `→ ${command.type} ${command.childId}` : `→ ${command.type}`)
    this.#commands.push(command)
    if (command.type === 'child-wait') {
      assert.ok(!this.#alive.has(command.childId), `${command.childId} runs while it waits`)
      this.waitsMs.push(command.delayMs)
      this.#dueMs.set(command.childId, this.#nowMs + command.delayMs)
      return
    }
    if (command.type === 'child-wait-cancel') return void this.#dueMs.delete(command.childId)
    if ('childId' in command) assert.ok(!this.#dueMs.has(command.childId), `${command.childId} is to wait`)
    if (command.type === 'child-start') assert.ok(!this.#alive.has(command.childId), `${command.childId} runs already`)
    if (command.type === 'child-stop') assert.ok(this.#alive.has(command.childId), `${command.childId} does not run`)
    if (command.type === 'supervisor-stopped') {
      this.endings++
      this.ended = command.reason
      assert.deepEqual(this.running, [], 'it ended before its children did')
      assert.equal(this.#dueMs.size, 0, 'a wait outlives it')
    }
    if ('childId' in command) this.#waiting.push(command)
    assert.ok(this.#waiting.length <= 1, 'more than one command is under way')
  }

  #newChild(id: string, restart: Restart): NewChild {
    return { id, restart, significant: restart !== 'permanent' && this.#random.int(3) === 0 }
  }

  /** The back-off that ends first; whether it is waited for, or only looked at. */
  #comeDue(waits: boolean): void {
    const [first] = [...this.#dueMs].sort((a, b) => a[1] - b[1])
    if (first === undefined) return
    const [childId, dueMs] = first
    if (waits) this.#nowMs = Math.max(this.#nowMs, dueMs)
    if (dueMs > this.#nowMs) return
    this.#dueMs.delete(childId)
    this.send({ type: 'child-due', childId })
  }

  #carryOutOne(failing: boolean): void {
    const command = this.#waiting.shift()
    if (command === undefined || !('childId' in command)) return
    const { childId } = command
    if (command.type === 'child-stop') {
      this.exit(childId, false)
      return
    }
    if (failing) {
      this.send({ type: 'child-start-failed', childId, atMs: this.#nowMs })
      return
    }
    this.#alive.add(childId)
    this.#endedWell.delete(childId)
    this.send({ type: 'child-started', childId })
  }
}
