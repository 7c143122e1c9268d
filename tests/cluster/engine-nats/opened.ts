/** An engine on NATS for a test, with what it tells. */

import { type NatsOptions, nats } from '@mabeam/engine-nats'
import {
  type Engine,
  isMabeamError,
  type MabeamError,
  seededRandom,
  systemClock,
  type TelemetryEvent,
} from '@mabeam/foundation'

export interface OpenedForTest extends AsyncDisposable {
  readonly engine: Engine
  readonly events: readonly TelemetryEvent[]
  /** The `host:port` the connection for data is at. */
  readonly at: () => string
}

export async function opened(name: string, options: NatsOptions): Promise<OpenedForTest> {
  const events: TelemetryEvent[] = []
  const telemetry = { enabled: true, emit: (event: TelemetryEvent) => void events.push(event) }
  const port = { system: 'test', name, clock: systemClock, random: seededRandom(name), telemetry }
  const engine = await nats({ durability: 'relaxed', ...options })(port)
  const native = engine.native as { getServer(): string }
  return { engine, events, at: () => native.getServer(), [Symbol.asyncDispose]: () => engine.close() }
}

/** One whose connection for data is at another server than that of the other. */
export async function openedApart(name: string, options: NatsOptions, other: OpenedForTest): Promise<OpenedForTest> {
  for (;;) {
    const one = await opened(name, options)
    if (one.at() !== other.at()) return one
    await one.engine.close()
  }
}

/** What an engine could not be opened for. */
export async function refusal(options: NatsOptions): Promise<MabeamError> {
  try {
    await using _ = await opened('refused', options)
  } catch (thrown) {
    if (isMabeamError(thrown)) return thrown
    throw thrown
  }
  throw new Error('it was opened')
}

/** A number as a message. */
export function numbered(n: number): Uint8Array {
  const body = new Uint8Array(8)
  new DataView(body.buffer).setUint32(0, n)
  return body
}

export function numberOf(body: Uint8Array): number {
  return new DataView(body.buffer, body.byteOffset, body.length).getUint32(0)
}
