/**
 * What a supervisor decides, as a pure step: state and event in, state and commands out. One command is under way at a
 * time, so that children start in order and stop in reverse, and what happens meanwhile waits its turn.
 *
 * Source: Erlang/OTP `supervisor`. Differs: `one-for-all` and `rest-for-one` leave temporary children stopped (as OTP
 * does) but keep them listed; a child that crashes during a restart of others is seen to after it.
 */

/** `one-for-one` restarts what crashed, `rest-for-one` also those started after it, `one-for-all` all. */
export type Strategy = 'one-for-one' | 'one-for-all' | 'rest-for-one'
/** Restarted always, after an abnormal exit, never. */
export type Restart = 'permanent' | 'transient' | 'temporary'
export type ChildStatus = 'starting' | 'running' | 'stopping' | 'stopped'

export interface ChildState {
  readonly id: string
  readonly restart: Restart
  readonly status: ChildStatus
}

export interface SupervisorState {
  readonly strategy: Strategy
  /** Restarts allowed inside one window; one more and the supervisor gives up. */
  readonly restartsMax: number
  readonly windowMs: number
  readonly phase: 'starting' | 'running' | 'restarting' | 'stopping' | 'stopped'
  /** In the order of starting. */
  readonly children: readonly ChildState[]
  /** When children were restarted, inside the last window. */
  readonly restartsMs: readonly number[]
  /** What is under way and what follows. */
  readonly plan: readonly ChildCommand[]
  /** What happened to other children meanwhile. */
  readonly backlog: readonly ChildExited[]
  /** Why it stops. */
  readonly reason: StopReason | undefined
}

export interface ChildExited {
  readonly type: 'child-exited'
  readonly childId: string
  readonly abnormal: boolean
  readonly atMs: number
}

export type SupervisorEvent =
  | { readonly type: 'start' }
  | { readonly type: 'child-started'; readonly childId: string }
  | { readonly type: 'child-start-failed'; readonly childId: string; readonly atMs: number }
  | ChildExited
  | { readonly type: 'stop' }

export type StopReason = 'shutdown' | 'restart-intensity' | 'start-failed'
export type ChildCommand = { readonly type: 'child-start' | 'child-stop'; readonly childId: string }
export type Command =
  | ChildCommand
  /** All children have been started. */
  | { readonly type: 'supervisor-started' }
  | { readonly type: 'supervisor-stopped'; readonly reason: StopReason }

type Stepped = readonly [SupervisorState, readonly Command[]]

/** The decision as a function: what the runtime, tests and mutants of tests pass around. */
export type SupervisorStep = (state: SupervisorState, event: SupervisorEvent) => Stepped

/** A supervisor before its first event. */
export function newSupervisor(
  options: Pick<SupervisorState, 'strategy' | 'restartsMax' | 'windowMs'>,
  children: readonly Pick<ChildState, 'id' | 'restart'>[],
): SupervisorState {
  return {
    strategy: options.strategy,
    restartsMax: options.restartsMax,
    windowMs: options.windowMs,
    phase: 'starting',
    children: children.map(({ id, restart }) => ({ id, restart, status: 'stopped' })),
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

function restartAfter(state: SupervisorState, event: ChildExited): Stepped {
  const child = state.children.find((one) => one.id === event.childId)
  const wanted = child?.restart === 'permanent' || (child?.restart === 'transient' && event.abnormal)
  return wanted ? restartAll(state, event.childId, event.atMs) : next(state)
}

/** Restarts the child and those that go with it, unless that is one restart too many. */
function restartAll(state: SupervisorState, childId: string, atMs: number): Stepped {
  const restartsMs = [...state.restartsMs.filter((ms) => atMs - ms < state.windowMs), atMs]
  if (restartsMs.length > state.restartsMax) return giveUp(state, 'restart-intensity')
  const group = affected(state, childId)
  const stops = [...group].reverse().filter((one) => one.status === 'running')
  const plan: ChildCommand[] = stops.map((one) => ({ type: 'child-stop', childId: one.id }))
  for (const one of group) if (one.restart !== 'temporary') plan.push({ type: 'child-start', childId: one.id })
  return next({ ...state, restartsMs, phase: 'restarting', plan })
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

/** Stops all children in reverse. A start under way is waited for first. */
function giveUp(state: SupervisorState, reason: StopReason): Stepped {
  const stopping: SupervisorState = { ...state, phase: 'stopping', reason, plan: [], backlog: [] }
  return underway(state) === undefined ? next(stopping) : [stopping, []]
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
  // Restarted by a later plan already: that exit is history.
  const [after, commands] = statusOf(rest, event.childId) === 'stopped' ? restartAfter(rest, event) : next(rest)
  return [after, [...started, ...commands]]
}

function issued(state: SupervisorState, command: ChildCommand): Stepped {
  const status = command.type === 'child-start' ? 'starting' : 'stopping'
  return [withStatus(state, command.childId, status), [command]]
}

function underway(state: SupervisorState): ChildState | undefined {
  return state.children.find((one) => one.status === 'starting' || one.status === 'stopping')
}

/** Takes what has just been done off the plan. */
function done(state: SupervisorState, type: ChildCommand['type'], childId: string): SupervisorState {
  const [first, ...plan] = state.plan
  const isFirst = first !== undefined && first.type === type && first.childId === childId
  return isFirst ? { ...state, plan } : state
}

function statusOf(state: SupervisorState, childId: string): ChildStatus | undefined {
  return state.children.find((one) => one.id === childId)?.status
}

function withStatus(state: SupervisorState, childId: string, status: ChildStatus): SupervisorState {
  return { ...state, children: state.children.map((one) => (one.id === childId ? { ...one, status } : one)) }
}

function startPlan(children: readonly ChildState[]): readonly ChildCommand[] {
  return children.map((one) => ({ type: 'child-start', childId: one.id }))
}
