/**
 * Of ten workers on engine local three are killed while they work on 10,000 tasks, the one that hosts the hub first: it takes what
 * all others have under way with it. The same on NATS is in `../faults/queue-workers.test.ts`.
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasCode, local, startNode } from '@mabeam/foundation'
import { checkTasksDone, countTasks, type HistoryEvent, historyFolder, nodeProcess } from '@mabeam/foundation/testing'
import { expect, test } from 'vitest'
import { concurrency, queueOptions } from '../faults/many-tasks.ts'
import { until } from '../until.ts'
import type { LocalWorker } from './local-worker.ts'

const module = new URL('./local-worker.ts', import.meta.url)
const tasks = 10_000
const workers = 10
const killed = 3

/** Of the clock that histories are stamped with. */
function historyMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

test('each task is done and none is lost; again are done only those that were under way at a death', async () => {
  await using opened = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), 'mabeam-workers-'))
  opened.defer(() => rm(directory, { recursive: true, force: true }))
  const history = opened.use(await historyFolder())
  /** Who hosted the hub, in turn. */
  const hubs: string[] = []
  const start = async (name: string) => {
    const one = opened.use(await nodeProcess<LocalWorker>({ module, name, history }))
    one.onReport(() => hubs.push(name))
    await one.ask('work', directory, { timeoutMs: 30_000 })
    return one
  }
  const first = await start('w1')
  const names = Array.from({ length: workers - 1 }, (_, i) => `w${i + 2}`)
  const processes = [first, ...(await Promise.all(names.map(start)))]
  expect(hubs).toEqual(['w1'])
  const telemetry = {
    enabled: true,
    emit: ({ name }: { readonly name: string }) => void (name === 'foundation.hub-started' && hubs.push('pusher')),
  }
  const node = opened.use(await startNode({ engine: local({ directory }), name: 'pusher', telemetry }))
  const queue = await node.queue<number>('many', queueOptions)

  const pushes: HistoryEvent[] = []
  const push = async (n: number, lane: number) => {
    const event = { process: `pusher/${lane}`, op: 'push', key: `task-${n}` }
    // One whose outcome a death left unknown is pushed again, under its name.
    for (;;) {
      pushes.push({ ...event, type: 'invoke', atMs: historyMs() })
      try {
        await queue.push(n, { id: `task-${n}` })
        pushes.push({ ...event, type: 'ok', atMs: historyMs() })
        return
      } catch (thrown) {
        if (!hasCode(thrown, 'foundation/engine-unavailable')) throw thrown
        pushes.push({ ...event, type: 'unknown', atMs: historyMs() })
      }
    }
  }
  const lanes = 64
  const pushing = Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      for (let n = lane; n < tasks; n += lanes) await push(n, lane)
    }),
  )
  for (let victim = 0; victim < killed; victim++) {
    const begun = ((victim + 1) * 2 * tasks) / (killed + 1)
    await until(() => pushes.length >= begun)
    await processes[victim]?.kill()
  }
  await pushing
  await queue.drained()
  expect(await queue.deadTasks()).toEqual([])
  const whole = [...pushes, ...(await history.collect())]
  expect(checkTasksDone(whole)).toEqual({ type: 'ok' })
  const { done, again } = countTasks(whole)
  const unknown = pushes.filter(({ type }) => type === 'unknown').length
  process.stdout.write(
    `${tasks} tasks, ${killed} of ${workers} workers killed, hub in ${hubs.join(', then ')}: ${again} done again, ${unknown} pushed again\n`,
  )
  expect(done).toBe(tasks)
  const hubDeaths = processes.slice(0, killed).filter(({ name }) => hubs.includes(name)).length
  expect(again).toBeLessThanOrEqual(killed * concurrency + hubDeaths * workers * concurrency)
})
