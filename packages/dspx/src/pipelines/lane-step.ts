/**
 * When a stage with lanes reads, gives and ends: a pure step over counts. It holds at most `concurrency + buffer` items, of
 * which at most `concurrency` run, and reads one at a time: only when a lane is free for it. Nothing is read before the first is wanted.
 */

/** How much a stage may hold. */
export interface LaneBounds {
  readonly concurrency: number
  readonly buffer: number
}

/** What a stage holds. */
export interface LaneState {
  readonly begun: boolean
  /** A read is out. */
  readonly reading: boolean
  /** The stage before has no more. */
  readonly ended: boolean
  readonly running: number
  /** Read and not yet given: those that run, those that wait for one before them, those that are ready. */
  readonly held: number
  readonly ready: number
  /** The stage behind waits for one. */
  readonly wanted: boolean
}

export type LaneEvent =
  | { readonly type: 'wanted' }
  | { readonly type: 'read' }
  | { readonly type: 'source-ended' }
  /** One has run; so many are ready by it, and so many have gone without being given. */
  | { readonly type: 'settled'; readonly ready: number; readonly gone: number }

/** Carried out in order. */
export type LaneCommand = 'give' | 'end' | 'read'

/** The decision as a function: what tests and their mutants pass around. */
export type LaneStep = (
  state: LaneState,
  event: LaneEvent,
  bounds: LaneBounds,
) => readonly [LaneState, readonly LaneCommand[]]

/** A stage that nobody has asked yet. */
export const newLanes: LaneState = {
  begun: false,
  reading: false,
  ended: false,
  running: 0,
  held: 0,
  ready: 0,
  wanted: false,
}

/** Ensures: `running <= concurrency`, `held <= concurrency + buffer`, one `read` is out at most, `end` comes last and once for each that is wanted. */
export const laneStep: LaneStep = (state, event, { concurrency, buffer }) => {
  let { begun, reading, ended, running, held, ready, wanted } = state
  switch (event.type) {
    case 'wanted':
      begun = true
      wanted = true
      break
    case 'read':
      reading = false
      running++
      held++
      break
    case 'source-ended':
      reading = false
      ended = true
      break
    case 'settled':
      running--
      ready += event.ready
      held -= event.gone
  }
  const commands: LaneCommand[] = []
  if (wanted && ready > 0) {
    wanted = false
    ready--
    held--
    commands.push('give')
  } else if (wanted && ended && held === 0) {
    wanted = false
    commands.push('end')
  }
  if (begun && !reading && !ended && running < concurrency && held < concurrency + buffer) {
    reading = true
    commands.push('read')
  }
  return [{ begun, reading, ended, running, held, ready, wanted }, commands]
}
