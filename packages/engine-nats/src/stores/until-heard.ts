/**
 * Asking again when nobody heard. Just after something was made, and while a connection is replaced, a server may not know yet who
 * listens: it says at once that nobody does. What nobody heard has not happened, so that asking again is safe.
 */

import { delay } from '@mabeam/foundation'
import { errors } from '@nats-io/nats-core'
import type { NatsPort } from '../nats-port.ts'

/** The waits before each try but the first. */
const waitsMs = [20, 50, 100, 150] as const

/** What `run` gives; rejects with what it threw last, once nobody has heard for a third of a second. */
export function untilHeard<T>(port: NatsPort, run: () => Promise<T>): Promise<T> {
  // Nearly always somebody heard: nothing is added to that but this.
  return run().catch((thrown) => again(port, run, thrown))
}

async function again<T>(port: NatsPort, run: () => Promise<T>, first: unknown): Promise<T> {
  let last = first
  for (const waitMs of waitsMs) {
    if (!isUnheard(last)) throw last
    await delay(port.clock, waitMs, port.closing)
    try {
      return await run()
    } catch (thrown) {
      last = thrown
    }
  }
  throw last
}

function isUnheard(thrown: unknown): boolean {
  if (thrown instanceof errors.NoRespondersError) return true
  if (thrown instanceof errors.RequestError) return thrown.isNoResponders()
  return thrown instanceof Error && thrown.cause instanceof errors.RequestError && thrown.cause.isNoResponders()
}
