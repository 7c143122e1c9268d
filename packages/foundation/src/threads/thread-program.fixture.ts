/** A program that has actors in threads, for a process of its own. Says what is left when its node is closed. */

import { systemClock } from '../clock.ts'
import { startNode } from '../node/node.ts'
import { Wild, Worker } from './thread-actors.fixture.ts'

const threads = { running: 0 }
const telemetry = {
  enabled: true,
  emit({ name }: { readonly name: string }) {
    if (name === 'foundation.thread-started') threads.running++
    if (name === 'foundation.thread-ended') threads.running--
  },
}
const node = await startNode({ telemetry, threads: { blockedMsMax: 500, threadsMax: 2, threadIdleMs: 3_600_000 } })
const worker = await node.spawn(Worker, 1)
const own = await node.spawn(Worker, 1, { isolation: 'own-thread' })
const wild = await node.spawn(Wild, undefined)
await worker.call('add', 1)
await own.call('startTimer')
// Its thread is idle for an hour from now on.
await node.stop(worker)
const blocked = await wild.call('harm', 'spin').catch((thrown: { code: string }) => thrown.code)
// 'close' waits for nothing more than it must; 'leave' says that a node with idle threads keeps no process alive.
if (process.argv[2] === 'close') {
  const startMs = systemClock.monotonicMs()
  await node.close()
  // Output is a pipe, opened when it is first used.
  const left = process.getActiveResourcesInfo().filter((one) => !['PipeWrap', 'TTYWrap'].includes(one))
  console.log(
    JSON.stringify({ blocked, left, threads: threads.running, inTime: systemClock.monotonicMs() - startMs < 4_000 }),
  )
} else console.log(JSON.stringify({ blocked }))
