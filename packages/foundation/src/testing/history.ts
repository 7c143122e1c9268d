/**
 * What clients of a store did and saw, as a list of events: what a run records and the checkers judge.
 *
 * Events of one process alternate: `invoke`, then its completion. `ok` is known to have happened and `fail` known not to;
 * `unknown` may have happened, or happen at any later time.
 */

export interface HistoryEvent {
  /** Who did it; a process does one thing at a time. */
  readonly process: string
  readonly type: 'invoke' | 'ok' | 'fail' | 'unknown'
  /** What was done, such as `read`. */
  readonly op: string
  readonly key?: string
  readonly input?: unknown
  readonly output?: unknown
  /** Virtual time. Events of one instant are in the order of the list. */
  readonly atMs: number
}
