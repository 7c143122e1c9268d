/**
 * A singleton under faults: every node offers to run it, whoever holds it writes to a sink that checks fencing tokens, and the run is
 * checked for what must hold whatever fails.
 */

import assert from 'node:assert/strict'
import { createCodec } from '../../codec/codec.ts'
import type { Engine } from '../../engine/engine.ts'
import { type Claim, Claims } from '../../leases/claims.ts'
import { type SessionSteps, Sessions } from '../../leases/sessions.ts'
import type { NodePort } from '../../node-port.ts'
import { Pins } from '../../placement/pins.ts'
import type { PlacedActor } from '../../placement/place-runner.ts'
import { Placement } from '../../placement/placement.ts'
import type { Scenario, SimNode, Simulation } from '../index.ts'

export interface SingletonScenarioOptions {
  /** @default those of the package */
  readonly steps?: SessionSteps
  /** Changes what a node sees of the engine. @default nothing */
  readonly wrap?: (engine: Engine) => Engine
  /** Whether the sink refuses tokens lower than the highest it has seen. @default true */
  readonly fencing?: boolean
  /** Whether what runs is killed when its session is lost. @default true */
  readonly killing?: boolean
  /** Fails when anybody but the first holder ever ran: for schedules that harm no node. @default false */
  readonly mayNotMove?: boolean
}

interface Effect {
  readonly token: number
  readonly holder: string
}

interface Run {
  readonly claim: Claim
  readonly holder: string
  readonly beganMs: number
}

const key = 'indexer'
const effectEveryMs = 100
/** An effect is on its way for up to so long. */
const wayMs = 300
/** A holder whose session is over stops within its own expiry, in time in which it runs at all. */
const zombieMs = 20_500

export function singletonScenario(options: SingletonScenarioOptions = {}): (sim: Simulation) => Scenario {
  return (sim) => {
    const world = new World(sim, options)
    return { boot: (node) => world.boot(node), check: () => world.check() }
  }
}

class World {
  readonly #sim: Simulation
  readonly #options: SingletonScenarioOptions
  readonly #effects: Effect[] = []
  readonly #runs: Run[] = []
  /** Who runs now, by node and life. */
  readonly #running = new Map<string, Run>()
  readonly #placements = new Map<string, Placement>()
  #highest = 0

  constructor(sim: Simulation, options: SingletonScenarioOptions) {
    this.#sim = sim
    this.#options = options
  }

  async boot(node: SimNode): Promise<void> {
    const { wrap = (engine) => engine, steps } = this.#options
    const port: NodePort = { ...node.ports, codec: createCodec({}), engine: wrap(node.ports.engine) }
    const names = { names: () => this.#sim.names, onChange: () => () => {} }
    const sessions = new Sessions(port, names, steps === undefined ? {} : { steps })
    const claims = new Claims(port, sessions)
    const pins = new Pins(port)
    const host = { start: async (claim: Claim) => this.#start(node, claim) }
    const settings = { name: 'indexer', places: [key], policy: 'stay' as const, host, refuseMs: 5_000, terms: 'test' }
    const placement = new Placement(settings, { port, sessions, claims, pins })
    this.#placements.set(node.name, placement)
    for (const part of [sessions, claims, pins]) await opened(port, () => part.open())
    placement.open()
  }

  check(): void {
    const alive = this.#sim.names.filter((name) => this.#sim.node(name).running)
    const holders = [...this.#running.values()].filter((one) => alive.some((name) => one.holder === this.#idOf(name)))
    assert.equal(
      holders.length,
      1,
      `${holders.length} hold it in the end: ${holders.map((one) => one.holder).join(', ')}`,
    )
    const holder = holders[0] as Run
    for (const name of alive) {
      assert.equal(
        this.#placements.get(name)?.holder(key),
        holder.holder.split('/')[0],
        `${name} is wrong about the holder`,
      )
    }
    this.#checkTokens()
    this.#checkEffects()
    if (this.#options.mayNotMove) {
      assert.equal(
        this.#runs.length,
        1,
        `a healthy holder was evicted: ${this.#runs.map((one) => one.holder).join(', ')}`,
      )
    }
  }

  /** A token is of one holder, and holders come with rising tokens. */
  #checkTokens(): void {
    const holders = new Map<number, string>()
    let highest = 0
    for (const { claim, holder } of this.#runs) {
      const other = holders.get(claim.token)
      assert.ok(other === undefined || other === holder, `${other} and ${holder} share the token ${claim.token}`)
      holders.set(claim.token, holder)
      assert.ok(claim.token >= highest, `${holder} began with token ${claim.token} after ${highest}`)
      highest = claim.token
    }
  }

  /** What was let through never goes back to an earlier holder. */
  #checkEffects(): void {
    assert.ok(this.#effects.length > 0, 'nothing was ever done')
    for (const [i, effect] of this.#effects.entries()) {
      const before = this.#effects[i - 1]
      if (before === undefined) continue
      const sentence = `${effect.holder} with token ${effect.token} had an effect after ${before.holder} with ${before.token}`
      assert.ok(effect.token >= before.token, sentence)
    }
  }

  #idOf(name: string): string {
    return `${name}/${this.#sim.node(name).epoch}`
  }

  #start(node: SimNode, claim: Claim): PlacedActor {
    const holder = `${node.name}/${node.epoch}`
    const { clock } = node.ports
    assert.ok(!this.#running.has(holder), `${holder} runs it twice`)
    const run: Run = { claim, holder, beganMs: clock.monotonicMs() }
    this.#runs.push(run)
    this.#running.set(holder, run)
    let stopped = false
    let staleForMs = 0
    const work = () => {
      if (stopped) return
      // Time in which it is held up does not count: its timers do not fire then.
      staleForMs = this.#highest > claim.token ? staleForMs + effectEveryMs : 0
      assert.ok(staleForMs < zombieMs, `${holder} went on for ${staleForMs} ms after another had taken over`)
      const effect = { token: claim.token, holder }
      this.#sim.clock.setTimer(this.#sim.random.int(wayMs), () => this.#take(effect))
      clock.setTimer(effectEveryMs, work)
    }
    work()
    const end = () => {
      stopped = true
      this.#running.delete(holder)
    }
    return {
      ended: new Promise(() => {}),
      stop: async () => end(),
      kill: () => (this.#options.killing ?? true) && end(),
    }
  }

  #take(effect: Effect): void {
    if ((this.#options.fencing ?? true) && effect.token < this.#highest) return
    this.#highest = Math.max(this.#highest, effect.token)
    this.#effects.push(effect)
  }
}

/** As a node does at its start: until the engine answers. */
async function opened(port: NodePort, open: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await open()
    } catch {
      await new Promise<void>((resolve) => void port.clock.setTimer(500, resolve))
    }
  }
}
