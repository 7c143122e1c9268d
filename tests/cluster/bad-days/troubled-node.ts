/** A node that has bad days, as a process of its own: it is held up, flooded and sent nonsense, and says what it saw of that. */

import { nats } from '@mabeam/engine-nats'
import {
  type Channels,
  defineActor,
  isMabeamError,
  local,
  type Node,
  startNode,
  systemClock,
  type TelemetryEvent,
} from '@mabeam/foundation'
import { testedProcess } from '@mabeam/foundation/testing'

export interface TroubledStart {
  readonly engine: 'nats' | 'local'
  /** Addresses of the servers, or the folder of the hub. */
  readonly where: readonly string[]
  /** What its clock for people is off by. */
  readonly offMs?: number
  readonly systemId?: string
}

/** Told when the placed actor begins to run. */
export interface Running {
  readonly node: string
  readonly fence: number
}

export interface Calling {
  /** Of an actor of the system. */
  readonly actor: string
  readonly call: 'add' | 'read' | 'large'
  readonly input: number
  readonly timeoutMs: number
}

/** How a call ended. */
export interface Called {
  readonly value?: unknown
  readonly code?: string
  readonly sentence?: string
  readonly tookMs: number
}

export interface Casting {
  readonly actor: string
  readonly count: number
  /** Of each; 0 for a number. */
  readonly bytes: number
}

/** What became of many sends, at the sender. */
export interface Sent {
  readonly taken: number
  readonly refused: { readonly [code: string]: number }
}

/** Messages of a channel at the node that hears it. */
export interface Heard {
  readonly handled: number
  readonly waiting: number
  readonly dropped: number
  /** All that came to the node, what the engine dropped there included. */
  readonly came: number
}

/** Sums of what was counted, by event, reason and what was meant. */
export interface Counted {
  readonly [event: string]: number
}

const clock = systemClock
const counts = new Map<string, number>()
/** What happened besides, in order. */
const told: TelemetryEvent[] = []
const toldMax = 10_000
const telemetry = {
  enabled: true,
  emit(event: TelemetryEvent) {
    const { reason, status, member } = event.metadata
    const key = [event.name.replace(/^foundation\./, ''), reason ?? status, member].filter((one) => one).join(' ')
    counts.set(key, (counts.get(key) ?? 0) + (event.measurements.count ?? 1))
    if (told.length < toldMax && event.name !== 'foundation.message-dropped') told.push(event)
  },
}

let started: Node | undefined
let channels: Channels | undefined
let heard = 0
/** What actors here have summed up of what was cast to them. */
let noted = 0

/** Sums up what it is told; its room is small. */
const Sum = defineActor(import.meta.url, {
  name: 'sum',
  version: 1,
  mailboxCapacity: 100,
  init: (isPlaced: boolean, { fence = 0 }) => {
    if (isPlaced) self.report({ node: self.name, fence } satisfies Running)
    return 0
  },
  calls: {
    add: { run: (sum: number, by: number) => [sum + by, sum + by] },
    read: { run: (sum: number, _: number) => [sum, sum] },
    large: { run: (sum: number, bytes: number) => [sum, new Uint8Array(bytes)] },
  },
  casts: {
    note: {
      run: (sum: number, by: number | Uint8Array) => {
        const one = typeof by === 'number' ? by : 1
        noted += one
        return sum + one
      },
    },
  },
})

function node(): Node {
  if (started === undefined) throw new Error('it was not started')
  return started
}

function engineOf({ engine, where }: TroubledStart) {
  return engine === 'nats' ? nats({ servers: where, durability: 'relaxed' }) : local({ directory: where[0] as string })
}

/** Stands still, as a program does that computes: nothing is handled meanwhile, of which other threads know nothing. */
function standStill(forMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, forMs)
}

async function outcome(run: () => Promise<unknown>): Promise<Called> {
  const startMs = clock.monotonicMs()
  try {
    const value = await run()
    return { value: value instanceof Uint8Array ? value.length : value, tookMs: clock.monotonicMs() - startMs }
  } catch (thrown) {
    if (!isMabeamError(thrown)) throw thrown
    return { code: thrown.code, sentence: thrown.message, tookMs: clock.monotonicMs() - startMs }
  }
}

function counted(count: number, send: (i: number) => void): Sent {
  const refused: { [code: string]: number } = {}
  let taken = 0
  for (let i = 0; i < count; i++) {
    try {
      send(i)
      taken++
    } catch (thrown) {
      if (!isMabeamError(thrown)) throw thrown
      refused[thrown.code] = (refused[thrown.code] ?? 0) + 1
    }
  }
  return { taken, refused }
}

function total(all: readonly Sent[]): Sent {
  const refused: { [code: string]: number } = {}
  for (const one of all) {
    for (const [code, count] of Object.entries(one.refused)) refused[code] = (refused[code] ?? 0) + count
  }
  return { taken: all.reduce((sum, one) => sum + one.taken, 0), refused }
}

const perTurn = 10_000

const answers = {
  async start(start: TroubledStart): Promise<Called> {
    const { offMs = 0, systemId } = start
    return await outcome(async () => {
      started = await startNode({
        engine: engineOf(start),
        name: self.name,
        telemetry,
        clock: { ...clock, nowMs: () => clock.nowMs() + offMs },
        ...(systemId !== undefined && { membership: { attributes: { systemId } } }),
      })
      return started.epoch
    })
  },
  place: async (name: string) => void (await node().place(Sum, true, { name, strategy: 'singleton' })),
  spawn: async (name: string) => void (await node().spawn(Sum, false, { name, scope: 'system' })),
  /** Whether an actor of that name runs here. */
  runs: async (name: string) => node().find(Sum, name) !== undefined,
  call: ({ actor, call, input, timeoutMs }: Calling) =>
    outcome(() => node().lookup(Sum, actor).call(call, input, { timeoutMs })),
  async cast({ actor, count, bytes }: Casting): Promise<Sent> {
    const ref = node().lookup(Sum, actor)
    const body = bytes === 0 ? 1 : new Uint8Array(bytes)
    return counted(count, () => ref.cast('note', body))
  },
  noted: async (): Promise<number> => noted,
  /** Takes what comes on a topic, and counts it. */
  async hear(topic: string): Promise<void> {
    channels ??= await node().channels()
    await channels.on(topic, () => void heard++).ready
  },
  /** As many at once as a turn of the event loop may take, then the next. */
  async publish({ topic, count, bytes }: { readonly topic: string; readonly count: number; readonly bytes: number }) {
    channels ??= await node().channels()
    const [all, body] = [channels, new Uint8Array(bytes)]
    const sent: Sent[] = []
    for (let left = count; left > 0; left -= perTurn) {
      sent.push(counted(Math.min(left, perTurn), () => all.publish(topic, body)))
      await new Promise(setImmediate)
    }
    return total(sent)
  },
  /** What came of what others published, on this node's channel of events. */
  async heard(): Promise<Heard> {
    const stats = channels?.stats().events
    const { received = 0, waiting = 0, droppedByEngine = 0 } = stats ?? {}
    const inside = Object.values(stats?.dropped ?? {}).reduce((sum, count) => sum + count, 0)
    return { handled: heard, waiting, dropped: inside + droppedByEngine, came: received + droppedByEngine }
  },
  /** Begins as soon as that is answered; what it is asked next is answered after it. */
  async standStill(forMs: number): Promise<void> {
    setImmediate(() => standStill(forMs))
  },
  async counts(): Promise<Counted> {
    return Object.fromEntries(counts)
  },
  async told(names: readonly string[]): Promise<readonly TelemetryEvent[]> {
    return told.filter(({ name }) => names.includes(name))
  },
  async members(): Promise<{ readonly [name: string]: string }> {
    const all = (await node().membership()).members()
    return Object.fromEntries(all.map(({ name, status }) => [name, status]))
  },
  async session(): Promise<number | null> {
    return (await node().status()).session
  },
  close: () => node().close(),
} as const

export type TroubledNode = typeof answers

const self = testedProcess(answers)
