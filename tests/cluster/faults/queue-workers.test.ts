/** Of six workers two are killed while they work on 10,000 tasks. */

import { nats } from '@mabeam/engine-nats'
import { natsServers } from '@mabeam/engine-nats/testing'
import { startNode } from '@mabeam/foundation'
import { checkTasksDone, countTasks, type HistoryEvent, historyFolder, nodeProcess } from '@mabeam/foundation/testing'
import { expect, test } from 'vitest'
import { until } from '../until.ts'
import { historyMs } from './history-clock.ts'
import { concurrency, queueOptions } from './many-tasks.ts'
import type { WorkingNode } from './working-node.ts'

const module = new URL('./working-node.ts', import.meta.url)
const tasks = 10_000
const workers = 6
const victims = ['undone', 'done'] as const

test('each task is done, none is lost, and only what a dead worker had done and not told is done again', async () => {
  await using servers = await natsServers()
  await using history = await historyFolder()
  await using started = new AsyncDisposableStack()
  const processes = await Promise.all(
    Array.from({ length: workers }, async (_, i) =>
      started.use(await nodeProcess<WorkingNode>({ module, name: `w${i + 1}`, history })),
    ),
  )
  await Promise.all(processes.map((one) => one.ask('work', servers.urls, { timeoutMs: 30_000 })))
  await using node = await startNode({ engine: nats({ servers: servers.urls, durability: 'relaxed' }), name: 'pusher' })
  const queue = await node.queue<number>('many', queueOptions)

  const pushes: HistoryEvent[] = []
  const push = async (lane: number, lanes: number) => {
    for (let n = lane; n < tasks; n += lanes) {
      const event = { process: `pusher/${lane}`, op: 'push', key: `task-${n}` }
      pushes.push({ ...event, type: 'invoke', atMs: historyMs() })
      await queue.push(n, { id: `task-${n}` })
      pushes.push({ ...event, type: 'ok', atMs: historyMs() })
    }
  }
  const pushing = Promise.all(Array.from({ length: 64 }, (_, lane) => push(lane, 64)))
  for (const [i, which] of victims.entries()) {
    const victim = processes[i]
    await until(() => pushes.length >= ((i + 1) * 2 * tasks) / 4)
    // It has all hands full when it dies: of what it has not done, or of what it has done and not told.
    await victim?.ask('hold', which)
    await until(async () => (await victim?.ask('held', undefined)) === concurrency)
    await victim?.kill()
  }
  await pushing
  await queue.drained()
  expect(await queue.deadTasks()).toEqual([])
  const whole = [...pushes, ...(await history.collect())]
  expect(checkTasksDone(whole)).toEqual({ type: 'ok' })
  const { acknowledged, done, again } = countTasks(whole)
  process.stdout.write(`${tasks} tasks, ${victims.length} of ${workers} workers killed: ${again} done again\n`)
  expect([acknowledged, done]).toEqual([tasks, tasks])
  expect(again).toBeGreaterThanOrEqual(concurrency)
  expect(again).toBeLessThanOrEqual(victims.length * concurrency)
})
