/**
 * In what order an outcome is carried out, and undone when a part of it fails: a pure step. What stops comes first, so that what it
 * held is free for what starts; values come last. Whatever was begun is undone in reverse, the change that failed too, since nobody
 * knows how far it came: each change and its undoing may be done twice.
 */

export type Change =
  | { readonly type: 'stop'; readonly id: string }
  | { readonly type: 'start'; readonly id: string }
  | { readonly type: 'set'; readonly parameter: string; readonly value: unknown }

export interface PlanState {
  readonly changes: readonly Change[]
  readonly phase: 'waiting' | 'doing' | 'undoing' | 'over'
  /** Of the change under way. */
  readonly at: number
  readonly failed: { readonly change: Change; readonly message: string } | undefined
  /** What could not be undone. */
  readonly left: readonly Change[]
}

export type PlanEvent =
  | { readonly type: 'begin' }
  /** What was commanded last is so. */
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly message: string }

export type PlanEnding =
  | { readonly type: 'applied'; readonly changes: readonly Change[] }
  | { readonly type: 'rolled-back'; readonly failed: Change; readonly message: string }
  | { readonly type: 'half-done'; readonly failed: Change; readonly message: string; readonly left: readonly Change[] }

export type PlanCommand =
  | { readonly type: 'do'; readonly change: Change }
  | { readonly type: 'undo'; readonly change: Change }
  | { readonly type: 'finish'; readonly ending: PlanEnding }

/** The decision as a function: what the runtime, tests and mutants of tests pass around. One command answers each event. */
export type PlanStep = (state: PlanState, event: PlanEvent) => readonly [PlanState, PlanCommand | undefined]

/** Before its first event. The changes come in any order. */
export function newPlan(changes: readonly Change[]): PlanState {
  const ordered = [...changes].sort((a, b) => ranks[a.type] - ranks[b.type])
  return { changes: ordered, phase: 'waiting', at: 0, failed: undefined, left: [] }
}

const ranks = { stop: 0, start: 1, set: 2 } as const satisfies Record<Change['type'], number>

/**
 * One decision.
 *
 * Ensures: one change at a time; none is done after one failed; each that was begun is undone once, in reverse; `finish` comes once, and
 * nothing after it.
 */
export const planStep: PlanStep = (state, event) => {
  const { phase, at } = state
  if (event.type === 'begin') return phase === 'waiting' ? doNext(state, 0) : [state, undefined]
  if (phase === 'doing') {
    if (event.type === 'done') return doNext(state, at + 1)
    const change = state.changes[at] as Change
    return undoNext({ ...state, failed: { change, message: event.message } }, at)
  }
  if (phase !== 'undoing') return [state, undefined]
  const left = event.type === 'done' ? state.left : [...state.left, state.changes[at] as Change]
  return undoNext({ ...state, left }, at - 1)
}

function doNext(state: PlanState, at: number): readonly [PlanState, PlanCommand] {
  const change = state.changes[at]
  if (change === undefined) return finish(state, { type: 'applied', changes: state.changes })
  return [
    { ...state, phase: 'doing', at },
    { type: 'do', change },
  ]
}

function undoNext(state: PlanState, at: number): readonly [PlanState, PlanCommand] {
  const change = state.changes[at]
  if (change !== undefined) {
    return [
      { ...state, phase: 'undoing', at },
      { type: 'undo', change },
    ]
  }
  const { failed, left } = state
  const what = { failed: failed?.change as Change, message: failed?.message ?? '' }
  return finish(state, left.length === 0 ? { type: 'rolled-back', ...what } : { type: 'half-done', ...what, left })
}

function finish(state: PlanState, ending: PlanEnding): readonly [PlanState, PlanCommand] {
  return [
    { ...state, phase: 'over' },
    { type: 'finish', ending },
  ]
}
