/** How long an actor with 1 MiB of state takes to another node while others call it, and whether anything is lost or reordered. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type ActorRef,
  delay,
  type Engine,
  type EngineOpener,
  local,
  memoryEngine,
  type Node,
  startNode,
  systemClock,
} from '@mabeam/foundation'
import { median, quantile } from '@mabeam/ml'
import type { Bench, BenchOptions, BenchResult } from './bench.ts'
import { Mover, type Told } from './programs/mover.ts'

const stateBytes = 1_048_576
const sendersOfNode = 4
const pauseMs = 1

export const bench: Bench = {
  name: 'migration',
  what: 'moving an actor with 1 MiB of state between two nodes that call it all the time: milliseconds, calls lost, calls reordered, copies that run',
  target: 'moveMs1MiB < 250; lost 0; reordered 0; copies 1',
  run: benchMigration,
}

interface Row {
  readonly [column: string]: number | string
  readonly engine: string
  readonly moveMsP50: number
  readonly moveMsP99: number
  readonly callsPerSec: number
  readonly callMsP50: number
  readonly callMsMax: number
  readonly lost: number
  readonly reordered: number
  readonly copies: number
}

async function benchMigration({ quick, log }: BenchOptions): Promise<BenchResult> {
  const moves = quick ? 10 : 100
  const memory = memoryEngine()
  const directory = await mkdtemp(join(tmpdir(), 'mabeam-bench-migration-'))
  const rows = [await moved('memory', memory, moves), await moved('local', local({ directory }), moves)]
  await memory.close()
  await rm(directory, { recursive: true, force: true })
  for (const { engine, moveMsP50, lost, reordered } of rows) {
    log(`${engine}: ${moveMsP50.toFixed(1)} ms a move, ${lost} lost, ${reordered} reordered`)
  }
  const worst = (of: (row: Row) => number) => Math.max(...rows.map(of))
  return {
    metrics: {
      moveMs1MiB: worst((row) => row.moveMsP50),
      moveMs1MiBP99: worst((row) => row.moveMsP99),
      lost: worst((row) => row.lost),
      reordered: worst((row) => row.reordered),
      copies: worst((row) => row.copies),
    },
    rows,
    runs: moves,
  }
}

async function moved(engine: string, opened: Engine | EngineOpener, moves: number): Promise<Row> {
  const options = { engine: opened, definitions: [Mover], system: 'bench-migration' }
  await using a = await startNode({ ...options, name: 'a' })
  await using b = await startNode({ ...options, name: 'b' })
  const first = await a.spawn(Mover, stateBytes, { name: 'mover', scope: 'system' })
  const load = new Load([a, b])
  await delay(systemClock, 50)
  const times: number[] = []
  let copies = 0
  const startMs = performance.now()
  for (let i = 0; i < moves; i++) {
    const beganMs = performance.now()
    await (i % 2 === 0 ? a : b).move(first, { to: i % 2 === 0 ? 'b' : 'a' })
    times.push(performance.now() - beganMs)
    copies = Math.max(copies, a.actors + b.actors)
    await delay(systemClock, 5)
  }
  const seconds = (performance.now() - startMs) / 1_000
  await load.end()
  const told = await first.call('take')
  return {
    engine,
    moveMsP50: median(times),
    moveMsP99: quantile(times, 0.99),
    callsPerSec: Math.round(load.times.length / seconds),
    callMsP50: median(load.times),
    callMsMax: Math.max(...load.times),
    lost: load.failed + missing(told, load.acknowledged),
    reordered: reordered(told),
    copies,
  }
}

/** Senders on both nodes, each of which calls, waits for the answer, and calls again. */
class Load {
  readonly times: number[] = []
  /** Number of the last call that was answered, by sender. */
  readonly acknowledged = new Map<number, number>()
  failed = 0
  #isOver = false
  readonly #senders: readonly Promise<void>[]

  constructor(nodes: readonly Node[]) {
    this.#senders = nodes.flatMap((node, n) =>
      Array.from({ length: sendersOfNode }, (_, i) => this.#send(node.lookup(Mover, 'mover'), n * sendersOfNode + i)),
    )
  }

  async end(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#senders)
  }

  async #send(ref: ActorRef<typeof Mover>, sender: number): Promise<void> {
    for (let number = 1; !this.#isOver; number++) {
      const beganMs = performance.now()
      try {
        await ref.call('tell', { sender, number })
        this.acknowledged.set(sender, number)
        this.times.push(performance.now() - beganMs)
      } catch {
        this.failed++
      }
      await delay(systemClock, pauseMs)
    }
  }
}

/** Of what the actor remembers, which is the end of it. */
function missing(told: readonly Told[], acknowledged: ReadonlyMap<number, number>): number {
  let count = 0
  for (const [sender, last] of acknowledged) {
    const has = new Set(told.filter((one) => one.sender === sender).map(({ number }) => number))
    const from = Math.min(...has)
    for (let number = from; number <= last; number++) if (!has.has(number)) count++
  }
  return count
}

function reordered(told: readonly Told[]): number {
  const last = new Map<number, number>()
  let count = 0
  for (const { sender, number } of told) {
    if (number <= (last.get(sender) ?? 0)) count++
    last.set(sender, number)
  }
  return count
}
