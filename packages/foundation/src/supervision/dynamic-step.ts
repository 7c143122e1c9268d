/**
 * What a dynamic supervisor decides, as a pure step over its own state and that of the one child the event is about, so
 * that a decision costs the same with a hundred thousand children as with one.
 *
 * Source: Elixir `DynamicSupervisor`, Erlang/OTP `simple_one_for_one`. Differs: children may start at the same time, since
 * `init` may wait; a restart may have a back-off; 10,000 children unless told otherwise, there without bound. As there:
 * children stop all at once, restarts of all children count together, one that fails its first start is not kept.
 */

import { type Backoff, backoffMs } from './backoff.ts'
import type { Restart } from './supervisor-step.ts'

export interface DynamicState {
  readonly childrenMax: number
  /** Restarts allowed inside one window, of all children together; one more and the supervisor gives up. */
  readonly restartsMax: number
  readonly windowMs: number
  readonly backoff: Backoff | undefined
  readonly phase: 'running' | 'stopping' | 'stopped'
  /** Those that run, start, stop or wait. */
  readonly children: number
  /** When children were restarted, inside the last window. */
  readonly restartsMs: readonly number[]
  readonly reason: DynamicStopReason
}

export interface DynamicChildState {
  readonly restart: Restart
  readonly status: 'starting' | 'running' | 'stopping' | 'waiting' | 'gone'
  readonly restarts: number
  /** Restarts without a quiet window between them: how far its back-off has grown. */
  readonly row: number
  /** When the last of them was due. */
  readonly restartedMs: number
}

export type DynamicStopReason = 'shutdown' | 'restart-intensity'

export type DynamicEvent =
  /** The child does not exist yet. */
  | { readonly type: 'child-add'; readonly restart: Restart }
  | { readonly type: 'child-started' }
  | { readonly type: 'child-start-failed'; readonly atMs: number }
  | { readonly type: 'child-exited'; readonly abnormal: boolean; readonly atMs: number }
  /** Its back-off is over. */
  | { readonly type: 'child-due' }
  /** Somebody wants this child to end. */
  | { readonly type: 'child-stop' }
  /** Somebody wants the supervisor to end; about no child. */
  | { readonly type: 'stop' }

export type DynamicCommand =
  | { readonly type: 'child-start' | 'child-stop' | 'child-wait-cancel' | 'child-gone' }
  /** Say so with `child-due` after that time, before jitter. */
  | { readonly type: 'child-wait'; readonly delayMs: number }
  | { readonly type: 'child-refuse'; readonly reason: 'children-max' | 'stopping' }
  /** Send `child-stop` for every child there is. */
  | { readonly type: 'children-stop' }
  | { readonly type: 'supervisor-stopped'; readonly reason: DynamicStopReason }

interface Stepped {
  readonly state: DynamicState
  readonly child: DynamicChildState | undefined
  readonly commands: readonly DynamicCommand[]
}

/** The decision as a function: what the runtime, tests and mutants of tests pass around. */
export type DynamicStep = (state: DynamicState, child: DynamicChildState | undefined, event: DynamicEvent) => Stepped

/** A dynamic supervisor before its first event. */
export function newDynamic(
  options: Pick<DynamicState, 'childrenMax' | 'restartsMax' | 'windowMs'> & Partial<Pick<DynamicState, 'backoff'>>,
): DynamicState {
  const { childrenMax, restartsMax, windowMs, backoff } = options
  return {
    childrenMax,
    restartsMax,
    windowMs,
    backoff,
    phase: 'running',
    children: 0,
    restartsMs: [],
    reason: 'shutdown',
  }
}

/**
 * One decision.
 *
 * Ensures: a child is started only while it does not run; never more than `childrenMax` children, nor more than
 * `restartsMax` restarts inside one window; `supervisor-stopped` comes once, when no child is left.
 */
export const dynamicStep: DynamicStep = (state, child, event) => {
  if (event.type === 'stop')
    return state.phase === 'running' ? stopAll(state, child, 'shutdown') : unchanged(state, child)
  if (event.type === 'child-add') return add(state, event.restart)
  if (child === undefined || child.status === 'gone') return unchanged(state, child)
  switch (event.type) {
    case 'child-started':
      return child.status === 'starting' ? put(state, running(child)) : unchanged(state, child)
    case 'child-start-failed':
      return onStartFailed(state, child, event.atMs)
    case 'child-exited':
      return onExited(state, child, event)
    case 'child-due':
      return child.status === 'waiting' ? start(state, child) : unchanged(state, child)
    case 'child-stop':
      return stopOne(state, child)
  }
}

function add(state: DynamicState, restart: Restart): Stepped {
  if (state.phase !== 'running') return refused(state, 'stopping')
  if (state.children >= state.childrenMax) return refused(state, 'children-max')
  const child = { restart, status: 'starting', restarts: 0, row: 0, restartedMs: 0 } as const
  return { state: { ...state, children: state.children + 1 }, child, commands: [{ type: 'child-start' }] }
}

/** Children that were never restarted share one object, so that a hundred thousand of them cost none. */
const firstLife: { readonly [restart in Restart]: DynamicChildState } = {
  permanent: { restart: 'permanent', status: 'running', restarts: 0, row: 0, restartedMs: 0 },
  transient: { restart: 'transient', status: 'running', restarts: 0, row: 0, restartedMs: 0 },
  temporary: { restart: 'temporary', status: 'running', restarts: 0, row: 0, restartedMs: 0 },
}

function running(child: DynamicChildState): DynamicChildState {
  return child.restarts === 0 ? firstLife[child.restart] : { ...child, status: 'running' }
}

/** The first start is the caller's to try again, a later one ours. */
function onStartFailed(state: DynamicState, child: DynamicChildState, atMs: number): Stepped {
  if (child.status === 'starting' && child.restarts > 0) return restart(state, child, atMs)
  return child.status === 'starting' || child.status === 'stopping' ? remove(state, child) : unchanged(state, child)
}

function onExited(
  state: DynamicState,
  child: DynamicChildState,
  event: { readonly abnormal: boolean; readonly atMs: number },
): Stepped {
  if (child.status === 'stopping') return remove(state, child)
  if (child.status !== 'running') return unchanged(state, child)
  const wanted = child.restart === 'permanent' || (child.restart === 'transient' && event.abnormal)
  return wanted && state.phase === 'running' ? restart(state, child, event.atMs) : remove(state, child)
}

/** Again, at once or after its back-off, unless that is one restart too many. */
function restart(state: DynamicState, child: DynamicChildState, atMs: number): Stepped {
  const restartsMs = [...state.restartsMs.filter((ms) => atMs - ms < state.windowMs), atMs]
  if (restartsMs.length > state.restartsMax) {
    const removed = remove(state, child)
    const stopping = stopAll(removed.state, removed.child, 'restart-intensity')
    return { ...stopping, commands: [...removed.commands, ...stopping.commands] }
  }
  const row = atMs - child.restartedMs >= state.windowMs ? 1 : child.row + 1
  const delayMs = backoffMs(state.backoff, row)
  const again = { ...child, restarts: child.restarts + 1, row, restartedMs: atMs + delayMs }
  const counted = { ...state, restartsMs }
  if (delayMs === 0) return start(counted, again)
  return put(counted, { ...again, status: 'waiting' }, { type: 'child-wait', delayMs })
}

function start(state: DynamicState, child: DynamicChildState): Stepped {
  return put(state, { ...child, status: 'starting' }, { type: 'child-start' })
}

function stopOne(state: DynamicState, child: DynamicChildState): Stepped {
  if (child.status === 'stopping') return unchanged(state, child)
  if (child.status !== 'waiting') return put(state, { ...child, status: 'stopping' }, { type: 'child-stop' })
  const removed = remove(state, child)
  return { ...removed, commands: [{ type: 'child-wait-cancel' }, ...removed.commands] }
}

/** The child is no more; the supervisor neither when it was the last one that had to end. */
function remove(state: DynamicState, child: DynamicChildState): Stepped {
  const left = { ...state, children: state.children - 1 }
  const gone: DynamicChildState = { ...child, status: 'gone' }
  if (left.phase !== 'stopping' || left.children > 0) return put(left, gone, { type: 'child-gone' })
  const commands = [{ type: 'child-gone' }, { type: 'supervisor-stopped', reason: left.reason }] as const
  return { state: { ...left, phase: 'stopped' }, child: gone, commands }
}

function stopAll(state: DynamicState, child: DynamicChildState | undefined, reason: DynamicStopReason): Stepped {
  if (state.children > 0) {
    return { state: { ...state, phase: 'stopping', reason }, child, commands: [{ type: 'children-stop' }] }
  }
  return { state: { ...state, phase: 'stopped', reason }, child, commands: [{ type: 'supervisor-stopped', reason }] }
}

function put(state: DynamicState, child: DynamicChildState, command?: DynamicCommand): Stepped {
  return { state, child, commands: command === undefined ? [] : [command] }
}

function refused(state: DynamicState, reason: 'children-max' | 'stopping'): Stepped {
  return { state, child: undefined, commands: [{ type: 'child-refuse', reason }] }
}

function unchanged(state: DynamicState, child: DynamicChildState | undefined): Stepped {
  return { state, child, commands: [] }
}
