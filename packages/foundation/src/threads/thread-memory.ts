/**
 * When a thread holds too much memory: a pure step over measurements. What JavaScript's engine says is used includes
 * what it has not collected yet, and it collects late where there is room; so a thread above its limit is first asked
 * to collect. One that computes can't answer, and may use several times its limit until it is ended.
 */

export interface MemoryLimits {
  readonly heapBytesMax: number
  readonly externalBytesMax: number
}

/** What is known of the heap of one thread. */
export interface MemoryState {
  /** When it was asked to collect, while it has not answered. */
  readonly askedAtMs: number | undefined
  /** Not asked again before: collecting must not be most of what it does. */
  readonly notBeforeMs: number
}

export type MemoryEvent =
  | { readonly type: 'measured'; readonly heapBytes: number; readonly externalBytes: number; readonly atMs: number }
  /** It has collected, and this is left. */
  | { readonly type: 'collected'; readonly heapBytes: number; readonly atMs: number }

export type MemoryVerdict = 'fine' | 'collect' | 'heap-full' | 'external-full'

export const unmeasured: MemoryState = { askedAtMs: undefined, notBeforeMs: 0 }

/** The most that a thread may use that does not collect, in parts of `heapBytesMax`. */
export const uncollectedShare = 4

/** Of the time at most one part in so many goes into collecting because it was asked for. */
const pausesPerCollect = 20

/** *Ensures*: asked at most once at a time; never ended for its heap unless it kept or used too much. */
export function memoryStep(
  state: MemoryState,
  event: MemoryEvent,
  limits: MemoryLimits,
): readonly [MemoryState, MemoryVerdict] {
  const { heapBytesMax, externalBytesMax } = limits
  if (event.type === 'collected') {
    const tookMs = event.atMs - (state.askedAtMs ?? event.atMs)
    const next = { askedAtMs: undefined, notBeforeMs: event.atMs + pausesPerCollect * tookMs }
    return [next, event.heapBytes > heapBytesMax ? 'heap-full' : 'fine']
  }
  if (event.externalBytes > externalBytesMax) return [state, 'external-full']
  if (event.heapBytes > heapBytesMax * uncollectedShare) return [state, 'heap-full']
  const asks = event.heapBytes > heapBytesMax && state.askedAtMs === undefined && event.atMs >= state.notBeforeMs
  return asks ? [{ ...state, askedAtMs: event.atMs }, 'collect'] : [state, 'fine']
}
