/** What the main job tells while it works. */

import type { OptimizeProgress } from '@mabeam/dspx'

export type JobEvent =
  | { readonly type: 'note'; readonly text: string }
  /** The study is on disk: from here on it can be resumed. */
  | { readonly type: 'began'; readonly study: string; readonly isResumed: boolean; readonly trialsBefore: number }
  /** How far tuning is; after each row and each batch, and while a teacher or a proposer is asked. */
  | { readonly type: 'tuning'; readonly progress: OptimizeProgress; readonly trials?: TrialsProgress }
  /** Work of another kind: the test. */
  | { readonly type: 'phase'; readonly what: string; readonly done: number; readonly total: number }

/** The trials of a search that were told, and all that there shall be. */
export interface TrialsProgress {
  readonly done: number
  readonly total: number
  /** The best accuracy that one was told, on the rows that each is tried on. */
  readonly best?: number
  /** Of this session. */
  readonly perSec?: number
  readonly secondsLeft?: number
}
