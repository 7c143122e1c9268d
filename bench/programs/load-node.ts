/** A node in a process of its own that sends messages at a rate, and measures what others send it. Told what to do by its bench. */

import { nats } from '@mabeam/engine-nats'
import { type Channels, defineActor, type Node, type Priority, startNode } from '@mabeam/foundation'
import { testedProcess } from '@mabeam/foundation/testing'
import { quantile } from '@mabeam/ml'

export type LoadKind = Priority | 'cast'

export interface LoadRun {
  readonly kind: LoadKind
  /** The node that is sent to. */
  readonly to: string
  readonly perSec: number
  readonly forMs: number
}

/** Of one node, while one load ran. */
export interface LoadFigures {
  readonly sent: number
  readonly handled: number
  /** Dropped before a handler here, by whatever limit. */
  readonly dropped: number
  /** Seconds of processor time a second, all threads of the process. */
  readonly cores: number
  /** From the intended time of sending to the handler. */
  readonly tookMs: readonly number[]
  /** How late messages were sent: the sender's own lateness. */
  readonly lateP99Ms: number
}

const tickMs = 2
const tookMax = 1_000_000
const body = 'a message of a size that is usual for news'

let node: Node
let channels: Channels
let tookMs: number[] = []
let handled = 0
let dropped = 0

const Taker = defineActor(import.meta.url, {
  name: 'taker',
  version: 1,
  init: () => 0,
  casts: { take: { run: (n: number, message: Message) => take(n, message) } },
})

interface Message {
  readonly intendedMs: number
  readonly text: string
}

function nowMs(): number {
  return performance.timeOrigin + performance.now()
}

function take(n: number, { intendedMs }: Message): number {
  handled++
  if (tookMs.length < tookMax) tookMs.push(nowMs() - intendedMs)
  return n + 1
}

/** Sends what is due each tick, however late that is: times count from when it should have been sent. */
async function send({
  kind,
  to,
  perSec,
  forMs,
}: LoadRun): Promise<{ readonly sent: number; readonly lateP99Ms: number }> {
  const ref = node.lookup(Taker, `taker-${to}`)
  const one = (message: Message) =>
    kind === 'cast' ? ref.cast('take', message) : channels.publish(`load.${to}`, message, { priority: kind })
  const startMs = nowMs()
  const lateMs: number[] = []
  const total = Math.floor((perSec * forMs) / 1_000)
  const { promise, resolve } = Promise.withResolvers<void>()
  let sent = 0
  const timer = setInterval(() => {
    const tickedMs = nowMs()
    for (; sent < total; sent++) {
      const intendedMs = startMs + (sent * 1_000) / perSec
      if (intendedMs > tickedMs) return
      lateMs.push(tickedMs - intendedMs)
      one({ intendedMs, text: body })
    }
    if (tickedMs < startMs + forMs) return
    clearInterval(timer)
    resolve()
  }, tickMs)
  await promise
  return { sent, lateP99Ms: sent === 0 ? 0 : quantile(lateMs, 0.99) }
}

function channelDrops(): number {
  return Object.values(channels.stats()).reduce(
    (sum, one) => sum + one.droppedByEngine + Object.values(one.dropped).reduce((all, count) => all + count, 0),
    0,
  )
}

export const answers = {
  /** As in production: what stays on this node does not pass the codec. */
  async open(servers: readonly string[]): Promise<void> {
    const telemetry = {
      enabled: true,
      emit: (event: { readonly name: string }) => void (event.name.endsWith('.message-dropped') && dropped++),
    }
    const engine = nats({ servers, durability: 'relaxed' })
    node = await startNode({ name: self.name, engine, codec: false, telemetry })
    channels = await node.channels({ checkSent: false })
    await node.spawn(Taker, undefined, { name: `taker-${self.name}`, scope: 'system' })
    await channels.on<Message>(`load.${self.name}`, (message) => void take(0, message)).ready
  },
  /** Resolves when so many nodes are seen, and the actor of `to` is found. */
  async sees({ count, to }: { readonly count: number; readonly to: string }): Promise<void> {
    const membership = await node.membership()
    const directory = await node.directory()
    const isThere = () =>
      membership.members().filter(({ status }) => status === 'alive').length === count &&
      directory.lookup(`taker-${to}`) !== undefined
    while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 20))
  },
  async run(load: LoadRun): Promise<LoadFigures> {
    tookMs = []
    handled = 0
    const droppedBefore = dropped + channelDrops()
    const before = process.cpuUsage()
    const startMs = performance.now()
    const { sent, lateP99Ms } = await send(load)
    const { user, system } = process.cpuUsage(before)
    const cores = (user + system) / 1_000 / (performance.now() - startMs)
    // What the others sent last is still on its way.
    await new Promise((resolve) => setTimeout(resolve, 500))
    return { sent, handled, dropped: dropped + channelDrops() - droppedBefore, cores, tookMs, lateP99Ms }
  },
  close: () => node.close(),
} as const

const self = testedProcess(answers)
