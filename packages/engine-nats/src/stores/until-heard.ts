/**
 * Asking again when nobody heard. Just after something was made, and while a connection is replaced, a server may not know yet who
 * listens: it says at once that nobody does. What nobody heard has not happened, so that asking again is safe.
 */

import { delay } from '@mabeam/foundation'
import { errors } from '@nats-io/nats-core'
import type { NatsPort } from '../nats-port.ts'

/** Of the engine's port, what is needed here. */
type HearingPort = Pick<NatsPort, 'clock' | 'closing'>

/** The waits before each try but the first; the last one again and again. */
const waitsMs = [20, 50, 100, 150] as const

/** Enough for a connection that is replaced. */
const patienceMs = 320

/** Outlives an election of servers, in which nobody hears: for work that has nobody else to ask again. */
export const electionMs = 10_000

/** What `run` gives; rejects with what it threw last, once nobody has heard for so long. */
export function untilHeard<T>(port: HearingPort, run: () => Promise<T>, forMs = patienceMs): Promise<T> {
  // Nearly always somebody heard: nothing is added to that but this.
  return run().catch((thrown) => again(port, run, { thrown, forMs }))
}

async function again<T>(
  port: HearingPort,
  run: () => Promise<T>,
  { thrown: first, forMs }: { readonly thrown: unknown; readonly forMs: number },
): Promise<T> {
  let last = first
  let waitedMs = 0
  for (let tries = 0; isUnheard(last) && waitedMs < forMs; tries++) {
    const waitMs = waitsMs[Math.min(tries, waitsMs.length - 1)] as number
    await delay(port.clock, waitMs, port.closing)
    waitedMs += waitMs
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
