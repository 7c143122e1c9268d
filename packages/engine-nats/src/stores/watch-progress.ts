/**
 * How far a watch has heard its stream: a pure step. The server numbers what it sends to a watch, so that a gap shows; and a watch
 * is ready once there was nothing left to send: what there was at its beginning has been told then, however often it was replaced.
 * In a cluster the server that sends may be behind the one that leads, so that nothing left is not yet all there was.
 */

export interface WatchProgress {
  /** Of the last message heard, as the server counts for this watch; 0 before the first. */
  readonly consumerSequence: number
  /** Of the last message heard, in the stream. */
  readonly streamSequence: number
  /** The newest message that it has to hear before it is ready. */
  readonly newest: number
  readonly ready: boolean
}

export type WatchNews =
  /** The server began, or began again after a gap, with `pending` messages to send. */
  | { readonly type: 'began'; readonly pending: number }
  /** A message. `pending` come after it, as far as the server knew. */
  | {
      readonly type: 'message'
      readonly consumerSequence: number
      readonly streamSequence: number
      readonly pending: number
    }
  /** The server has had nothing to send for a while. */
  | { readonly type: 'idle'; readonly consumerSequence: number }

/** `newest` is the newest message that matched when the watch was asked for, as the leader has it; 0 for none. */
export function watchBegin(newest: number): WatchProgress {
  return { consumerSequence: 0, streamSequence: 0, newest, ready: false }
}

/** `gap` when something that was sent was not heard. */
export function watchStep(progress: WatchProgress, news: WatchNews): WatchProgress | 'gap' {
  if (news.type === 'began') {
    const isEmpty = news.pending === 0 && progress.consumerSequence === 0
    return isEmpty ? heardAll(progress) : progress
  }
  if (news.type === 'idle') {
    return news.consumerSequence === progress.consumerSequence ? heardAll(progress) : 'gap'
  }
  const { consumerSequence, streamSequence, pending } = news
  if (consumerSequence !== progress.consumerSequence + 1) return 'gap'
  const next = { ...progress, consumerSequence, streamSequence }
  return pending === 0 ? heardAll(next) : next
}

/** The same watch over a new consumer, which counts from 1 again. */
export function watchAgain(progress: WatchProgress): WatchProgress {
  return { ...progress, consumerSequence: 0 }
}

function heardAll(progress: WatchProgress): WatchProgress {
  return { ...progress, ready: progress.ready || progress.streamSequence >= progress.newest }
}
