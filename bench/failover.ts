/**
 * How long a singleton is away: after `kill -9` of the process it runs in, after an orderly end of its node, and whether it moves
 * at all when only a server dies or stands still. Five node processes on three servers; clocks are those of one machine.
 */

import { type NatsServers, natsServers } from '@mabeam/engine-nats/testing'
import { systemClock } from '@mabeam/foundation'
import { median } from '@mabeam/ml'
import type { Bench, BenchOptions, BenchResult } from './bench.ts'
import { type ClusterNode, clusterNode, seeEachOther } from './harness/cluster-nodes.ts'
import type { Reason, Running } from './programs/cluster-node.ts'

export const bench: Bench = {
  name: 'failover',
  what: 'a singleton on five node processes and three servers: ms until it runs again, and moves when only a server fails',
  target: 'killMsP50 < 1,000; gracefulMsP50 < 100; evictedByServerDeath 0 of serverDeaths (60)',
  run: benchFailover,
}

const nodes = 5
/** How long a server is away: long enough for what watches sessions to notice, and for an election. */
const awayMs = 6_000

async function benchFailover({ quick, log }: BenchOptions): Promise<BenchResult> {
  await using servers = await natsServers({ count: quick ? 1 : 3 })
  await using team = new Team(servers, quick ? 2 : nodes)
  await team.start()
  const rounds = quick ? 1 : 20
  const killed: number[] = []
  const graceful: number[] = []
  for (let round = 0; round < rounds; round++) {
    killed.push(await team.afterEnd((holder) => holder.kill()))
    graceful.push(await team.afterEnd((holder) => holder.ask('close', undefined)))
    log(
      `round ${round + 1}: ${Math.round(killed.at(-1) ?? 0)} ms after kill, ${Math.round(graceful.at(-1) ?? 0)} ms in order`,
    )
  }
  const deaths = quick ? 0 : 60
  let evicted = 0
  for (let death = 0; death < deaths; death++) {
    const { moves, reasons } = await team.movesWhile(() => strike(servers, death))
    evicted += moves.length
    for (const move of moves) log(`moved at server death ${death + 1}: ${JSON.stringify(move)}`)
    if (moves.length > 0) for (const reason of reasons) log(`  ${JSON.stringify(reason)}`)
    if ((death + 1) % 10 === 0) log(`${death + 1} servers killed or stopped, ${evicted} moves`)
  }
  return {
    metrics: {
      killMsP50: median(killed),
      killMsMax: Math.max(...killed),
      gracefulMsP50: median(graceful),
      gracefulMsMax: Math.max(...graceful),
      evictedByServerDeath: evicted,
      serverDeaths: deaths,
    },
    runs: rounds,
  }
}

/** One server after the other is killed, or stands still: that of the holder is among them. */
async function strike(servers: NatsServers, round: number): Promise<void> {
  const server = round % servers.all.length
  if (Math.floor(round / servers.all.length) % 2 === 0) {
    await servers.kill(server)
    await delay(awayMs)
    await servers.restart(server)
  } else {
    servers.pause(server)
    await delay(awayMs)
    servers.resume(server)
  }
  await servers.ready()
}

interface Moves {
  readonly moves: readonly Running[]
  readonly reasons: readonly Reason[]
}

/** Nodes that may all hold the one place; one that ended is replaced. */
class Team implements AsyncDisposable {
  readonly #servers: NatsServers
  readonly #size: number
  readonly #nodes = new Map<string, ClusterNode>()
  readonly #listeners = new Set<(running: Running) => void>()
  #reasons: Reason[] = []
  #reasonsBefore: readonly Reason[] = []
  #holder = ''
  #started = 0

  constructor(servers: NatsServers, size: number) {
    this.#servers = servers
    this.#size = size
  }

  async start(): Promise<void> {
    const running = this.#next()
    await this.#fill()
    await running
  }

  /** From when the holder is ended until the place runs on another node. */
  async afterEnd(end: (holder: ClusterNode) => Promise<unknown>): Promise<number> {
    const holder = this.#nodes.get(this.#holder) as ClusterNode
    const running = this.#next()
    const startMs = systemClock.nowMs()
    const ended = end(holder)
    const { atMs } = await running
    await ended
    this.#nodes.delete(holder.name)
    await holder[Symbol.asyncDispose]()
    await this.#fill()
    return atMs - startMs
  }

  /** Where the place began to run meanwhile, and what the nodes said of why. */
  async movesWhile(what: () => Promise<void>): Promise<Moves> {
    const moves: Running[] = []
    const note = (running: Running) => void moves.push(running)
    this.#listeners.add(note)
    await what()
    await seeEachOther([...this.#nodes.values()])
    this.#listeners.delete(note)
    // Those of the stroke before count too: an expiry is as long as two strokes.
    const reasons = [...this.#reasonsBefore, ...this.#reasons]
    this.#reasonsBefore = this.#reasons
    this.#reasons = []
    return { moves, reasons }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#nodes.values()].map((one) => one[Symbol.asyncDispose]()))
  }

  async #fill(): Promise<void> {
    while (this.#nodes.size < this.#size) {
      const name = `n${++this.#started}`
      const node = await clusterNode({ engine: 'nats', name, where: this.#servers.urls })
      node.onReport((what) => this.#onReport(what as Reason | Running))
      this.#nodes.set(name, node)
      await node.ask('place', 'the-one')
    }
    await seeEachOther([...this.#nodes.values()])
  }

  #onReport(report: Reason | Running): void {
    if (report.type === 'reason') {
      this.#reasons.push(report)
      return
    }
    this.#hear(report)
  }

  #hear(running: Running): void {
    this.#holder = running.node
    for (const listener of [...this.#listeners]) listener(running)
  }

  #next(): Promise<Running> {
    return new Promise((resolve) => {
      const listener = (running: Running) => {
        this.#listeners.delete(listener)
        resolve(running)
      }
      this.#listeners.add(listener)
    })
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => void systemClock.setTimer(ms, resolve))
}
