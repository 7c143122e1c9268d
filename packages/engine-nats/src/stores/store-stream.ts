/**
 * The streams that stores are kept in: their names, their marks, and how one is opened, listed and removed. A stream of ours is
 * called `MABEAM_<kind>_<name>`, listens below `$MABEAM.<kind>.<name>` (which no message of an engine can reach) and says in its
 * metadata what it is, in which version, with which options it was opened.
 */

import { checkStoreName, delay, type Json, type MabeamError, optionsDiffer, type StoreName } from '@mabeam/foundation'
import type { StreamConfig } from '@nats-io/jetstream'
import { StorageType } from '@nats-io/jetstream'
import type { NatsPort } from '../nats-port.ts'
import { refusal, refusalCode } from './server-refusal.ts'

/** Dead letters of a queue are a stream of their own, which is no store. */
export type StreamKind = StoreName['kind'] | 'dead'

export interface StoreStream {
  readonly kind: StreamKind
  readonly name: string
  /** What a later opening must agree with. */
  readonly options: { readonly [key: string]: Json }
  /** How the server is to keep it. */
  readonly config: Partial<StreamConfig>
}

/** Of what is written to streams; a reader of another version is refused. */
const version = '1'
/** How long a cluster that is choosing a leader is waited for. */
const openMaxMs = 12_000
const openRetryMs = 250
const ours = /^MABEAM_(state|queue|blobs)_([A-Za-z0-9\-_]{1,200})$/

export function streamName(kind: StreamKind, name: string): string {
  return `MABEAM_${kind}_${name}`
}

export function streamSubject(kind: StreamKind, name: string): string {
  return `$MABEAM.${kind}.${name}`
}

/** Durations as the server has them: whole nanoseconds. */
export function nanosOf(ms: number): number {
  return Math.ceil(ms * 1_000_000)
}

/**
 * Makes the stream unless it is there. Rejects with `foundation/options-differ` when it was opened with other options or is not
 * ours, and with `foundation/engine-unavailable` when it can't be had in time.
 */
export async function openStream(port: NatsPort, stream: StoreStream): Promise<void> {
  const doing = `opening ${stream.kind} ${stream.name}`
  await retried(port, doing, async () => {
    try {
      await port.access().manager.streams.add({
        ...stream.config,
        name: streamName(stream.kind, stream.name),
        storage: StorageType.File,
        num_replicas: port.replicas,
        metadata: marksOf(stream),
      })
    } catch (thrown) {
      if (refusalCode(thrown) !== refusal.streamDiffers) throw thrown
      await checkMarks(port, stream)
    }
  })
}

/** Does it again while the server can't, for as long as a cluster needs to choose a leader. What is refused stays refused. */
export async function retried<T>(port: NatsPort, doing: string, run: () => Promise<T>): Promise<T> {
  const untilMs = port.clock.monotonicMs() + openMaxMs
  for (;;) {
    try {
      return await run()
    } catch (thrown) {
      const failure = port.failure(thrown, doing)
      if (!failure.retryable || port.clock.monotonicMs() >= untilMs) throw failure
      await delay(port.clock, openRetryMs, port.closing)
    }
  }
}

/** The stores there are, by name. */
export async function listStores(port: NatsPort): Promise<readonly StoreName[]> {
  port.checkOpen()
  const found: StoreName[] = []
  try {
    for await (const name of port.access().manager.streams.names('$MABEAM.>')) {
      const [, kind, store] = ours.exec(name) ?? []
      if (kind === undefined || store === undefined) continue
      found.push({ kind: kind as StoreName['kind'], name: store })
      if (found.length >= port.limits.storesMax) break
    }
  } catch (thrown) {
    throw port.failure(thrown, 'listing stores')
  }
  return found.sort((a, b) => compare(a.name, b.name) || compare(a.kind, b.kind))
}

/** Ends a store with all that is in it; none is no error. Rejects with `foundation/options-differ` for what is not ours. */
export async function removeStore(port: NatsPort, store: StoreName): Promise<void> {
  port.checkOpen()
  checkStoreName('removeStore', store.name)
  await removeStream(port, store.kind, store.name)
  if (store.kind === 'queue') await removeStream(port, 'dead', store.name)
}

async function removeStream(port: NatsPort, kind: StreamKind, name: string): Promise<void> {
  try {
    const { streams } = port.access().manager
    const { config } = await streams.info(streamName(kind, name))
    if (config.metadata?.['mabeam.kind'] !== kind) throw notOurs(`${kind} ${name}`)
    await streams.delete(streamName(kind, name))
  } catch (thrown) {
    if (refusalCode(thrown) !== refusal.streamNotFound) throw port.failure(thrown, `removing ${kind} ${name}`)
  }
}

function marksOf({ kind, name, options }: StoreStream): { readonly [key: string]: string } & Record<string, string> {
  return {
    'mabeam.kind': kind,
    'mabeam.name': name,
    'mabeam.version': version,
    'mabeam.options': JSON.stringify(options),
  }
}

/** Whether the stream that is there is the one that was asked for, however it is replicated. */
async function checkMarks(port: NatsPort, stream: StoreStream): Promise<void> {
  const info = await port.access().manager.streams.info(streamName(stream.kind, stream.name))
  const had = info.config.metadata ?? {}
  const asked = marksOf(stream)
  const what = `${stream.kind} ${stream.name}`
  if (had['mabeam.kind'] === undefined) throw notOurs(what)
  for (const mark of ['mabeam.version', 'mabeam.options'] as const) {
    const opened = had[mark] ?? 'none'
    const wanted = asked[mark] ?? 'none'
    if (opened !== wanted) throw optionsDiffer(what, mark === 'mabeam.version' ? `version ${opened}` : opened, wanted)
  }
}

function notOurs(what: string): MabeamError {
  return optionsDiffer(what, 'a stream of somebody else', 'one of ours')
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
