/**
 * What a supervisor decides, as a pure step: state and event in, state and commands out. One command is under way at a
 * time, so that children start in order and stop in reverse, and what happens meanwhile waits its turn.
 *
 * Source: Erlang/OTP `supervisor` (OTP 24 and later, with `significant` and `auto_shutdown`).
 *
 * | as in OTP | |
 * |---|---|
 * | children start in order and stop in reverse, each within its limit, then by force | same |
 * | one-for-one, one-for-all, rest-for-one; permanent, transient, temporary | same |
 * | more than `restartsMax` restarts inside `windowMs`, over all children, and it gives up | same |
 * | a supervisor that gives up is an abnormal exit to its own | same |
 * | a significant child that ends by itself shuts the supervisor down (any, all); permanent ones can't be significant | same |
 *
 * | differs | OTP | here |
 * |---|---|---|
 * | time for `init` | for ever | `startMs`, 30 s |
 * | a start that fails during a restart | counts, tried again at once | the same, after its back-off if there is one |
 * | delay before a restart | none | none unless `backoff` says so; those that restart together are stopped first |
 * | a crash while others restart | the supervisor is busy; seen after | the same, as data (`backlog`) |
 * | a temporary child that has ended, or was stopped with others | forgotten | listed as stopped |
 * | `node.spawn(…, { restart })` | | a supervisor of its own: giving it up ends nobody else |
 * | defaults | 1 restart in 5 s | 3 in 5 s |
 */

import { type Backoff, backoffMs } from './backoff.ts'

/** `one-for-one` restarts what crashed, `rest-for-one` also those started after it, `one-for-all` all. */
export type Strategy = 'one-for-one' | 'one-for-all' | 'rest-for-one'
/** Restarted always, after an abnormal exit, never. */
export type Restart = 'permanent' | 'transient' | 'temporary'
/** `waiting`: for the end of its back-off. */
export type ChildStatus = 'starting' | 'running' | 'stopping' | 'stopped' | 'waiting'
/** Whether the supervisor ends when a significant child has ended by itself, or when all of them have. */
export type AutoShutdown = 'never' | 'any-significant' | 'all-significant'

export interface ChildState {
  readonly id: string
  readonly restart: Restart
  readonly significant: boolean
  readonly status: ChildStatus
  /** Restarts on its own account since the supervisor began. */
  readonly restarts: number
  /** Restarts without a quiet window between them: how far its back-off has grown. */
  readonly row: number
  /** When the last of them was due. */
  readonly restartedMs: number
}

export interface SupervisorState {
  readonly strategy: Strategy
  /** Restarts allowed inside one window; one more and the supervisor gives up. */
  readonly restartsMax: number
  readonly windowMs: number
  readonly backoff: Backoff | undefined
  readonly autoShutdown: AutoShutdown
  readonly phase: 'starting' | 'running' | 'restarting' | 'stopping' | 'stopped'
  /** In the order of starting. */
  readonly children: readonly ChildState[]
  /** When children were restarted, inside the last window. */
  readonly restartsMs: readonly number[]
  /** What is under way and what follows. */
  readonly plan: readonly Planned[]
  /** What happened to other children meanwhile. */
  readonly backlog: readonly (ChildExited | ChildDue)[]
  /** Why it stops. */
  readonly reason: StopReason | undefined
}

export interface ChildExited {
  readonly type: 'child-exited'
  readonly childId: string
  readonly abnormal: boolean
  readonly atMs: number
}

/** The back-off of a child is over. */
interface ChildDue {
  readonly type: 'child-due'
  readonly childId: string
}

export type SupervisorEvent =
  | { readonly type: 'start' }
  | { readonly type: 'child-started'; readonly childId: string }
  | { readonly type: 'child-start-failed'; readonly childId: string; readonly atMs: number }
  | ChildExited
  | ChildDue
  | { readonly type: 'stop' }

export type StopReason = 'shutdown' | 'restart-intensity' | 'start-failed' | 'auto-shutdown'
type ChildCommand = { readonly type: 'child-start' | 'child-stop'; readonly childId: string }
/** Say so with `child-due` after that time, before jitter. */
type ChildWait = { readonly type: 'child-wait'; readonly childId: string; readonly delayMs: number }
type Planned = ChildCommand | ChildWait
export type Command =
  | Planned
  /** The supervisor stops: the wait is over and nothing comes of it. */
  | { readonly type: 'child-wait-cancel'; readonly childId: string }
  /** All children have been started. */
  | { readonly type: 'supervisor-started' }
  | { readonly type: 'supervisor-stopped'; readonly reason: StopReason }

type Stepped = readonly [SupervisorState, readonly Command[]]

/** The decision as a function: what the runtime, tests and mutants of tests pass around. */
export type SupervisorStep = (state: SupervisorState, event: SupervisorEvent) => Stepped

/** A child before its first start. */
export type NewChild = Pick<ChildState, 'id' | 'restart'> & Partial<Pick<ChildState, 'significant'>>

/** A supervisor before its first event. */
export function newSupervisor(
  options: Pick<SupervisorState, 'strategy' | 'restartsMax' | 'windowMs'> &
    Partial<Pick<SupervisorState, 'backoff' | 'autoShutdown'>>,
  children: readonly NewChild[],
): SupervisorState {
  return {
    strategy: options.strategy,
    restartsMax: options.restartsMax,
    windowMs: options.windowMs,
    backoff: options.backoff,
    autoShutdown: options.autoShutdown ?? 'never',
    phase: 'starting',
    children: children.map(({ id, restart, significant = false }) => ({
      id,
      restart,
      significant,
      status: 'stopped',
      restarts: 0,
      row: 0,
      restartedMs: 0,
    })),
    restartsMs: [],
    plan: [],
    backlog: [],
    reason: undefined,
  }
}

/**
 * One decision.
 *
 * Ensures: a child is started only while stopped and stopped only while running; never more than `restartsMax`
 * restarts inside one window; `supervisor-stopped` comes once, when no child runs.
 * @example const [next, commands] = supervisorStep(state, { type: 'child-exited', childId: 'a', abnormal: true, atMs: 5 })
 */
export const supervisorStep: SupervisorStep = (state, event) => {
  if (state.phase === 'stopped') return [state, []]
  switch (event.type) {
    case 'start':
      return next({ ...state, plan: startPlan(state.children) })
    case 'child-started':
      return next(done(withStatus(state, event.childId, 'running'), 'child-start', event.childId))
    case 'child-start-failed':
      return onStartFailed(done(withStatus(state, event.childId, 'stopped'), 'child-start', event.childId), event)
    case 'child-exited':
      return onChildExited(state, event)
    case 'child-due':
      return onChildDue(state, event)
    case 'stop':
      return state.phase === 'stopping' ? [state, []] : giveUp(state, 'shutdown')
  }
}

function onChildExited(state: SupervisorState, event: ChildExited): Stepped {
  const status = statusOf(state, event.childId)
  if (status !== 'running' && status !== 'stopping') return [state, []]
  const stopped = withStatus(state, event.childId, 'stopped')
  if (status === 'stopping') return next(done(stopped, 'child-stop', event.childId))
  if (state.phase === 'stopping') return underway(state) === undefined ? next(stopped) : [stopped, []]
  if (state.phase !== 'running') {
    // Planned to be stopped: that is done. Otherwise it is seen to when the plan has been carried out.
    const plan = stopped.plan.filter((one) => !(one.type === 'child-stop' && one.childId === event.childId))
    if (plan.length < stopped.plan.length) return [{ ...stopped, plan }, []]
    return [{ ...stopped, backlog: [...stopped.backlog, event] }, []]
  }
  return restartAfter(stopped, event)
}

function onChildDue(state: SupervisorState, event: ChildDue): Stepped {
  if (statusOf(state, event.childId) !== 'waiting') return [state, []]
  const [head] = state.plan
  if (head?.type === 'child-wait' && head.childId === event.childId) {
    return next(done(withStatus(state, event.childId, 'stopped'), 'child-wait', event.childId))
  }
  if (state.phase !== 'running') return [{ ...state, backlog: [...state.backlog, event] }, []]
  return startDue(state, event.childId)
}

function startDue(state: SupervisorState, childId: string): Stepped {
  const plan: readonly Planned[] = [{ type: 'child-start', childId }]
  return next({ ...withStatus(state, childId, 'stopped'), phase: 'restarting', plan })
}

function restartAfter(state: SupervisorState, event: ChildExited): Stepped {
  const child = childOf(state, event.childId)
  const wanted = child?.restart === 'permanent' || (child?.restart === 'transient' && event.abnormal)
  if (wanted) return restartAll(state, event.childId, event.atMs)
  return child?.significant && shutsDown(state) ? giveUp(state, 'auto-shutdown') : next(state)
}

/** A significant child has just ended by itself. */
function shutsDown({ autoShutdown, children }: SupervisorState): boolean {
  if (autoShutdown !== 'all-significant') return autoShutdown === 'any-significant'
  return children.every((one) => !one.significant || one.status === 'stopped')
}

/** Restarts the child and those that go with it, unless that is one restart too many. */
function restartAll(state: SupervisorState, childId: string, atMs: number): Stepped {
  const restartsMs = [...state.restartsMs.filter((ms) => atMs - ms < state.windowMs), atMs]
  if (restartsMs.length > state.restartsMax) return giveUp(state, 'restart-intensity')
  const counted = counting({ ...state, restartsMs }, childId, atMs)
  const delayMs = backoffMs(state.backoff, childOf(counted, childId)?.row ?? 1)
  const wait: readonly ChildWait[] = delayMs > 0 ? [{ type: 'child-wait', childId, delayMs }] : []
  if (delayMs > 0 && state.strategy === 'one-for-one') {
    // Nobody else waits for it, so the supervisor goes on.
    const [after, commands] = next({ ...withStatus(counted, childId, 'waiting'), plan: [] })
    return [after, [...wait, ...commands]]
  }
  const group = affected(counted, childId)
  const stops = [...group].reverse().filter((one) => one.status === 'running')
  const starts = group.filter((one) => one.restart !== 'temporary')
  const plan: readonly Planned[] = [
    ...stops.map((one) => ({ type: 'child-stop', childId: one.id }) as const),
    ...wait,
    ...starts.map((one) => ({ type: 'child-start', childId: one.id }) as const),
  ]
  return next({ ...counted, phase: 'restarting', plan })
}

/** One more restart of that child; its row begins anew after a quiet window. */
function counting(state: SupervisorState, childId: string, atMs: number): SupervisorState {
  const children = state.children.map((one) => {
    if (one.id !== childId) return one
    const row = atMs - one.restartedMs >= state.windowMs ? 1 : one.row + 1
    return { ...one, restarts: one.restarts + 1, row, restartedMs: atMs + backoffMs(state.backoff, row) }
  })
  return { ...state, children }
}

function affected(state: SupervisorState, childId: string): readonly ChildState[] {
  const index = state.children.findIndex((one) => one.id === childId)
  if (state.strategy === 'one-for-all') return state.children
  return state.strategy === 'rest-for-one' ? state.children.slice(index) : state.children.slice(index, index + 1)
}

function onStartFailed(state: SupervisorState, event: { readonly childId: string; readonly atMs: number }): Stepped {
  if (state.phase === 'stopping') return next(state)
  if (state.phase === 'starting') return giveUp(state, 'start-failed')
  return restartAll(state, event.childId, event.atMs)
}

/** Stops all children in reverse. A start under way is waited for first; one that waits is not made. */
function giveUp(state: SupervisorState, reason: StopReason): Stepped {
  const waiting = state.children.filter((one) => one.status === 'waiting')
  const cancels: readonly Command[] = waiting.map((one) => ({ type: 'child-wait-cancel', childId: one.id }))
  const settled = waiting.reduce((all, one) => withStatus(all, one.id, 'stopped'), state)
  const stopping: SupervisorState = { ...settled, phase: 'stopping', reason, plan: [], backlog: [] }
  if (underway(stopping) !== undefined) return [stopping, cancels]
  const [after, commands] = next(stopping)
  return [after, [...cancels, ...commands]]
}

/** The command that follows; none while one is under way. */
function next(state: SupervisorState): Stepped {
  if (underway(state) !== undefined) return [state, []]
  if (state.phase === 'stopping') {
    const last = state.children.findLast((one) => one.status === 'running')
    if (last !== undefined) return issued(state, { type: 'child-stop', childId: last.id })
    return [{ ...state, phase: 'stopped' }, [{ type: 'supervisor-stopped', reason: state.reason ?? 'shutdown' }]]
  }
  const command = state.plan[0]
  if (command !== undefined) return issued(state, command)
  return carriedOut(state)
}

/** The plan has been carried out: on to what happened meanwhile. */
function carriedOut(state: SupervisorState): Stepped {
  const started: readonly Command[] = state.phase === 'starting' ? [{ type: 'supervisor-started' }] : []
  const running: SupervisorState = { ...state, phase: 'running' }
  const [event, ...backlog] = running.backlog
  if (event === undefined) return [running, started]
  const rest = { ...running, backlog }
  if (event.type === 'child-due') {
    const [after, commands] = statusOf(rest, event.childId) === 'waiting' ? startDue(rest, event.childId) : next(rest)
    return [after, [...started, ...commands]]
  }
  // Restarted by a later plan already: that exit is history.
  const [after, commands] = statusOf(rest, event.childId) === 'stopped' ? restartAfter(rest, event) : next(rest)
  return [after, [...started, ...commands]]
}

function issued(state: SupervisorState, command: Planned): Stepped {
  const status = ({ 'child-start': 'starting', 'child-stop': 'stopping', 'child-wait': 'waiting' } as const)[
    command.type
  ]
  return [withStatus(state, command.childId, status), [command]]
}

function underway(state: SupervisorState): ChildState | undefined {
  const [head] = state.plan
  const waited = head?.type === 'child-wait' ? head.childId : undefined
  return state.children.find(
    (one) => one.status === 'starting' || one.status === 'stopping' || (one.status === 'waiting' && one.id === waited),
  )
}

/** Takes what has just been done off the plan. */
function done(state: SupervisorState, type: Planned['type'], childId: string): SupervisorState {
  const [first, ...plan] = state.plan
  const isFirst = first !== undefined && first.type === type && first.childId === childId
  return isFirst ? { ...state, plan } : state
}

function childOf(state: SupervisorState, childId: string): ChildState | undefined {
  return state.children.find((one) => one.id === childId)
}

function statusOf(state: SupervisorState, childId: string): ChildStatus | undefined {
  return childOf(state, childId)?.status
}

function withStatus(state: SupervisorState, childId: string, status: ChildStatus): SupervisorState {
  return { ...state, children: state.children.map((one) => (one.id === childId ? { ...one, status } : one)) }
}

function startPlan(children: readonly ChildState[]): readonly Planned[] {
  return children.map((one) => ({ type: 'child-start', childId: one.id }))
}
