/** The tasks of one session that are under way. What they give once it is over is nobody's. */

import { messageOf, show } from '@mabeam/foundation'
import { protocolFailed } from '../errors/session-errors.ts'
import type { Protocol, ProtocolCommand, ProtocolEvent } from './protocol.ts'

/** Under way at once. */
const tasksMax = 1_000

type TaskCommand = Extract<ProtocolCommand, { type: 'task' }>
type TaskEnd = Extract<ProtocolEvent, { type: 'task-done' | 'task-failed' }>
/** How a task ended, but for when. */
export type TaskEnded = TaskEnd extends infer E ? (E extends TaskEnd ? Omit<E, 'atMs'> : never) : never

export class SessionTasks {
  readonly #protocol: Protocol
  readonly #running = new Map<string, AbortController>()

  constructor(protocol: Protocol) {
    this.#protocol = protocol
  }

  get size(): number {
    return this.#running.size
  }

  /** Calls `onEnd` unless all was ended before. Throws `coordination/protocol-failed` for an id that runs already, and for more than 1,000. */
  run(command: TaskCommand, onEnd: (end: TaskEnded) => void): void {
    const { name } = this.#protocol
    const { id } = command
    if (this.#running.has(id)) throw protocolFailed(name, `task ${show(id)}: it runs already`)
    if (this.#running.size >= tasksMax) throw protocolFailed(name, `expected at most ${tasksMax} tasks at once`)
    const control = new AbortController()
    this.#running.set(id, control)
    void this.#end(command, control.signal).then((end) => {
      if (this.#running.get(id) !== control) return
      this.#running.delete(id)
      onEnd(end)
    })
  }

  end(reason: unknown): void {
    const controls = [...this.#running.values()]
    this.#running.clear()
    for (const control of controls) control.abort(reason)
  }

  async #end({ task, id, input }: TaskCommand, signal: AbortSignal): Promise<TaskEnded> {
    try {
      const result = await this.#protocol.tasks?.[task]?.(input, signal)
      return { type: 'task-done', task, id, result }
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(messageOf(thrown))
      return { type: 'task-failed', task, id, error }
    }
  }
}
