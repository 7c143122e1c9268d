/** Bounds the calls at once and those that wait, so that one slow service does not take all there is: a pure step. */

export interface BulkheadOptions {
  /** Calls at once. @default 1_000 */
  readonly concurrencyMax?: number
  /** Calls that wait for their turn; one more is refused. @default 1_000 */
  readonly waitingMax?: number
}

export const bulkheadDefaults = {
  concurrencyMax: 1_000,
  waitingMax: 1_000,
} as const satisfies Required<BulkheadOptions>

export interface BulkheadState {
  readonly running: number
  /** Ids of those that wait, the first first. */
  readonly waiting: readonly number[]
}

export type BulkheadEvent =
  | { readonly type: 'ask'; readonly id: number }
  /** One that runs has ended. */
  | { readonly type: 'ended' }
  /** One that waits does not want to any more. */
  | { readonly type: 'given-up'; readonly id: number }

export type BulkheadCommand = { readonly type: 'run' | 'refuse'; readonly id: number }

/** The decision as a function: what tests and their mutants pass around. */
export type BulkheadStep = (
  state: BulkheadState,
  event: BulkheadEvent,
  options: Required<BulkheadOptions>,
) => readonly [BulkheadState, BulkheadCommand | undefined]

export const newBulkhead: BulkheadState = { running: 0, waiting: [] }

/**
 * One decision.
 *
 * Ensures: never more than `concurrencyMax` run and `waitingMax` wait; first come, first run; nobody waits while there is
 * room; each is run or refused once.
 */
export const bulkheadStep: BulkheadStep = (state, event, options) => {
  switch (event.type) {
    case 'ask':
      if (state.running < options.concurrencyMax) {
        return [
          { ...state, running: state.running + 1 },
          { type: 'run', id: event.id },
        ]
      }
      if (state.waiting.length >= options.waitingMax) return [state, { type: 'refuse', id: event.id }]
      return [{ ...state, waiting: [...state.waiting, event.id] }, undefined]
    case 'ended': {
      const [first, ...waiting] = state.waiting
      if (first === undefined) return [{ ...state, running: state.running - 1 }, undefined]
      return [
        { ...state, waiting },
        { type: 'run', id: first },
      ]
    }
    case 'given-up':
      return [{ ...state, waiting: state.waiting.filter((id) => id !== event.id) }, undefined]
  }
}
