/** A node that works on tasks until it is killed, as a process of its own. */

import { nats } from '@mabeam/engine-nats'
import { delay, startNode, systemClock } from '@mabeam/foundation'
import { historyRecorder, testedProcess } from '@mabeam/foundation/testing'
import { concurrency, queueOptions } from './many-tasks.ts'

const taskMs = 40

const record = historyRecorder()

const self = testedProcess({
  work: async (servers: readonly string[]) => {
    const node = await startNode({ engine: nats({ servers, durability: 'relaxed' }), name: self.name })
    const queue = await node.queue<number>('many', queueOptions)
    queue.work(
      async ({ id }) => {
        await delay(systemClock, taskMs)
        record.happened({ client: `task-${id}`, op: 'done', key: id })
      },
      { concurrency },
    )
  },
})

export type WorkingNode = { work(servers: readonly string[]): Promise<void> }
