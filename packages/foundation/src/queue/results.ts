/** How results of tasks reach who asked for them: a queue of their own for each run. */

import type { DurableQueue } from '../engine/durable-queue.ts'
import type { NodePort } from '../node-port.ts'

export async function openResults(port: NodePort, name: string): Promise<DurableQueue> {
  return await port.engine.queue(`${port.system}-results-${name}`)
}
