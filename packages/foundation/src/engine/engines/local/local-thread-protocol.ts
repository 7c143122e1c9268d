/** What an engine and its thread say to each other. */

import type { WireError } from '../../../errors.ts'
import type { TelemetryEvent } from '../../../telemetry.ts'
import type { PulseOptions } from '../../engine.ts'
import type { LocalLimits } from './local-options.ts'
import type { Rendezvous } from './rendezvous.ts'

/** What the thread begins with. */
export interface LocalBirth {
  readonly place: Rendezvous
  /** Of the lock it may hold: when the thread ends in whatever way, so does the lock. */
  readonly lockToken: string
  readonly durable: boolean
  readonly limits: LocalLimits
  readonly unresponsiveMs: number
  readonly awayMs: number
  readonly seed: string
  /** Whether somebody listens to telemetry. */
  readonly reports: boolean
}

export type ToLocalThread =
  | { readonly type: 'pulse-begin'; readonly id: number; readonly options: PulseOptions }
  | { readonly type: 'pulse-end'; readonly id: number }
  | { readonly type: 'close' }

export type FromLocalThread =
  /** The hub is here now, with its lock; or it is not any more. */
  | { readonly type: 'hub'; readonly isHere: boolean }
  /** It could be here, and can't. */
  | { readonly type: 'hub-failed'; readonly error: WireError }
  | { readonly type: 'pulse-done'; readonly id: number; readonly error?: WireError }
  | { readonly type: 'report'; readonly event: TelemetryEvent }
