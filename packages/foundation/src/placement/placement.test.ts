import { describe, expect, test } from 'vitest'
import { memoryEngine } from '../engine/engines/memory.ts'
import type { Claim } from '../leases/claims.ts'
import { Claims } from '../leases/claims.ts'
import { Sessions } from '../leases/sessions.ts'
import { seededRandom } from '../random.ts'
import { testPort, type VirtualClock, virtualClock } from '../testing/index.ts'
import { Pins } from './pins.ts'
import type { PlacedActor } from './place-runner.ts'
import { Placement } from './placement.ts'

/** A system of nodes on one engine, with a log of what ran where. */
class World {
  readonly clock: VirtualClock = virtualClock()
  readonly engine = memoryEngine({ clock: this.clock, random: seededRandom('engine') })
  readonly nodes = new Map<string, TestNode>()
  readonly log: string[] = []
  readonly tokens: number[] = []
  readonly #listeners = new Set<() => void>()

  readonly names = {
    names: () => [...this.nodes.keys()],
    onChange: (listener: () => void) => {
      this.#listeners.add(listener)
      return () => this.#listeners.delete(listener)
    },
  }

  async join(name: string, options: Partial<Options> = {}): Promise<TestNode> {
    const node = new TestNode(this, name, { places: ['job'], policy: 'stay', ...options })
    this.nodes.set(name, node)
    for (const listener of this.#listeners) listener()
    await node.open()
    await this.clock.advance(1_500)
    return node
  }

  running(key = 'job'): readonly string[] {
    return [...this.nodes.values()].filter((one) => one.running.has(key)).map((one) => one.name)
  }
}

interface Options {
  readonly places: readonly string[]
  readonly policy: 'stay' | 'balance'
  readonly failing?: boolean
}

class TestNode {
  readonly name: string
  readonly running = new Map<string, Claim>()
  readonly sessions: Sessions
  readonly claims: Claims
  readonly pins: Pins
  readonly placement: Placement
  failing: boolean
  /** What it hands over. */
  left: unknown
  readonly #world: World

  constructor(world: World, name: string, options: Options) {
    const { clock, engine } = world
    const port = testPort({ engine, clock, name })
    this.name = name
    this.#world = world
    this.failing = options.failing ?? false
    this.sessions = new Sessions(port, world.names)
    this.claims = new Claims(port, this.sessions)
    this.pins = new Pins(port)
    const parts = { port, sessions: this.sessions, claims: this.claims, pins: this.pins }
    const { places, policy } = options
    const host = { start: (claim: Claim) => this.#start(claim) }
    this.placement = new Placement({ name: 'jobs', places, policy, host, refuseMs: 5_000, terms: 'test' }, parts)
  }

  async open(): Promise<void> {
    await this.sessions.open()
    await this.claims.open()
    await this.pins.open()
    this.placement.open()
  }

  async leave(): Promise<void> {
    await this.placement[Symbol.asyncDispose]()
    await this.#close()
  }

  async #close(): Promise<void> {
    this.#world.nodes.delete(this.name)
    await this.pins[Symbol.asyncDispose]()
    await this.claims[Symbol.asyncDispose]()
    await this.sessions[Symbol.asyncDispose]()
  }

  async #start(claim: Claim): Promise<PlacedActor> {
    if (this.failing) throw new Error('told to')
    const { log, tokens } = this.#world
    this.running.set(claim.key, claim)
    tokens.push(claim.token)
    log.push(`${this.name} runs ${claim.key} from ${JSON.stringify(claim.handedOver ?? null)}`)
    return {
      ended: new Promise(() => {}),
      stop: async () => {
        this.running.delete(claim.key)
        log.push(`${this.name} gives ${claim.key}`)
        return this.left ?? { from: this.name }
      },
      kill: () => {
        this.running.delete(claim.key)
        log.push(`${this.name} is killed at ${claim.key}`)
      },
    }
  }
}

describe('Placement', () => {
  test('a singleton runs on one node, and stays when others join', async () => {
    const world = new World()
    for (const name of ['n1', 'n2', 'n3']) await world.join(name)
    expect(world.running()).toHaveLength(1)
    expect(world.log).toEqual(['n1 runs job from null'])
    for (const one of world.nodes.values()) expect(one.placement.holder('job')).toBe('n1')
  })

  test('a node that leaves hands over what it has, and the next holder has a higher token', async () => {
    const world = new World()
    const first = await world.join('n1')
    await world.join('n2')
    await first.leave()
    await world.clock.advance(100)
    expect(world.log).toEqual(['n1 runs job from null', 'n1 gives job', 'n2 runs job from {"from":"n1"}'])
    expect(world.tokens[1]).toBeGreaterThan(world.tokens[0] as number)
  })

  test('a session that is evicted kills what runs on it at once, and somebody else goes on', async () => {
    const world = new World()
    await world.join('n1')
    const second = await world.join('n2')
    const sessions = await world.engine.state('test-sessions', { expiryMs: 20_000 })
    await sessions.delete('n1')
    await world.clock.advance(50)
    expect(world.running()).toHaveLength(1)
    expect(world.log.slice(0, 2)).toEqual(['n1 runs job from null', 'n1 is killed at job'])
    await world.clock.advance(2_000)
    expect(world.running()).toHaveLength(1)
    expect(second.placement.candidates.toSorted()).toEqual(['n1', 'n2'])
    expect(world.tokens).toEqual(world.tokens.toSorted((a, b) => a - b))
  })

  test('places are shared out, and a node that joins gets its part with what was handed over', async () => {
    const world = new World()
    const places = Array.from({ length: 16 }, (_, i) => `job.${i}`)
    for (const name of ['n1', 'n2']) await world.join(name, { places, policy: 'balance' })
    const third = await world.join('n3', { places, policy: 'balance' })
    await world.clock.advance(2_000)
    const counts = [...world.nodes.values()].map((one) => one.running.size)
    expect(counts.reduce((a, b) => a + b)).toBe(16)
    expect(third.running.size).toBeGreaterThan(0)
    for (const key of places) expect(world.running(key)).toHaveLength(1)
    const gained = world.log.filter((line) => line.startsWith('n3 runs'))
    expect(gained).toHaveLength(third.running.size)
    for (const line of gained) expect(line).toMatch(/from \{"from":"n[12]"\}$/)
  })

  test('a pinned place moves to that node, and back to the rule when unpinned', async () => {
    const world = new World()
    const first = await world.join('n1')
    await world.join('n2')
    await first.pins.set('job', 'n2')
    await world.clock.advance(100)
    expect(world.running()).toEqual(['n2'])
    expect(world.log.at(-1)).toBe('n2 runs job from {"from":"n1"}')
    await first.pins.unset('job')
    await world.clock.advance(2_000)
    expect(world.running()).toEqual(['n2'])
  })

  test('a node on which it will not start leaves it to another', async () => {
    const world = new World()
    const first = await world.join('n1', { failing: true })
    expect(world.running()).toEqual([])
    await world.join('n2')
    await world.clock.advance(2_000)
    expect(world.running()).toEqual(['n2'])
    first.failing = false
    await world.clock.advance(10_000)
    expect(world.running()).toEqual(['n2'])
    expect(world.nodes.get('n2')?.placement.candidates.toSorted()).toEqual(['n1', 'n2'])
  })

  test('a state that can not be sent is lost, and the place moves all the same', async () => {
    const world = new World()
    const first = await world.join('n1')
    await world.join('n2')
    first.left = () => {}
    await first.pins.set('job', 'n2')
    await world.clock.advance(1_000)
    expect(world.log).toEqual(['n1 runs job from null', 'n1 gives job', 'n2 runs job from null'])
  })

  test('holds nothing any more once it is left, at whatever moment that is', async () => {
    const world = new World()
    const { claims, pins, sessions } = await world.join('n1')
    const port = testPort({ engine: world.engine, clock: world.clock, name: 'n1' })
    const actor: PlacedActor = { ended: new Promise(() => {}), stop: async () => undefined, kill: () => {} }
    const held = new Set<string>()
    for (let turns = 0; turns < 60; turns++) {
      const settings = {
        name: `some${turns}`,
        places: [`place${turns}`],
        policy: 'stay',
        terms: 'test',
        refuseMs: 5_000,
      } as const
      const placement = new Placement(
        { ...settings, host: { start: async () => actor } },
        { port, sessions, claims, pins },
      )
      placement.open()
      for (let i = 0; i < turns; i++) await Promise.resolve()
      await placement[Symbol.asyncDispose]()
      await world.clock.advance(100)
      for (const key of [`place${turns}`, `offer.some${turns}.n1`]) {
        if (claims.get(key) !== undefined) held.add(claims.standing(key))
      }
    }
    // Some were left before anything was taken, and some while it was.
    expect([...held]).toEqual(['free'])
  })

  test('a shard that will not start on its node is taken by another, and is tried there ever more rarely', async () => {
    const world = new World()
    const places = Array.from({ length: 8 }, (_, i) => `job.${i}`)
    const first = await world.join('n1', { places, policy: 'balance', failing: true })
    const second = await world.join('n2', { places, policy: 'balance' })
    await world.clock.advance(3_000)
    expect(second.running.size).toBe(8)
    const before = world.log.length
    await world.clock.advance(60_000)
    // Each of the shards that belong to the first goes there after 5, 10, 20 s, fails, and comes back.
    expect(world.log.length - before).toBeLessThan(8 * 2 * 4)
    first.failing = false
    await world.clock.advance(300_000)
    expect(first.running.size).toBeGreaterThan(0)
    expect(first.running.size + second.running.size).toBe(8)
  })

  test('leaves no timer and no key that is held when all have left', async () => {
    const world = new World()
    const nodes = [await world.join('n1'), await world.join('n2')]
    for (const node of nodes) await node.leave()
    const claims = await world.engine.state('test-claims')
    expect(await (await world.engine.state('test-sessions', { expiryMs: 20_000 })).get('n1')).toBeUndefined()
    expect(await claims.get('job')).toBeDefined()
    expect(world.clock.pendingTimers).toBe(0)
  })
})
