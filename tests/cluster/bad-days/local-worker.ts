/** A node on engine local that works on tasks until it is killed, as a process of its own. */

import { delay, local, startNode, systemClock } from '@mabeam/foundation'
import { historyRecorder, testedProcess } from '@mabeam/foundation/testing'
import { concurrency, queueOptions } from '../faults/many-tasks.ts'

const taskMs = 40

const record = historyRecorder()

const answers = {
  /** Whether the hub is in this process is told as it changes. */
  async work(directory: string): Promise<void> {
    const telemetry = {
      enabled: true,
      emit: ({ name }: { readonly name: string }) => void (name === 'foundation.hub-started' && self.report('hub')),
    }
    const node = await startNode({ engine: local({ directory }), name: self.name, telemetry })
    const queue = await node.queue<number>('many', queueOptions)
    queue.work(
      async ({ id }) => {
        await delay(systemClock, taskMs)
        record.happened({ client: `task-${id}`, op: 'done', key: id })
      },
      { concurrency },
    )
  },
} as const

export type LocalWorker = typeof answers

const self = testedProcess(answers)
