/**
 * When a batch is given: a pure step over counts. A batch is full, or its first item has waited long enough, or there are no
 * more. While nobody wants it, it goes on to fill up, to `size` and no further.
 */

/** How large a batch may get, and how old. */
export interface BatchBounds {
  readonly size: number
  /** Infinity: it is waited for until it is full. */
  readonly withinMs: number
}

/** What a stage of batches holds. */
export interface BatchState {
  readonly begun: boolean
  readonly reading: boolean
  readonly ended: boolean
  readonly count: number
  /** The first item has waited long enough. */
  readonly overdue: boolean
  readonly wanted: boolean
}

/** What happens to it. */
export interface BatchEvent {
  readonly type: 'wanted' | 'read' | 'source-ended' | 'due'
}

/** Carried out in order. `set-timer` and `cancel-timer` alternate, but for a timer that has fired. */
export type BatchCommand = 'set-timer' | 'cancel-timer' | 'give' | 'end' | 'read'

/** The decision as a function: what tests and their mutants pass around. */
export type BatchStep = (
  state: BatchState,
  event: BatchEvent,
  bounds: BatchBounds,
) => readonly [BatchState, readonly BatchCommand[]]

/** A stage that nobody has asked yet. */
export const newBatch: BatchState = {
  begun: false,
  reading: false,
  ended: false,
  count: 0,
  overdue: false,
  wanted: false,
}

/** Ensures: a batch that is given has 1 to `size` items, and fewer than `size` only when it is overdue or the last. */
export const batchStep: BatchStep = (state, event, { size, withinMs }) => {
  let { begun, reading, ended, count, overdue, wanted } = state
  const commands: BatchCommand[] = []
  switch (event.type) {
    case 'wanted':
      begun = true
      wanted = true
      break
    case 'read':
      reading = false
      count++
      if (count === 1 && withinMs !== Number.POSITIVE_INFINITY) commands.push('set-timer')
      break
    case 'source-ended':
      reading = false
      ended = true
      break
    case 'due':
      overdue = true
  }
  if (wanted && count > 0 && (count >= size || overdue || ended)) {
    if (!overdue && withinMs !== Number.POSITIVE_INFINITY) commands.push('cancel-timer')
    commands.push('give')
    wanted = false
    overdue = false
    count = 0
  } else if (wanted && ended && count === 0) {
    wanted = false
    commands.push('end')
  }
  if (begun && !reading && !ended && count < size) {
    reading = true
    commands.push('read')
  }
  return [{ begun, reading, ended, count, overdue, wanted }, commands]
}
