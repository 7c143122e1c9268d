/** What the engine and the thread of its pulse say to each other. */

import type { ConnectionSettings } from '../connection/connection-options.ts'
import type { BeatOptions } from './beating.ts'

/** What the thread is started with. */
export interface PulseBirth {
  readonly label: string
  readonly servers: readonly string[]
  readonly settings: ConnectionSettings
}

export type ToPulse =
  | { readonly type: 'pulse-begin'; readonly id: number; readonly options: BeatOptions }
  | { readonly type: 'pulse-end'; readonly id: number }
  | { readonly type: 'servers-known'; readonly servers: readonly string[] }

export type FromPulse =
  | { readonly type: 'pulse-begun'; readonly id: number }
  | { readonly type: 'pulse-ended'; readonly id: number }
  | { readonly type: 'connection-failed'; readonly message: string }
