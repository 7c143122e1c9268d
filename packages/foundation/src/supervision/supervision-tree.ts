/** Supervision as data: what a dashboard draws. */

import type { ActorAddress } from '../actors/actor-address.ts'
import type { ExitReason } from '../actors/exit-reason.ts'
import type { ChildStatus, Restart, Strategy, SupervisorState } from './supervisor-step.ts'

/** One supervisor and what is below it. */
export interface SupervisorTree {
  readonly name: string
  readonly strategy: Strategy | 'dynamic'
  readonly phase: SupervisorState['phase']
  /** Restarts inside the last window, as they count towards giving up. */
  readonly restartsInWindow: number
  /** All children; a dynamic supervisor lists the first 1,000. */
  readonly childCount: number
  readonly children: readonly ChildTree[]
}

export interface ChildTree {
  /** Of a dynamic supervisor's child: its name, else its number. */
  readonly id: string
  readonly restart: Restart
  readonly significant: boolean
  readonly status: ChildStatus
  /** Since its supervisor began, those of others that took it along not counted. */
  readonly restarts: number
  /** How the one before it ended, once there was one. */
  readonly lastExit?: ExitReason
  readonly actor?: ActorAddress
  readonly supervisor?: SupervisorTree
}

/** All that runs on a node. */
export interface NodeTree {
  readonly system: string
  readonly node: string
  readonly epoch: number
  /** Those that no other supervises, in the order of starting. */
  readonly supervisors: readonly SupervisorTree[]
  /** Actors that nobody supervises: the first 1,000 of them. */
  readonly actors: readonly ActorAddress[]
  readonly actorCount: number
}

/** Entries of one list in a tree at most, where there may be very many. */
export const treeEntriesMax = 1_000
