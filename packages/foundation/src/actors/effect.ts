/** What a handler wants done, as data: carried out by the runtime after the handler has returned, in order. */

import { invalidOption } from '../options.ts'
import type { TelemetryEvent } from '../telemetry.ts'
import type { ActorReference } from './actor-address.ts'

export type Effect =
  | {
      readonly type: 'cast-send'
      readonly to: ActorReference
      readonly cast: string
      readonly input: unknown
    }
  | {
      readonly type: 'timer-start'
      readonly timer: string
      readonly delayMs: number
      readonly repeat: boolean
      readonly cast: string
      readonly input: unknown
    }
  | { readonly type: 'timer-cancel'; readonly timer: string }
  | { readonly type: 'monitor-start'; readonly actor: ActorReference }
  | { readonly type: 'monitor-end'; readonly actor: ActorReference }
  | { readonly type: 'link-start'; readonly actor: ActorReference }
  | { readonly type: 'link-end'; readonly actor: ActorReference }
  | { readonly type: 'telemetry-emit'; readonly event: TelemetryEvent }
  | { readonly type: 'actor-stop' }

/** How the timer of an actor behaves. */
export interface TimerEffect {
  readonly delayMs: number
  /** The cast of this actor that it becomes. */
  readonly cast: string
  /** @default undefined */
  readonly input?: unknown
  /** Starts again after each time, until cancelled. @default false */
  readonly repeat?: boolean
}

/**
 * The effects a handler may return.
 *
 * @example return withEffects(state, [effect.startTimer('tick', { delayMs: 1_000, cast: 'tick', repeat: true })])
 */
export const effect = {
  /** Casts to another actor. *Delivery*: at most once. */
  cast: (to: ActorReference, cast: string, input?: unknown): Effect => ({ type: 'cast-send', to, cast, input }),
  /** One timer a name: starting it again replaces it. It ends with the actor. */
  startTimer: (timer: string, how: TimerEffect): Effect => {
    const { delayMs, repeat = false, cast, input } = how
    if (!(delayMs >= 0)) throw invalidOption('startTimer', 'delayMs', 'a number of milliseconds from 0', delayMs)
    return { type: 'timer-start', timer, delayMs, repeat, cast, input }
  },
  /** Harmless when there is no such timer. A cast already on its way is taken back. */
  cancelTimer: (timer: string): Effect => ({ type: 'timer-cancel', timer }),
  /**
   * The `down` handler is told once when that actor is no more, or at once when it already isn't. *Delivery*: after what
   * that actor had sent to this one, before what waits from others. Each monitor tells for itself.
   */
  monitor: (actor: ActorReference): Effect => ({ type: 'monitor-start', actor }),
  /** Ends all monitors this actor has of that one; news already on its way is taken back. */
  demonitor: (actor: ActorReference): Effect => ({ type: 'monitor-end', actor }),
  /**
   * Ties the two together: when one ends other than normally, so does the other, at once and without its `stop` handler,
   * for the reason `linked`. One with an `exit` handler is told instead, of a normal end too. Linking twice is one link;
   * linking to an actor that is no more counts as its end. Both must be on this node: `foundation/link-elsewhere`.
   */
  link: (actor: ActorReference): Effect => ({ type: 'link-start', actor }),
  /** Unties the two; news for the `exit` handler already on its way is taken back. */
  unlink: (actor: ActorReference): Effect => ({ type: 'link-end', actor }),
  emit: (event: TelemetryEvent): Effect => ({ type: 'telemetry-emit', event }),
  /** Ends this actor normally, after the effects before it and before the next message. */
  stop: (): Effect => ({ type: 'actor-stop' }),
}

const brand: unique symbol = Symbol.for('mabeam.with-effects')

/** A state and what to do besides: what `init`, casts and `down` return in place of the state alone. */
export interface WithEffects<S> {
  readonly [brand]: true
  readonly state: S
  readonly effects: readonly Effect[]
}

export function withEffects<S>(state: S, effects: readonly Effect[]): WithEffects<S> {
  return { [brand]: true, state, effects }
}

export function isWithEffects<S>(value: S | WithEffects<S>): value is WithEffects<S> {
  return typeof value === 'object' && value !== null && brand in value
}
