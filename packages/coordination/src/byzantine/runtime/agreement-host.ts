/** What an agreement that runs on a node needs of it. */

import type { ActorRef, Clock, Random } from '@mabeam/foundation'
import type { Agreement } from '../agreement.ts'
import type { Authentication, Signer } from '../authentication.ts'
import type { DurableState, Refusals } from '../replica-state.ts'
import type { BallotCodec } from './ballot.ts'
import type { HeardRoom } from './heard-messages.ts'
import type { OpenMind } from './mind.ts'
import type { Opening, Seat } from './opening.ts'
import type { PeerItem } from './peer-mail.ts'
import type { RunningAgreement } from './running-agreement.ts'

export interface AgreementHost {
  readonly nodeName: string
  readonly clock: Clock
  readonly random: Random
  readonly ballots: BallotCodec
  readonly minds: OpenMind | undefined
  readonly heardMax: number
  readonly heardRoom: HeardRoom
  /** Who is asked for a member of this node in what another node has begun. */
  agentOf(seat: Seat): Promise<ActorRef | undefined>
  send(peer: string, item: PeerItem): void
  persist(agreement: string, member: number, state: DurableState): void
  /** Whether it is not waited for to decide at once, and whether its ballot is not waited for. */
  isSuspect(id: string): boolean
  isSilent(id: string): boolean
  noticed(id: string, what: 'slow' | 'bad-signature'): void
  refused(reason: keyof Refusals, count: number): void
  ended(running: RunningAgreement): void
}

export interface RunningOptions {
  readonly host: AgreementHost
  readonly opening: Opening
  readonly agreement: Agreement
  readonly authentication: Authentication
  /** Whether a ballot or value will do: the same on all nodes. */
  readonly accepts: (bytes: Uint8Array) => boolean
  /** Signs for a member of this node. */
  readonly signerOf: (member: number) => Signer
  /** What members of this node had written down in an earlier life. */
  readonly kept: ReadonlyMap<number, DurableState>
}
