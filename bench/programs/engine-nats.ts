/**
 * `engine-nats.ts WHO URL MS`: what one connection does in so many ms a part, as a line of JSON. WHO is `mabeam`, the engine, or
 * `raw`, the official client sending the same bytes.
 */

import { randomUUID } from 'node:crypto'
import { nats } from '@mabeam/engine-nats'
import {
  type DurableQueue,
  type Engine,
  type KeyedState,
  seededRandom,
  silentTelemetry,
  systemClock,
} from '@mabeam/foundation'
import { AckPolicy, DiscardPolicy, jetstream, jetstreamManager, RetentionPolicy } from '@nats-io/jetstream'
import type { Msg } from '@nats-io/nats-core'
import { connect } from '@nats-io/transport-node'

const [who, url = '', ms = '1000'] = process.argv.slice(2)
const partMs = Number(ms)
/** Of the client both are on. */
const clientVersion = '3.4.0'
const body = new Uint8Array(64).fill(7)
const inFlight = 64
const burst = 500

interface Parts {
  /** Sends, and says how often it was told of one. */
  publish(): Promise<Flow>
  request(): Promise<unknown>
  update(key: number): Promise<unknown>
  push(): Promise<unknown>
  /** Takes up to `max` and settles them; how many. */
  drain(max: number): Promise<number>
  close(): Promise<void>
}

interface Flow {
  send(): void
  heard(): number
}

const parts = who === 'raw' ? await rawParts() : await engineParts()
const figures = {
  publishPerSec: await published(await parts.publish()),
  requestPerSec1: await perSec(1, () => parts.request()),
  requestPerSec64: await perSec(inFlight, () => parts.request()),
  kvPerSec64: await perSec(inFlight, (line) => parts.update(line)),
  ...(await queued()),
}
await parts.close()
console.log(JSON.stringify(who === 'raw' ? { ...figures, version: clientVersion } : figures))

async function published({ send, heard }: Flow): Promise<number> {
  const startMs = performance.now()
  let sent = 0
  while (performance.now() - startMs < partMs) {
    for (let i = 0; i < burst; i++) send()
    sent += burst
    // Not further ahead than the subscriber can hold.
    while (sent - heard() > 20 * burst) await new Promise(setImmediate)
  }
  while (heard() < sent) await new Promise(setImmediate)
  return (sent / (performance.now() - startMs)) * 1_000
}

/** So many lines of work beside each other, each one thing after the other. */
async function perSec(lines: number, work: (line: number) => Promise<unknown>): Promise<number> {
  const startMs = performance.now()
  let done = 0
  const line = async (id: number) => {
    while (performance.now() - startMs < partMs) {
      await work(id)
      done++
    }
  }
  await Promise.all(Array.from({ length: lines }, (_, id) => line(id)))
  return (done / (performance.now() - startMs)) * 1_000
}

async function queued(): Promise<{ readonly pushPerSec64: number; readonly pullAckPerSec: number }> {
  let pushed = 0
  const pushPerSec64 = await perSec(inFlight, async () => {
    await parts.push()
    pushed++
  })
  const startMs = performance.now()
  let done = 0
  while (done < pushed && performance.now() - startMs < 4 * partMs) done += await parts.drain(100)
  return { pushPerSec64, pullAckPerSec: (done / (performance.now() - startMs)) * 1_000 }
}

async function engineParts(): Promise<Parts> {
  const open = (name: string) =>
    nats({ servers: url, durability: 'relaxed', pulse: 'inline' })({
      system: 'bench',
      name,
      clock: systemClock,
      random: seededRandom(name),
      telemetry: silentTelemetry,
    })
  const [engine, other]: readonly [Engine, Engine] = [await open('one'), await open('two')]
  const run = randomUUID()
  const state: KeyedState = await engine.state(`state-${run}`)
  const queue: DurableQueue = await engine.queue(`queue-${run}`)
  const revisions: number[] = []
  let heard = 0
  await other.subscribe('bench.flow', () => heard++)
  await other.subscribe('bench.ask', (message) => message.respond(body))
  return {
    publish: async () => ({ send: () => engine.publish('bench.flow', body), heard: () => heard }),
    request: () => engine.request('bench.ask', body),
    async update(key) {
      const before = revisions[key]
      revisions[key] =
        before === undefined ? await state.create(`k${key}`, body) : await state.update(`k${key}`, body, before)
    },
    push: () => queue.push(body),
    async drain(max) {
      const deliveries = await queue.pull(max)
      await Promise.all(deliveries.map((one) => one.ack()))
      return deliveries.length
    },
    async close() {
      await engine.removeStore({ kind: 'state', name: `state-${run}` })
      await engine.removeStore({ kind: 'queue', name: `queue-${run}` })
      await other.close()
      await engine.close()
    },
  }
}

async function rawParts(): Promise<Parts> {
  const [one, two] = [
    await connect({ servers: url, noAsyncTraces: true }),
    await connect({ servers: url, noAsyncTraces: true }),
  ]
  const client = jetstream(one)
  const manager = await jetstreamManager(one)
  const run = randomUUID()
  const subjects = { state: `bench.state.${run}`, queue: `bench.queue.${run}` }
  await manager.streams.add({
    name: `state-${run}`,
    subjects: [`${subjects.state}.>`],
    max_msgs_per_subject: 1,
    discard: DiscardPolicy.New,
    allow_direct: true,
  })
  await manager.streams.add({ name: `queue-${run}`, subjects: [subjects.queue], retention: RetentionPolicy.Workqueue })
  await manager.consumers.add(`queue-${run}`, {
    durable_name: 'work',
    ack_policy: AckPolicy.Explicit,
    max_ack_pending: -1,
  })
  const consumer = await client.consumers.get(`queue-${run}`, 'work')
  const sequences: number[] = []
  let heard = 0
  two.subscribe('bench.flow', { callback: () => void heard++ })
  two.subscribe('bench.ask', { callback: (_, message: Msg) => void message.respond(body) })
  await two.flush()
  return {
    publish: async () => ({ send: () => one.publish('bench.flow', body), heard: () => heard }),
    request: () => one.request('bench.ask', body, { timeout: 5_000 }),
    async update(key) {
      const expect = { lastSubjectSequence: sequences[key] ?? 0 }
      sequences[key] = (await client.publish(`${subjects.state}.k${key}`, body, { expect })).seq
    },
    push: () => client.publish(subjects.queue, body),
    async drain(max) {
      const settled: Promise<boolean>[] = []
      for await (const message of await consumer.fetch({ max_messages: max, expires: 1_000 }))
        settled.push(message.ackAck())
      await Promise.all(settled)
      return settled.length
    },
    async close() {
      for (const name of [`state-${run}`, `queue-${run}`]) await manager.streams.delete(name)
      await two.close()
      await one.close()
    },
  }
}
