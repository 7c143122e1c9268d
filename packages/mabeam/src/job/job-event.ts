/** What the main job tells while it works. */

export type JobEvent =
  | { readonly type: 'note'; readonly text: string }
  /** The study is on disk: from here on it can be resumed. */
  | { readonly type: 'began'; readonly study: string; readonly trialsBefore: number }
  | {
      readonly type: 'trials'
      readonly done: number
      readonly total: number
      readonly best?: { readonly accuracy: number; readonly trial: number }
      readonly perSec?: number
      readonly secondsLeft?: number
    }
  /** Work of another kind: candidates, race, test. */
  | { readonly type: 'phase'; readonly what: string; readonly done: number; readonly total: number }
