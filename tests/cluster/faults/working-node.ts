/** A node that works on tasks until it is killed, as a process of its own. */

import { nats } from '@mabeam/engine-nats'
import { delay, startNode, systemClock } from '@mabeam/foundation'
import { historyRecorder, testedProcess } from '@mabeam/foundation/testing'
import { concurrency, queueOptions } from './many-tasks.ts'

const taskMs = 40

const record = historyRecorder()
/** Where tasks stay for good from now on: done but not told, or not done yet. */
let holds: 'done' | 'undone' | undefined
let held = 0

function stay(): Promise<never> {
  held++
  return new Promise(() => {})
}

const answers = {
  work: async (servers: readonly string[]) => {
    const node = await startNode({ engine: nats({ servers, durability: 'relaxed' }), name: self.name })
    const queue = await node.queue<number>('many', queueOptions)
    queue.work(
      async ({ id }) => {
        await delay(systemClock, taskMs)
        if (holds === 'undone') await stay()
        record.happened({ client: `task-${id}`, op: 'done', key: id })
        if (holds === 'done') await stay()
      },
      { concurrency },
    )
  },
  hold: async (which: 'done' | 'undone') => {
    holds = which
  },
  held: async (): Promise<number> => held,
} as const

export type WorkingNode = typeof answers

const self = testedProcess(answers)
