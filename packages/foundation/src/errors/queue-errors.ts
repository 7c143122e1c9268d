/** Errors of work queues: one factory a code. */

import { MabeamError } from '../errors.ts'

/** A task that can't ever be done: thrown by a handler, it makes the task a dead letter without further attempts. */
export function taskRejected(reason: string): MabeamError {
  return new MabeamError('foundation/task-rejected', `the task was rejected: ${reason}`, { data: { reason } })
}

/** A task does not pass the schema of its queue, or is not what a queue of this version holds. */
export function invalidTask(queue: string, sentence: string): MabeamError {
  return new MabeamError('foundation/invalid-task', `queue ${queue}: ${sentence}`, { data: { queue, sentence } })
}

/** The handler took longer than the worker allows. */
export function taskTimeout(queue: string, id: string, timeoutMs: number): MabeamError {
  return new MabeamError('foundation/task-timeout', `queue ${queue}: task ${id}: not done within ${timeoutMs} ms`, {
    retryable: true,
    data: { queue, id, timeoutMs },
  })
}

/** The queue was disposed on this node: it takes no workers any more. What is in it stays, for others. */
export function queueClosed(queue: string): MabeamError {
  return new MabeamError('foundation/queue-closed', `queue ${queue}: is closed on this node`, { data: { queue } })
}
