/**
 * How a node is drained, as a pure step: it is told to its parts and to the others once, and whoever asked is answered when
 * nothing is left, or at its own deadline; the draining goes on after that until it is taken back.
 */

export type DrainPhase = 'serving' | 'draining' | 'drained'

export interface DrainState {
  readonly phase: DrainPhase
  readonly sinceMs: number
  /** Who waits, by number: until when. */
  readonly waiting: ReadonlyMap<number, number>
}

export type DrainEvent =
  | { readonly type: 'drain'; readonly waiter: number; readonly untilMs: number; readonly atMs: number }
  | { readonly type: 'undrain'; readonly atMs: number }
  /** What is left may be another; also said now and then. */
  | { readonly type: 'left'; readonly nothing: boolean; readonly atMs: number }
  /** The waiter has gone. */
  | { readonly type: 'gone'; readonly waiter: number }

export type DrainCommand =
  | { readonly type: 'parts-drain' }
  | { readonly type: 'parts-undrain' }
  /** To the other nodes. */
  | { readonly type: 'announce'; readonly draining: boolean }
  /** `done`: nothing was left; else its time is up, or it was taken back. */
  | { readonly type: 'answer'; readonly waiter: number; readonly done: boolean }
  | { readonly type: 'drained'; readonly afterMs: number }

export type DrainStep = (state: DrainState, event: DrainEvent) => readonly [DrainState, readonly DrainCommand[]]

export const notDraining: DrainState = { phase: 'serving', sinceMs: 0, waiting: new Map() }

/**
 * One decision.
 *
 * Ensures: parts and others are told of each change of direction once; who waits is answered once, no later than the first `left`
 * after its time; `done` is said only when nothing was left at that moment.
 */
export const drainStep: DrainStep = (state, event) => {
  switch (event.type) {
    case 'drain':
      return onDrain(state, event)
    case 'undrain':
      return onUndrain(state)
    case 'left':
      return onLeft(state, event)
    case 'gone': {
      const waiting = new Map(state.waiting)
      waiting.delete(event.waiter)
      return [{ ...state, waiting }, []]
    }
  }
}

/** Whoever asks waits for the next word of what is left, also on a node that is drained: it may have got something since. */
function onDrain(state: DrainState, event: Extract<DrainEvent, { type: 'drain' }>): ReturnType<DrainStep> {
  const waiting = new Map(state.waiting).set(event.waiter, event.untilMs)
  if (state.phase !== 'serving') return [{ ...state, waiting }, []]
  return [
    { phase: 'draining', sinceMs: event.atMs, waiting },
    [{ type: 'announce', draining: true }, { type: 'parts-drain' }],
  ]
}

function onUndrain(state: DrainState): ReturnType<DrainStep> {
  if (state.phase === 'serving') return [state, []]
  const answers = [...state.waiting.keys()].map((waiter): DrainCommand => ({ type: 'answer', waiter, done: false }))
  return [notDraining, [{ type: 'parts-undrain' }, { type: 'announce', draining: false }, ...answers]]
}

function onLeft(state: DrainState, event: Extract<DrainEvent, { type: 'left' }>): ReturnType<DrainStep> {
  if (state.phase === 'serving') return [state, []]
  const { nothing, atMs } = event
  const waiting = new Map(state.waiting)
  const commands: DrainCommand[] = []
  if (nothing && state.phase === 'draining') commands.push({ type: 'drained', afterMs: atMs - state.sinceMs })
  for (const [waiter, untilMs] of state.waiting) {
    if (!nothing && atMs < untilMs) continue
    waiting.delete(waiter)
    commands.push({ type: 'answer', waiter, done: nothing })
  }
  // Something came after all: the time of getting rid of it begins there.
  const sinceMs = !nothing && state.phase === 'drained' ? atMs : state.sinceMs
  return [{ phase: nothing ? 'drained' : 'draining', sinceMs, waiting }, commands]
}
