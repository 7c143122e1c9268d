/**
 * How an actor with a name of the system comes to a node, as a pure step: the side it comes to. It makes the name its own by
 * compare-and-set on what the other node had written, loads what was saved, says that it is ready, and begins when it is told to.
 * Where nobody tells it to, because the other node is gone or cut off, it decides the move for itself first: after that the other
 * node can't take it back.
 */

export type ArrivalPhase =
  | 'claiming'
  | 'loading'
  /** It has loaded, and may be taken back. */
  | 'waiting'
  /** Nobody told it to begin: it makes sure that it may. */
  | 'settling'
  | 'open'
  | 'over'

export interface ArrivalState {
  readonly phase: ArrivalPhase
}

export type ArrivalEvent =
  | { readonly type: 'start' }
  /** What the write of the name, or of the decision, came to; `unknown` where the engine did not answer. */
  | { readonly type: 'written'; readonly outcome: 'done' | 'refused' | 'unknown' }
  | { readonly type: 'loaded' }
  | { readonly type: 'failed'; readonly thrown: unknown }
  /** The other node has ended its copy. */
  | { readonly type: 'told' }
  /** The wait is over: for the other node, or before another try. */
  | { readonly type: 'due' }
  /** The name is somebody else's now. */
  | { readonly type: 'lost' }

export type ArrivalCommand =
  /** Compare-and-set on the very record that the other node had written. */
  | { readonly type: 'name-claim' }
  | { readonly type: 'actor-load' }
  | { readonly type: 'source-answer' }
  | { readonly type: 'source-refuse'; readonly thrown: unknown }
  /** For the other node. */
  | { readonly type: 'wait-told' }
  | { readonly type: 'wait-again' }
  /** Say first, and for good, who goes on. */
  | { readonly type: 'name-settle' }
  /** It begins to work on messages. */
  | { readonly type: 'actor-open' }
  /** What was loaded is given up. */
  | { readonly type: 'actor-drop' }

export type ArrivalStep = (
  state: ArrivalState,
  event: ArrivalEvent,
) => readonly [ArrivalState, readonly ArrivalCommand[]]

export const newArrival: ArrivalState = { phase: 'claiming' }

/** Ends the attempt where there is nothing to say but that. */
const notOwned = { type: 'source-refuse', thrown: undefined } as const

/**
 * One decision.
 *
 * Ensures: `actor-load` comes only after the name was written; `actor-open` only after `told`, or after the move was decided for this node;
 * neither after `lost`.
 */
export const arrivalStep: ArrivalStep = (state, event) => {
  if (event.type === 'lost') return onLost(state)
  switch (state.phase) {
    case 'claiming':
      return onClaiming(state, event)
    case 'loading':
      if (event.type === 'loaded') {
        return [{ phase: 'waiting' }, [{ type: 'source-answer' }, { type: 'wait-told' }]]
      }
      // The other node takes the name back, now that it knows.
      return event.type === 'failed'
        ? [{ phase: 'over' }, [{ type: 'actor-drop' }, { type: 'source-refuse', thrown: event.thrown }]]
        : [state, []]
    case 'waiting':
      if (event.type === 'told') return [{ phase: 'open' }, [{ type: 'actor-open' }]]
      return event.type === 'due' ? [{ phase: 'settling' }, [{ type: 'name-settle' }]] : [state, []]
    case 'settling':
      return onSettling(state, event)
    case 'open':
    case 'over':
      return [state, []]
  }
}

function onClaiming(state: ArrivalState, event: ArrivalEvent): ReturnType<ArrivalStep> {
  if (event.type === 'start' || event.type === 'due') return [state, [{ type: 'name-claim' }]]
  if (event.type === 'failed') return [{ phase: 'over' }, [{ type: 'source-refuse', thrown: event.thrown }]]
  if (event.type !== 'written') return [state, []]
  switch (event.outcome) {
    case 'done':
      return [{ phase: 'loading' }, [{ type: 'actor-load' }]]
    case 'refused':
      return [{ phase: 'over' }, [notOwned]]
    case 'unknown':
      return [state, [{ type: 'wait-again' }]]
  }
}

function onSettling(state: ArrivalState, event: ArrivalEvent): ReturnType<ArrivalStep> {
  if (event.type === 'told') return [{ phase: 'open' }, [{ type: 'actor-open' }]]
  if (event.type === 'due') return [state, [{ type: 'name-settle' }]]
  // The engine is closed, or worse.
  if (event.type === 'failed') return [{ phase: 'over' }, [{ type: 'actor-drop' }]]
  if (event.type !== 'written') return [state, []]
  switch (event.outcome) {
    case 'done':
      return [{ phase: 'open' }, [{ type: 'actor-open' }]]
    case 'refused':
      return [{ phase: 'over' }, [{ type: 'actor-drop' }]]
    case 'unknown':
      return [state, [{ type: 'wait-again' }]]
  }
}

function onLost(state: ArrivalState): ReturnType<ArrivalStep> {
  if (state.phase === 'open' || state.phase === 'over') return [state, []]
  const drop: readonly ArrivalCommand[] = state.phase === 'claiming' ? [] : [{ type: 'actor-drop' }]
  return [{ phase: 'over' }, [...drop, notOwned]]
}
