/** A thread that sends a control message each time it was meant to, however busy the other side is. */

import { parentPort, workerData } from 'node:worker_threads'

/** When it was to be sent, and when it was: milliseconds since 1970. */
export interface ControlMessage {
  readonly intendedMs: number
  readonly sentMs: number
}

interface Plan {
  readonly messages: number
  readonly everyMs: number
}

const { messages, everyMs } = workerData as Plan
const sleeper = new Int32Array(new SharedArrayBuffer(4))
const nowMs = () => performance.timeOrigin + performance.now()
const startMs = nowMs() + 100
/** A sleeping thread wakes up late, so the last bit is spent awake. */
const awakeMs = 0.3

for (let i = 0; i < messages; i++) {
  // Not in step with anything that repeats.
  const intendedMs = startMs + i * everyMs + ((i * 0.618_034) % 1) * everyMs
  const leftMs = intendedMs - awakeMs - nowMs()
  if (leftMs > 0) Atomics.wait(sleeper, 0, 0, leftMs)
  while (nowMs() < intendedMs);
  parentPort?.postMessage({ intendedMs, sentMs: nowMs() } satisfies ControlMessage)
}
