/** When a check of a user runs and what its answers mean: a pure step. It never runs twice at the same time. */

export interface CheckState {
  /** `overdue`: its time is up and it still runs, so it has failed and is not begun again before it ends. */
  readonly phase: 'idle' | 'running' | 'overdue' | 'stopped'
  /** `unknown` until it first answered. */
  readonly status: 'unknown' | 'passing' | 'failing'
  /** In a row. */
  readonly failures: number
  /** Why it last failed; missing when it last passed. */
  readonly failure?: string
  /** How long the last one took; of an overdue one, what it took so far. */
  readonly durationMs: number
  readonly begunMs: number
}

export type CheckEvent =
  | { readonly type: 'due'; readonly atMs: number }
  /** It answered; `failure` says why not well. */
  | { readonly type: 'ended'; readonly atMs: number; readonly failure?: string }
  | { readonly type: 'timeout'; readonly atMs: number }
  | { readonly type: 'stop'; readonly atMs: number }

export type CheckCommand =
  /** Begin it, with a deadline. */
  | { readonly type: 'run'; readonly timeoutMs: number }
  | { readonly type: 'wait'; readonly delayMs: number }
  /** Its signal aborts. */
  | { readonly type: 'abort' }
  | { readonly type: 'timer-cancel' }

export interface CheckRules {
  readonly intervalMs: number
  readonly timeoutMs: number
  /** In a row, before it counts as failing. */
  readonly failuresMax: number
}

export type CheckStep = (
  state: CheckState,
  event: CheckEvent,
  rules: CheckRules,
) => readonly [CheckState, readonly CheckCommand[]]

export const newCheck: CheckState = { phase: 'idle', status: 'unknown', failures: 0, durationMs: 0, begunMs: 0 }

/** What follows from an event. What comes after `stop` changes nothing. */
export const checkStep: CheckStep = (state, event, rules) => {
  if (state.phase === 'stopped') return [state, []]
  switch (event.type) {
    case 'due':
      if (state.phase !== 'idle') return [state, []]
      return [{ ...state, phase: 'running', begunMs: event.atMs }, [{ type: 'run', timeoutMs: rules.timeoutMs }]]
    case 'timeout': {
      if (state.phase !== 'running') return [state, []]
      const failed = answered(state, { ...event, failure: `no answer within ${rules.timeoutMs} ms` }, rules)
      return [{ ...failed, phase: 'overdue' }, [{ type: 'abort' }]]
    }
    case 'ended': {
      const wait: CheckCommand = { type: 'wait', delayMs: rules.intervalMs }
      // What comes too late has been counted as failed, whatever it says.
      if (state.phase === 'overdue') return [{ ...state, phase: 'idle' }, [wait]]
      if (state.phase !== 'running') return [state, []]
      return [{ ...answered(state, event, rules), phase: 'idle' }, [{ type: 'timer-cancel' }, wait]]
    }
    case 'stop': {
      const isRunning = state.phase === 'running' || state.phase === 'overdue'
      const cancel: CheckCommand = { type: 'timer-cancel' }
      return [{ ...state, phase: 'stopped' }, isRunning ? [cancel, { type: 'abort' }] : [cancel]]
    }
  }
}

function answered(
  state: CheckState,
  { atMs, failure }: { readonly atMs: number; readonly failure?: string },
  { failuresMax }: CheckRules,
): CheckState {
  const { phase, begunMs, status } = state
  const durationMs = atMs - begunMs
  if (failure === undefined) return { phase, begunMs, status: 'passing', failures: 0, durationMs }
  const failures = state.failures + 1
  // The first answer decides at once: who has never been well is not taken for well.
  const isFailing = failures >= failuresMax || status !== 'passing'
  return { phase, begunMs, status: isFailing ? 'failing' : 'passing', failures, failure, durationMs }
}
