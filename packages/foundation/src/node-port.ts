/** What the parts of a node (registry, channels, cells, …) are given of it: the ports, and nothing of the kernel. */

import type { Clock } from './clock.ts'
import type { Codec } from './codec/codec.ts'
import type { Engine } from './engine/engine.ts'
import type { Random } from './random.ts'
import type { Telemetry } from './telemetry.ts'

export interface NodePort {
  /** A word of a subject, as is the name of the node. */
  readonly system: string
  readonly name: string
  readonly epoch: number
  readonly clock: Clock
  readonly random: Random
  readonly telemetry: Telemetry
  readonly engine: Engine
  /** Bounded, and references to actors survive it. */
  readonly codec: Codec
  /** The keys that `engine` signs messages with, where it does. */
  readonly signing?: { readonly ids: readonly number[] }
}
