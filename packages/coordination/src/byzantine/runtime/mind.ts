/** What speaks for members in one agreement: a replica each that follows the rules; in laboratories, whatever breaks them. */

import type { CancelTimer, Random } from '@mabeam/foundation'
import type { Agreement } from '../agreement.ts'
import type { DecideMessage, Envelope } from '../message.ts'
import type { ReplicaSetup } from '../replica-options.ts'
import type { DurableState, Refusals } from '../replica-state.ts'
import type { Verifier } from '../verifier.ts'

/** Called by the host, one call at a time. One that throws is silent from then on; where it is the one of the rules, the agreement ends. */
export interface Mind {
  /** The member's ballot, or the value it would propose, if it has one: once, when its agent has answered or its time is up. */
  start(member: number, bytes: Uint8Array | undefined): void
  receive(member: number, from: number, envelope: Envelope): void
  /** No timer of it runs any more. */
  end(): void
}

/** What members of one node live in. */
export interface MemberWorld {
  readonly agreement: Agreement
  readonly verifier: Verifier
  /** The places that it speaks for, all on this node. */
  readonly members: readonly number[]
  readonly viewMs: number
  nowMs(): number
  /** With the signer of that member, which nobody else is given. */
  setup(member: number): ReplicaSetup
  send(from: number, to: number | 'all', envelope: Envelope): void
  timer(delayMs: number, run: () => void): CancelTimer
}

export interface MindWorld extends MemberWorld {
  readonly random: Random
  /** Another ballot that would be accepted, made of the one given; a different one for each number above 0. The same where a value is decided on. */
  variant(bytes: Uint8Array, number: number): Uint8Array
}

/** A mind for those of the members of this node that it wants to speak for; the others follow the rules. */
export interface OpenMind {
  (world: MindWorld): Mind
  /** Whether it speaks for the member of that id. */
  readonly has: (id: string) => boolean
}

/** What the mind that follows the rules tells besides. */
export interface ReplicaWorld extends MemberWorld {
  /** When the agents of this node have answered or their time is up. */
  readonly answersByMs: number
  /** How many agents of this node have not answered yet. */
  pending(): number
  /** Its ballot is not waited for. */
  isSilent(member: number): boolean
  /** Before anything follows from it. */
  persist(member: number, state: DurableState): void
  decided(decision: DecideMessage): void
  /** Its leader here has seen a quorum decide in both phases, and no vote of that member yet. */
  missed(member: number): void
  /** What came from that member was refused. */
  refused(from: number, reason: keyof Refusals): void
}
