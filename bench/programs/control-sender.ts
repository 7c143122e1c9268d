/** A thread that sends a control message each time it was meant to, however busy the other side is. */

import { parentPort, workerData } from 'node:worker_threads'

interface Plan {
  readonly messages: number
  readonly everyMs: number
}

const { messages, everyMs } = workerData as Plan
const sleeper = new Int32Array(new SharedArrayBuffer(4))
const nowMs = () => performance.timeOrigin + performance.now()
const startMs = nowMs() + 50

for (let i = 0; i < messages; i++) {
  // Not in step with anything that repeats.
  const intendedMs = startMs + i * everyMs + ((i * 0.618_034) % 1) * everyMs
  const leftMs = intendedMs - nowMs()
  if (leftMs > 0) Atomics.wait(sleeper, 0, 0, leftMs)
  parentPort?.postMessage(intendedMs)
}
