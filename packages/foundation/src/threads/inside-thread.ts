/** Whether this code was loaded in a thread of a node. */

import { workerData } from 'node:worker_threads'
import { threadNested } from '../errors/thread-errors.ts'
import type { ThreadBirth } from './thread-protocol.ts'

/**
 * Throws `foundation/thread-nested` in a thread of a node: there the module of an actor is loaded once more, and one that
 * starts a node would do all it does a second time.
 */
export function refuseInThread(): void {
  if ((workerData as ThreadBirth | null)?.mabeamThread) throw threadNested()
}
