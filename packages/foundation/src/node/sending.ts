/** One way to send to whatever takes messages: an actor, a name, a service, a topic. */

import type { ActorReference } from '../actors/actor-address.ts'
import type { Priority } from '../channels/priority.ts'

/** Whom a message is for. */
export type SendTarget =
  /** An actor anywhere, and the cast it is for. *Delivery*: at most once. */
  | { readonly actor: ActorReference; readonly cast: string }
  /** Whoever has a name in the system by then. *Delivery*: at most once. */
  | { readonly name: string; readonly cast: string }
  /** One instance of a service, and the call it is for. *Delivery*: as calls of services. */
  | { readonly service: string; readonly call: string }
  /** All who subscribe to a topic. *Delivery*: at most once. */
  | { readonly topic: string; readonly priority?: Priority }
