/** How full the queues of a system are that no node told of. */

import type { DurableQueue, QueueOptions, QueueStats } from '../engine/durable-queue.ts'
import type { Engine } from '../engine/engine.ts'
import { hasCode, isMabeamError } from '../errors.ts'

/**
 * Null where it can't be read. A queue is opened with the options it has, which an engine tells who asks with others: no option
 * is changed by looking.
 */
export async function queueDepths(engine: Engine, store: string): Promise<QueueStats | null> {
  try {
    return await (await opened(engine, store)).stats()
  } catch (thrown) {
    if (!isMabeamError(thrown)) throw thrown
    return null
  }
}

async function opened(engine: Engine, store: string): Promise<DurableQueue> {
  try {
    return await engine.queue(store)
  } catch (thrown) {
    const options = optionsSaid(thrown)
    if (options === undefined) throw thrown
    return await engine.queue(store, options)
  }
}

/** What `foundation/options-differ` says that it was opened with. */
function optionsSaid(thrown: unknown): QueueOptions | undefined {
  if (!hasCode(thrown, 'foundation/options-differ')) return undefined
  try {
    return JSON.parse(String(thrown.data.opened)) as QueueOptions
  } catch {
    // An engine that says it in other words.
    return undefined
  }
}
