/** A process that pushes while the one that pulls is busy. */

import { existsSync, writeFileSync } from 'node:fs'
import { testedProcess } from '@mabeam/foundation/testing'
import { until } from '../until.ts'
import { answered, bytes, openedEngine } from './opened-engine.ts'

export const answers = {
  /** Answers, pushes when there is the file `wanted`, and makes the file `pushed` when that is done. */
  pushWhenWanted: async ({ url, wanted, pushed }: { readonly [name in 'url' | 'wanted' | 'pushed']: string }) => {
    const opened = await openedEngine([url])
    const queue = await opened.engine.queue('q', { ackWaitMs: 1_000 })
    void until(() => existsSync(wanted))
      .then(() => answered(() => queue.push(bytes('1'), { id: '1' })))
      .finally(() => writeFileSync(pushed, ''))
  },
} as const

testedProcess(answers)
