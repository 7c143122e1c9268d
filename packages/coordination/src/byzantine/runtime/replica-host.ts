/**
 * What runs agreements on nodes, one a node: holds a replica for each member that lives here, asks their agents for ballots, and exchanges
 * messages with the hosts of other nodes. Every node that has members needs one open.
 *
 * *Delivery*: messages of agreements at most once, which is all they need. *Runs in* turns of the engine and the clock.
 */

import type { Agreement } from '../agreement.ts'
import type { AgreementEnd, AgreementFigures } from './agreement-end.ts'
import type { FoundEvidence } from './evidence-shelf.ts'
import { type HostNode, hostSettings, type ReplicaHostOptions } from './host-options.ts'
import { NodeReplicaHost } from './node-replica-host.ts'
import type { AgreementTerms, Opening } from './opening.ts'
import type { AgreeOptions } from './opening-drafts.ts'
import { journalStore, memoryStore } from './replica-store.ts'
import type { AgreementMember } from './seating.ts'

/** What came of it. */
export interface Agreed {
  readonly end: AgreementEnd
  readonly agreement: Agreement
  readonly terms: AgreementTerms
  readonly mode: Opening['mode']
  /** Ids of members that were nowhere when it began: nobody spoke for them. */
  readonly missing: readonly string[]
  /** Ids of members whose node did not answer before it began: it has no host open, or can't be reached. They are not waited for. */
  readonly unspoken: readonly string[]
  readonly figures: AgreementFigures
}

export interface ReplicaHost extends AsyncDisposable {
  /**
   * Brings those members to an agreement, and waits for what they decide or until `timeoutMs + closeMs` have passed. Nobody need trust this
   * node for what was decided: it proves itself.
   *
   * Rejects with `coordination/too-few-members` (4 at least), `coordination/invalid-weight`, `coordination/invalid-member` for an id that is
   * the name of somebody on another node, `coordination/mode-unavailable`, `coordination/agreements-limit`, `coordination/host-closed`,
   * `foundation/payload-too-large`, and `signal.reason`.
   */
  agree(options: AgreeOptions, signal: AbortSignal): Promise<Agreed>
  /** How votes would be authenticated between those members, if nothing else was asked for. */
  modeFor(members: readonly AgreementMember[]): 'kernel' | 'mac' | 'sig'
  /** Proof against members that was found on this node, the newest last. */
  evidence(): readonly FoundEvidence[]
  /** Ids of members that are not waited for, worst first. */
  suspects(): readonly string[]
  /** Ids of members that are out. */
  readonly expelled: readonly string[]
  /**
   * Lets the members of the agreement in which it was found decide that somebody is out; from then on no node that knows of it begins an
   * agreement with that member. Rejects with `coordination/invalid-change`, `coordination/change-undecided`, and as `agree` does.
   */
  expel(found: Pick<FoundEvidence, 'member'>, options: ChangeOptions): Promise<Agreed>
  /** Lets members decide that somebody who is out is in again: all those who expelled it must be among them. Rejects as `expel` does. */
  readmit(member: string, options: ChangeOptions & { readonly members: readonly AgreementMember[] }): Promise<Agreed>
  /** What is under way, and what is kept. */
  stats(): HostStats
}

export interface ChangeOptions {
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

export interface HostStats {
  readonly running: number
  /** Agreements that began here of which not all nodes have said that they know. */
  readonly announced: number
  /** Messages for agreements that are not open here yet. */
  readonly early: number
}

/**
 * Opens the host of a node. With `durability: 'stored'` it goes on with what an earlier life of it was in.
 *
 * Rejects with `foundation/invalid-option`, `foundation/unknown-name`, as the engine does, and as `openJournal` does.
 */
export async function openReplicaHost(node: HostNode, options: ReplicaHostOptions = {}): Promise<ReplicaHost> {
  const settings = hostSettings(options)
  const store = settings.path === undefined ? memoryStore() : await journalStore(settings.path)
  const host = new NodeReplicaHost(livingNode(node), settings, store)
  try {
    await host.open()
  } catch (thrown) {
    await host[Symbol.asyncDispose]()
    throw thrown
  }
  return host
}

/** The node with the life of this host in place of its own: a host that is opened anew has forgotten all that is not stored. */
function livingNode(node: HostNode): HostNode {
  const { system, name, clock, random, telemetry, engine } = node
  const epoch = random.int(2 ** 47)
  const own = { epoch, random: random.fork(`host ${epoch}`) }
  const asked = { channels: node.channels.bind(node), named: node.named.bind(node), holderOf: node.holderOf.bind(node) }
  return { system, name, clock, telemetry, engine, ...own, ...asked }
}
