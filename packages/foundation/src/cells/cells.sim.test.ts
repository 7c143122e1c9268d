import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { memoryEngine } from '../engine/engines/memory.ts'
import { isMabeamError } from '../errors.ts'
import { type Random, seededRandom } from '../random.ts'
import type { HistoryEvent } from '../testing/history.ts'
import {
  checkConverged,
  checkLinearizable,
  testPort,
  type Verdict,
  type VirtualClock,
  virtualClock,
} from '../testing/index.ts'
import { numberModel } from '../testing/scenarios/cell-scenarios.fixture.ts'
import { cellsSettings } from './cell-options.ts'
import { type Cells, openCells } from './cells.ts'
import type { Crdt } from './crdts/crdt.ts'
import { type LastWriteState, lastWriteRegister } from './crdts/last-write-register.ts'
import { type FaultyNetwork, faultyNetwork } from './faulty-engine.fixture.ts'
import { Gossip } from './gossip.ts'
import { stampOrder } from './hybrid-clock.ts'
import type { Replica } from './replica.ts'
import type { StrongCell } from './strong-cell.ts'

const nodeCount = 3
const closing: AsyncDisposable[] = []
afterEach(async () => {
  for (const one of closing.splice(0)) await one[Symbol.asyncDispose]()
})
const firstSeed = Number(process.env.MABEAM_SEED ?? 1)
beforeAll(() => console.log(`cells: seeds from ${firstSeed}; MABEAM_SEED=<seed> begins at another`))
const seeds = (count: number) => Array.from({ length: count }, (_, i) => firstSeed + i)

interface World {
  readonly clock: VirtualClock
  readonly random: Random
  readonly network: FaultyNetwork
  port(node: number): ReturnType<typeof testPort>
}

function newWorld(seed: number): World {
  const clock = virtualClock()
  const random = seededRandom(seed)
  const network = faultyNetwork(memoryEngine({ clock }), clock, random.fork('network'))
  const port = (node: number) =>
    testPort({ engine: network.view(node), clock, name: `n${node}`, random: random.fork(node) })
  return { clock, random, network, port }
}

/** Loss of a fifth, and now and then a partition between two nodes, one way or both. */
function trouble({ network, random }: World): void {
  const [from, to, isBoth] = [random.int(nodeCount), random.int(nodeCount), random.int(2) === 0]
  const isCut = random.int(2) === 0
  network.loses = (message) => {
    const isAcross = message.from === from && message.to === to
    const isBack = isBoth && message.from === to && message.to === from
    return message.from !== message.to && ((isCut && (isAcross || isBack)) || random.int(5) === 0)
  }
}

interface AllKinds {
  readonly act: (random: Random, n: number) => void
  readonly value: () => unknown
  /** The counter's value, and what was added here. */
  readonly counted: () => readonly [value: number, added: number]
}

function allKinds(cells: Cells): AllKinds {
  const [register, multi, counter] = [cells.register('r'), cells.multiRegister('mr'), cells.counter('c')]
  const [set, map] = [cells.set<number>('s'), cells.map<number>('m')]
  let added = 0
  const acts = [
    (_: Random, n: number) => register.set(n),
    (_: Random, n: number) => multi.set(n),
    (random: Random) => {
      const by = random.int(9) - 4
      added += by
      counter.add(by)
    },
    (random: Random) => set.add(random.int(6)),
    (random: Random) => set.delete(random.int(6)),
    (random: Random, n: number) => map.set(`k${random.int(6)}`, n),
    (random: Random) => map.delete(`k${random.int(6)}`),
  ]
  return {
    act: (random, n) => acts[random.int(acts.length)]?.(random, n),
    value: () => [register, multi, counter, set, map].map((one) => one.value()),
    counted: () => [counter.value(), added],
  }
}

/** What replicas hold after a time of trouble and one without. */
async function eventual(seed: number, options: { readonly withoutSync: boolean }): Promise<Verdict> {
  const world = newWorld(seed)
  const all = await Promise.all(Array.from({ length: nodeCount }, (_, node) => openCells(world.port(node))))
  closing.push(...all)
  const kinds = all.map(allKinds)
  for (let i = 0; i < 60; i++) {
    if (i % 15 === 0) trouble(world)
    kinds[world.random.int(nodeCount)]?.act(world.random, i)
    await world.clock.advance(world.random.int(60))
  }
  const isSync = (subject: string) => subject.includes('.cells.to.')
  world.network.loses = ({ subject }) => options.withoutSync && isSync(subject)
  await world.clock.advance(15_000)
  const verdict = checkConverged(new Map(kinds.map((one, node) => [`n${node}`, one.value()])))
  const added = kinds.reduce((sum, one) => sum + one.counted()[1], 0)
  if (verdict.type === 'ok') for (const one of kinds) expect(one.counted()[0], `seed ${seed}`).toBe(added)
  return verdict
}

describe('eventual cells on a network that loses and parts', () => {
  test('converge after it has healed, whatever was lost', async () => {
    for (const seed of seeds(60)) {
      expect(await eventual(seed, { withoutSync: false }), `seed ${seed}`).toEqual({ type: 'ok' })
    }
  })

  test('would not without anti-entropy: the test notices deltas that are dropped', async () => {
    const verdicts = await Promise.all(seeds(6).map((seed) => eventual(seed, { withoutSync: true })))
    expect(verdicts.map((one) => one.type)).toContain('violation')
  })

  test('an endless partition leaves each side able to read and write its own', async () => {
    const world = newWorld(firstSeed)
    world.network.loses = ({ from, to }) => from !== to
    const all = await Promise.all([0, 1].map((node) => openCells(world.port(node))))
    closing.push(...all)
    const [a, b] = all.map((one) => one.counter('c'))
    a?.add(1)
    b?.add(2)
    await world.clock.advance(60_000)
    expect([a?.value(), b?.value()]).toEqual([1, 2])
    world.network.loses = () => false
    await world.clock.advance(10_000)
    expect([a?.value(), b?.value()]).toEqual([3, 3])
  })

  test('a merge that keeps the older write is noticed: the last write is not what is left', async () => {
    const right = lastWriteRegister<number>()
    const older: typeof right = {
      ...right,
      merge: (a, b) => (a === undefined || b === undefined ? (a ?? b) : stampOrder(a.stamp, b.stamp) > 0 ? b : a),
    }
    expect(await lastOfThree(right)).toEqual([3, 3])
    expect(await lastOfThree(older)).not.toEqual([3, 3])
  })
})

async function lastOfThree(
  crdt: Crdt<LastWriteState<number>, number, number | undefined>,
): Promise<readonly (number | undefined)[]> {
  const world = newWorld(firstSeed)
  const gossips = [0, 1].map((node) => new Gossip(world.port(node), cellsSettings({}), `n${node}`))
  closing.push(...gossips)
  for (const one of gossips) await one.open()
  const replicas = gossips.map((one) => one.add('r', crdt)) as [Replica<LastWriteState<number>, number, unknown>, never]
  for (const [i, node] of [0, 1, 0].entries()) {
    replicas[node]?.apply(i + 1)
    await world.clock.advance(100)
  }
  return replicas.map((one) => one.crdt.value(one.state) as number | undefined)
}

async function strong(seed: number, bug: Partial<FaultyNetwork> = {}): Promise<Verdict> {
  const world = newWorld(seed)
  const faults = ['not-done', 'done', 'late', 'none', 'none', 'none', 'none', 'none', 'none', 'none'] as const
  const all = await Promise.all(
    Array.from({ length: nodeCount }, (_, node) => openCells(world.port(node), { attemptsMax: 6, retryMaxMs: 40 })),
  )
  closing.push(...all)
  const opening = Promise.all(all.map((one) => one.strong('s', { initial: 0 })))
  await world.clock.advance(100)
  const cells = await opening
  Object.assign(world.network, bug)
  world.network.fault = () => faults[world.random.int(faults.length)] as (typeof faults)[number]
  const history: HistoryEvent[] = []
  let left = nodeCount * 2
  for (let client = 0; client < nodeCount * 2; client++) {
    const cell = cells[client % nodeCount] as StrongCell<number>
    const random = world.random.fork(`client ${client}`)
    runClient(cell, { process: `p${client}`, history, random, clock: world.clock }).finally(() => left--)
  }
  while (left > 0) await world.clock.advance(1_000)
  return checkLinearizable(history, { model: numberModel })
}

async function runClient(
  cell: StrongCell<number>,
  {
    process,
    history,
    random,
    clock,
  }: { process: string; history: HistoryEvent[]; random: Random; clock: VirtualClock },
): Promise<void> {
  for (let i = 0; i < 12; i++) {
    const op = ['read', 'set', 'compare', 'update'][random.int(4)] as string
    const input = { version: cell.get().version, value: random.int(1_000_000) }
    const event = { process, op, key: cell.name, input }
    const record = (type: HistoryEvent['type'], output?: unknown) =>
      history.push({ ...event, type, output, atMs: clock.monotonicMs() })
    record('invoke')
    try {
      if (op === 'read') {
        const { version, value } = await cell.read()
        record('ok', { version, value })
      } else if (op === 'set') record('ok', await cell.set(input.value))
      else if (op === 'update') record('ok', (await cell.update((n) => n + 1)).version)
      else {
        const { type, version } = await cell.compareAndSet(input.version, input.value)
        record('ok', type === 'written' ? version : 'conflict')
      }
    } catch (thrown) {
      if (!isMabeamError(thrown)) throw thrown
      record(thrown.code === 'foundation/outcome-unknown' ? 'unknown' : 'fail')
    }
  }
}

describe('strong cells on an engine that loses answers', () => {
  test('are linearizable, with what is said not to have been written never seen', async () => {
    for (const seed of seeds(40)) expect(await strong(seed), `seed ${seed}`).toEqual({ type: 'ok' })
  })

  test('would not be without the check of the revision: the test notices', async () => {
    const verdicts: string[] = []
    for (const seed of seeds(3)) verdicts.push((await strong(seed, { ignoresRevisions: true })).type)
    expect(verdicts).toContain('violation')
  })
})
