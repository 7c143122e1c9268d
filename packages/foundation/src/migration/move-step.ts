/**
 * How an actor with a name of the system leaves its node, as a pure step: the side it leaves. It asks the other node whether it may
 * come, lets the actor stand still, saves it, and offers what it saved; the other node makes the name its own by compare-and-set,
 * loads, and waits. Then the actor ends here, what waited for it is sent after it, and the other one is told to begin.
 *
 * Until the other node says that it has loaded, this one may take it back: it says so in the engine, where the first of the two that
 * says so for itself goes on, makes the name its own again, which voids whatever the other one may still write, and only then lets
 * the actor go on. So one of the two runs, never both; who can't tell waits.
 */

export type MovePhase =
  /** The other node is asked whether it has what it takes. */
  | 'asking'
  | 'holding'
  | 'storing'
  | 'offering'
  /** It failed: whose the name is has to be known before the actor may go on. */
  | 'taking-back'
  /** It has left: the other node is told to begin. */
  | 'opening'
  | 'over'

export interface MoveState {
  readonly phase: MovePhase
  /** Why it is taken back. */
  readonly failure: unknown
  /** How often the other node was told to begin. */
  readonly openings: number
}

export type MoveEvent =
  | { readonly type: 'start' }
  | { readonly type: 'accepted' }
  /** The actor stands still between two messages, and was saved. */
  | { readonly type: 'held' }
  | { readonly type: 'stored' }
  /** The other node has the name, has loaded, and waits. */
  | { readonly type: 'ready' }
  /** Whatever is under way has failed, or is taking too long. */
  | { readonly type: 'failed'; readonly thrown: unknown }
  /** What the attempt to take the name back came to; `unknown` where the engine did not answer. */
  | { readonly type: 'taken-back'; readonly owner: 'self' | 'target' | 'other' | 'unknown' }
  | { readonly type: 'opened' }
  | { readonly type: 'unopened' }
  /** The wait before another try is over. */
  | { readonly type: 'due' }

export type MoveCommand =
  | { readonly type: 'target-ask' }
  | { readonly type: 'actor-hold' }
  | { readonly type: 'snapshot-store' }
  | { readonly type: 'target-offer' }
  | { readonly type: 'name-take-back' }
  | { readonly type: 'wait' }
  /** It goes on here. */
  | { readonly type: 'actor-release' }
  /** It ends here. What waits is sent after it, or refused where somebody else has the name. */
  | { readonly type: 'actor-leave'; readonly to: 'target' | 'nobody' }
  | { readonly type: 'target-open' }
  | { readonly type: 'snapshot-drop' }
  | { readonly type: 'move-done' }
  | { readonly type: 'move-failed'; readonly thrown: unknown }

export type MoveStep = (state: MoveState, event: MoveEvent) => readonly [MoveState, readonly MoveCommand[]]

export const newMove: MoveState = { phase: 'asking', failure: undefined, openings: 0 }

/** How often the other node is told to begin; after that it begins by itself, or is no more. */
export const openingsMax = 5

/**
 * One decision.
 *
 * Ensures: `actor-leave` comes only after `ready`, or when the name was found to be somebody else's; `actor-release` comes only
 * where nothing was offered, or after the name was taken back; of the two one comes once the actor was held.
 */
export const moveStep: MoveStep = (state, event) => {
  switch (state.phase) {
    case 'asking':
      if (event.type === 'start') return [state, [{ type: 'target-ask' }]]
      if (event.type === 'accepted') return [{ ...state, phase: 'holding' }, [{ type: 'actor-hold' }]]
      return event.type === 'failed' ? over(state, [], event.thrown) : [state, []]
    case 'holding':
      if (event.type === 'held') return [{ ...state, phase: 'storing' }, [{ type: 'snapshot-store' }]]
      return event.type === 'failed' ? over(state, [{ type: 'actor-release' }], event.thrown) : [state, []]
    case 'storing':
      if (event.type === 'stored') return [{ ...state, phase: 'offering' }, [{ type: 'target-offer' }]]
      if (event.type !== 'failed') return [state, []]
      return over(state, [{ type: 'actor-release' }, { type: 'snapshot-drop' }], event.thrown)
    case 'offering':
      return onOffering(state, event)
    case 'taking-back':
      return onTakingBack(state, event)
    case 'opening':
      return onOpening(state, event)
    case 'over':
      return [state, []]
  }
}

function onOffering(state: MoveState, event: MoveEvent): ReturnType<MoveStep> {
  if (event.type === 'failed') {
    return [{ ...state, phase: 'taking-back', failure: event.thrown }, [{ type: 'name-take-back' }]]
  }
  if (event.type !== 'ready') return [state, []]
  return [{ ...state, phase: 'opening', openings: 1 }, [{ type: 'actor-leave', to: 'target' }, { type: 'target-open' }]]
}

function onTakingBack(state: MoveState, event: MoveEvent): ReturnType<MoveStep> {
  if (event.type === 'due') return [state, [{ type: 'name-take-back' }]]
  if (event.type !== 'taken-back') return [state, []]
  switch (event.owner) {
    case 'unknown':
      return [state, [{ type: 'wait' }]]
    case 'self':
      return over(state, [{ type: 'actor-release' }, { type: 'snapshot-drop' }], state.failure)
    case 'target':
      // It had given up waiting for this node, and runs.
      return over(state, [{ type: 'actor-leave', to: 'target' }, { type: 'snapshot-drop' }], undefined)
    case 'other':
      return over(state, [{ type: 'actor-leave', to: 'nobody' }, { type: 'snapshot-drop' }], state.failure)
  }
}

function onOpening(state: MoveState, event: MoveEvent): ReturnType<MoveStep> {
  const done: readonly MoveCommand[] = [{ type: 'snapshot-drop' }]
  if (event.type === 'opened') return over(state, done, undefined)
  if (event.type === 'unopened') {
    return state.openings >= openingsMax ? over(state, done, undefined) : [state, [{ type: 'wait' }]]
  }
  if (event.type !== 'due') return [state, []]
  return [{ ...state, openings: state.openings + 1 }, [{ type: 'target-open' }]]
}

function over(state: MoveState, commands: readonly MoveCommand[], thrown: unknown): ReturnType<MoveStep> {
  const end: MoveCommand = thrown === undefined ? { type: 'move-done' } : { type: 'move-failed', thrown }
  return [{ ...state, phase: 'over' }, [...commands, end]]
}
