/** A process that pushes while the one that pulls is busy. */

import { delay, systemClock } from '@mabeam/foundation'
import { testedProcess } from '@mabeam/foundation/testing'
import { bytes, openedEngine } from './opened-engine.ts'

export const answers = {
  /** Answers at once, and pushes after a while. */
  pushLater: async ({ url, afterMs }: { readonly url: string; readonly afterMs: number }) => {
    const opened = await openedEngine([url])
    const queue = await opened.engine.queue('q', { ackWaitMs: 1_000 })
    void delay(systemClock, afterMs).then(() => queue.push(bytes('1')))
  },
} as const

testedProcess(answers)
