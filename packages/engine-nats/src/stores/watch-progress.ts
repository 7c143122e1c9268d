/**
 * How far a watch has heard its stream: a pure step. The server numbers what it sends to a watch, so that a gap shows; and a watch
 * is ready once it has told of all there was when it had caught up with the beginning.
 */

export interface WatchProgress {
  /** Of the last message heard, as the server counts for this watch; 0 before the first. */
  readonly consumerSequence: number
  /** Of the last message heard, in the stream. */
  readonly streamSequence: number
  /** The newest message of the stream when the watch began; undefined until that is known. */
  readonly beginning: number | undefined
  /** Messages until all there was has been heard; undefined until the beginning has been caught up with. */
  readonly left: number | undefined
  readonly ready: boolean
}

export type WatchNews =
  /** The server began, or began again after a gap, with `pending` messages to send. */
  | { readonly type: 'began'; readonly pending: number; readonly newest: number }
  /** A message. `pending` come after it, as far as the server knew. */
  | {
      readonly type: 'message'
      readonly consumerSequence: number
      readonly streamSequence: number
      readonly pending: number
    }
  /** The server has had nothing to send for a while. */
  | { readonly type: 'idle'; readonly consumerSequence: number }

export const watchBegin: WatchProgress = {
  consumerSequence: 0,
  streamSequence: 0,
  beginning: undefined,
  left: undefined,
  ready: false,
}

/** `gap` when something that was sent was not heard. */
export function watchStep(progress: WatchProgress, news: WatchNews): WatchProgress | 'gap' {
  if (news.type === 'idle') {
    return news.consumerSequence === progress.consumerSequence ? { ...progress, ready: true } : 'gap'
  }
  if (news.type === 'began') {
    const beginning = progress.beginning ?? news.newest
    const isEmpty = news.pending === 0 && progress.consumerSequence === 0
    return { ...progress, beginning, ready: progress.ready || isEmpty }
  }
  if (news.consumerSequence !== progress.consumerSequence + 1) return 'gap'
  const { consumerSequence, streamSequence, pending } = news
  const { beginning } = progress
  const caughtUp = beginning !== undefined && streamSequence >= beginning
  const left = progress.left !== undefined ? progress.left - 1 : caughtUp ? pending : undefined
  const ready = progress.ready || pending === 0 || (left !== undefined && left <= 0)
  return { consumerSequence, streamSequence, beginning, left, ready }
}

/** The same watch over a new consumer, which counts from 1 again. */
export function watchAgain(progress: WatchProgress): WatchProgress {
  return { ...progress, consumerSequence: 0 }
}
