/**
 * The session of a node, as a pure step: one key in replicated state that says "this life of this node is at work". All
 * claims of a node hang on its one session, so there are as many leases as nodes, however many actors.
 *
 * The key expires later than two elections of the engine's servers last, one after the other, so that a healthy node outlives them. A
 * write that is refused, or news that the key is gone, ends the session at once; a write that is not answered does not: the session
 * goes on until its deadline, since nobody can take over without a quorum either. One that is given up for another may be answered
 * after all, and counts from when it was asked for: otherwise servers that are slow would end all sessions. What a node does
 * after it lost its session is stopped by fencing tokens.
 */

export interface SessionSettings {
  /** After so long without a write the key is gone. */
  readonly expiryMs: number
  /** How often it is written. */
  readonly renewMs: number
  /** How long before the expiry the node stops trusting it, for clocks that run differently fast. */
  readonly marginMs: number
  /** How long to wait after a write that was not answered, or before a new session. */
  readonly retryMs: number
  /** A request not answered for so long is made again, so that one that was lost holds up nothing; its answer still counts. */
  readonly answerMs: number
}

export interface SessionState {
  readonly phase: 'out' | 'entering' | 'held' | 'left'
  /** The revision that began this session: what claims name it by. */
  readonly token: number
  /** Of the newest write of the key that is known. */
  readonly revision: number
  readonly validUntilMs: number
  /** When to write next. */
  readonly dueMs: number
  /** The request under way; 0 for none. */
  readonly asked: number
  readonly askedMs: number
  readonly lastAsked: number
  /** Writes of this session that were given up, oldest first: of all other requests before `asked` answers are ignored. */
  readonly late: readonly LateWrite[]
  /** When the first write was asked for of which nobody knows whether it was done; undefined when `revision` is the newest. */
  readonly doubtMs: number | undefined
}

interface LateWrite {
  readonly asked: number
  readonly askedMs: number
}

/** Writes whose answers still count. */
export const lateMax = 16

export type SessionEvent =
  | { readonly type: 'tick'; readonly atMs: number }
  /** The request `asked` wrote the key, or found it written by this session. */
  | { readonly type: 'written'; readonly asked: number; readonly revision: number; readonly atMs: number }
  /** The key is not what it was: somebody wrote or removed it, or an earlier request did after all. */
  | { readonly type: 'refused'; readonly asked: number; readonly atMs: number }
  /** It may or may not have happened. */
  | { readonly type: 'unanswered'; readonly asked: number; readonly atMs: number }
  /** What a look at the key found: the revision of this session, or that it is not this session's. */
  | { readonly type: 'checked'; readonly asked: number; readonly revision: number | undefined; readonly atMs: number }
  /** The watch says that the key was removed by this revision. */
  | { readonly type: 'removed'; readonly revision: number; readonly atMs: number }
  | { readonly type: 'leave' }

export type SessionCommand =
  /** Create the key, or take over what an earlier life left of it. */
  | { readonly type: 'session-enter'; readonly asked: number }
  | { readonly type: 'session-renew'; readonly asked: number; readonly revision: number; readonly token: number }
  /** Read the key: is it still of this session? */
  | { readonly type: 'session-check'; readonly asked: number; readonly token: number }
  | { readonly type: 'session-remove'; readonly revision: number }
  | { readonly type: 'session-begun'; readonly token: number }
  | { readonly type: 'session-lost'; readonly token: number; readonly reason: 'evicted' | 'expired' }

export type SessionStep = (
  state: SessionState,
  event: SessionEvent,
  settings: SessionSettings,
) => readonly [SessionState, readonly SessionCommand[]]

export const newSession: SessionState = {
  phase: 'out',
  token: 0,
  revision: 0,
  validUntilMs: 0,
  dueMs: 0,
  asked: 0,
  askedMs: 0,
  lastAsked: 0,
  late: [],
  doubtMs: undefined,
}

/**
 * One decision.
 *
 * Ensures: between `session-begun` and `session-lost` of a token its key was written less than `expiryMs - marginMs` ago;
 * one request under way at a time; after `leave` nothing is asked for.
 */
export const sessionStep: SessionStep = (state, event, settings) => {
  if (state.phase === 'left') return [state, []]
  switch (event.type) {
    case 'tick':
      return onTick(state, event.atMs, settings)
    case 'written':
      return onWritten(state, event, settings)
    case 'refused':
      return event.asked === state.asked ? onRefused(state, event.atMs, settings) : [state, []]
    case 'unanswered':
      if (event.asked !== state.asked) return [state, []]
      return [{ ...state, asked: 0, dueMs: event.atMs + settings.retryMs, phase: afterSilence(state) }, []]
    case 'checked':
      return event.asked === state.asked ? onChecked(state, event, settings) : [state, []]
    case 'removed':
      if (state.phase !== 'held' || event.revision < state.token) return [state, []]
      return lose(state, 'evicted', event.atMs + settings.retryMs)
    case 'leave': {
      const left: SessionState = { ...state, phase: 'left', asked: 0 }
      return [left, state.phase === 'held' ? [{ type: 'session-remove', revision: state.revision }] : []]
    }
  }
}

function onTick(state: SessionState, atMs: number, settings: SessionSettings): ReturnType<SessionStep> {
  if (state.phase === 'held' && atMs >= state.validUntilMs) return lose(state, 'expired', atMs)
  if (state.asked !== 0 && atMs - state.askedMs >= settings.answerMs)
    return onTick(givenUp(state, atMs), atMs, settings)
  if (state.asked !== 0 || atMs < state.dueMs) return [state, []]
  const asked = state.lastAsked + 1
  const asking: SessionState = { ...state, asked, askedMs: atMs, lastAsked: asked }
  if (state.phase === 'held') {
    const doubting = { ...asking, doubtMs: state.doubtMs ?? atMs }
    return [doubting, [{ type: 'session-renew', asked, revision: state.revision, token: state.token }]]
  }
  return [{ ...asking, phase: 'entering', dueMs: atMs + settings.retryMs }, [{ type: 'session-enter', asked }]]
}

/** Of a session that is lost nothing is late any more. What an enter that was given up has written is found by the next one. */
function givenUp(state: SessionState, atMs: number): SessionState {
  const { asked, askedMs, late } = state
  const kept = state.phase === 'held' ? [...late, { asked, askedMs }].slice(-lateMax) : []
  return { ...state, asked: 0, late: kept, phase: afterSilence(state), dueMs: atMs }
}

function onWritten(
  state: SessionState,
  event: { readonly asked: number; readonly revision: number },
  settings: SessionSettings,
): ReturnType<SessionStep> {
  const { expiryMs, marginMs, renewMs } = settings
  const askedMs =
    event.asked === state.asked ? state.askedMs : state.late.find(({ asked }) => asked === event.asked)?.askedMs
  if (askedMs === undefined) return [state, []]
  const validUntilMs = Math.max(state.validUntilMs, askedMs + expiryMs - marginMs)
  const dueMs = askedMs + renewMs
  const { revision } = event
  // What else is under way was asked for over an older revision, so that it will be refused.
  const written: SessionState = {
    ...state,
    phase: 'held',
    revision,
    asked: 0,
    validUntilMs,
    dueMs,
    late: [],
    doubtMs: undefined,
  }
  if (state.phase === 'held') return [written, []]
  return [{ ...written, token: revision }, [{ type: 'session-begun', token: revision }]]
}

function onRefused(state: SessionState, atMs: number, settings: SessionSettings): ReturnType<SessionStep> {
  if (state.phase !== 'held') return [{ ...state, phase: 'out', asked: 0, dueMs: atMs + settings.retryMs }, []]
  const asked = state.lastAsked + 1
  return [{ ...state, asked, askedMs: atMs, lastAsked: asked }, [{ type: 'session-check', asked, token: state.token }]]
}

/** An earlier write that was not answered may have happened: then the key is still ours, with a newer revision. */
function onChecked(
  state: SessionState,
  event: { readonly revision: number | undefined; readonly atMs: number },
  settings: SessionSettings,
): ReturnType<SessionStep> {
  const { revision, atMs } = event
  if (revision === undefined) return lose(state, 'evicted', atMs + settings.retryMs)
  const checked: SessionState = { ...state, asked: 0, dueMs: atMs }
  if (revision <= state.revision || state.doubtMs === undefined) return [checked, []]
  // Which of them it was is not known, but none was written before the first was asked for.
  const validUntilMs = Math.max(state.validUntilMs, state.doubtMs + settings.expiryMs - settings.marginMs)
  return [{ ...checked, revision, validUntilMs, late: [], doubtMs: undefined }, []]
}

function afterSilence(state: SessionState): SessionState['phase'] {
  return state.phase === 'held' ? 'held' : 'out'
}

function lose(state: SessionState, reason: 'evicted' | 'expired', dueMs: number): ReturnType<SessionStep> {
  const lost: SessionState = { ...state, phase: 'out', asked: 0, dueMs, late: [], doubtMs: undefined }
  return [lost, [{ type: 'session-lost', token: state.token, reason }]]
}
