/**
 * Records what clients did and saw in a simulated run. Processes of a node are named `<node>/<epoch>/<client>`, so that what is
 * under way when it crashes is closed as `unknown`.
 */

import { isMabeamError, MabeamError } from '../../errors.ts'
import type { HistoryEvent } from '../history.ts'

/** What a client is about to do. */
export type Recorded = Pick<HistoryEvent, 'op' | 'key' | 'input'>

/** The codes of operations that are known not to have happened. */
const didNotHappen: ReadonlySet<string> = new Set([
  'foundation/revision-conflict',
  'foundation/no-responders',
  'foundation/payload-too-large',
  'foundation/queue-full',
  'foundation/engine-closed',
])

export class SimHistory {
  readonly events: HistoryEvent[] = []
  readonly #nowMs: () => number
  readonly #open = new Map<string, HistoryEvent>()

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** Throws `foundation/assertion` when the process is doing something else, or completes what it did not begin. */
  record(event: Omit<HistoryEvent, 'atMs'>): void {
    const isOpen = this.#open.has(event.process)
    if ((event.type === 'invoke') === isOpen) {
      const sentence = `history: process ${event.process}: ${event.type} of ${event.op} while ${isOpen ? 'one' : 'none'} is under way`
      throw new MabeamError('foundation/assertion', `a bug: ${sentence}`)
    }
    const recorded: HistoryEvent = { ...event, atMs: this.#nowMs() }
    this.events.push(recorded)
    if (isOpen) this.#open.delete(event.process)
    else this.#open.set(event.process, recorded)
  }

  /**
   * Records the beginning of `run` and how it ended: `fail` when its error says that it did not happen, `unknown` when it
   * may have. Rejects as `run` does.
   *
   * @example await sim.history.run('n1/1/a', { op: 'read', key: 'x' }, () => state.get('x'))
   */
  async run<T>(process: string, operation: Recorded, run: () => Promise<T>): Promise<T> {
    this.record({ process, type: 'invoke', ...operation })
    try {
      const output = await run()
      this.record({ process, type: 'ok', ...operation, output })
      return output
    } catch (thrown) {
      const failed = isMabeamError(thrown) && didNotHappen.has(thrown.code)
      this.record({ process, type: failed ? 'fail' : 'unknown', ...operation, output: String(thrown) })
      throw thrown
    }
  }

  /** What is under way of processes whose name begins so will not be known: they crashed, or the run is over. */
  close(prefix = ''): void {
    for (const { process, op, key, input } of [...this.#open.values()]) {
      if (!process.startsWith(prefix)) continue
      this.record({ process, type: 'unknown', op, ...(key !== undefined && { key }), input })
    }
  }
}
