/**
 * A node as one of a system: it is reached by the others and reaches them, knows who is there, and holds places by its
 * session. Opened at the start where the node was given an engine, else when somebody asks for it.
 */

import type { ActorDefinition } from '../actors/actor.ts'
import type { ActorAddress } from '../actors/actor-address.ts'
import type { Kernel } from '../actors/kernel.ts'
import { type Directory, openDirectory } from '../directory/directory.ts'
import { Claims } from '../leases/claims.ts'
import { checkedSessions } from '../leases/session-options.ts'
import { Sessions } from '../leases/sessions.ts'
import { isGone } from '../membership/member.ts'
import type { MemberChange, Membership } from '../membership/membership.ts'
import { openMembership } from '../membership/membership-runtime.ts'
import { Arrivals } from '../migration/arrivals.ts'
import { Migration } from '../migration/migration.ts'
import { moveFromHere } from '../migration/move-actor.ts'
import { Moves } from '../migration/moves.ts'
import type { NodePort } from '../node-port.ts'
import { OperationAnswers, type OperationHost } from '../operations/operation-answers.ts'
import { offeringNodes, placementOf } from '../placement/offers.ts'
import { Pins } from '../placement/pins.ts'
import { ElsewhereActors, type NameResolver } from '../remote/elsewhere-actors.ts'
import { KernelHost, type KernelHostSettings } from '../remote/kernel-host.ts'
import { Remote } from '../remote/remote.ts'
import { checkSystemSecurity } from '../security/system-check.ts'
import type { NodeActors } from './node-actors.ts'
import type { NodeSettings } from './node-options.ts'
import { SystemActors } from './system-actors.ts'

export interface NodeSystemSettings extends KernelHostSettings {
  readonly port: NodePort
  readonly options: Pick<NodeSettings, 'membership' | 'sessions'>
  readonly local: NodeActors
  readonly definitions: ReadonlyMap<string, ActorDefinition>
  /** A name of this node is not its own any more: whatever has it here is to be stopped. */
  readonly onNameLost: (name: string) => void
  /** A later life of this node is there: this one is over. */
  readonly onReplaced: () => void
  /** Carries out what those who run the system ask of this node. */
  readonly operations: OperationHost
}

/** How long a node that leaves waits for answers to what it has sent after its actors. */
const leaveGraceMs = 2_000

export class NodeSystem implements AsyncDisposable, NameResolver {
  readonly membership: Membership
  readonly directory: Directory
  readonly remote: Remote
  readonly operations: OperationAnswers
  readonly sessions: Sessions
  readonly claims: Claims
  readonly pins: Pins
  readonly migration: Migration
  /** Actors of this node with names of the system. */
  readonly actors: SystemActors
  readonly moves: Moves
  readonly #arrivals: Arrivals
  readonly #kernel: Kernel
  readonly #port: NodePort

  private constructor(settings: NodeSystemSettings, parts: { membership: Membership; directory: Directory }) {
    const { port, kernel, options } = settings
    const host = new KernelHost(settings)
    this.#kernel = kernel
    this.#port = port
    this.membership = parts.membership
    this.directory = parts.directory
    this.remote = new Remote(port, host)
    this.operations = new OperationAnswers(port, settings.operations)
    this.sessions = new Sessions(port, nodeNames(parts.membership), { options: options.sessions })
    this.claims = new Claims(port, this.sessions)
    this.pins = new Pins(port)
    const isThere = (node: string, epoch: number) => {
      const member = this.membership.member(node)
      return this.sessions.alive.includes(node) && member?.epoch === epoch && !isGone(member.status)
    }
    const isHeld = (name: string) =>
      this.#arrivals.isComing(name) ||
      (this.claims.standing(name) === 'held' && this.claims.get(name)?.node === port.name)
    const reach = { port, remote: this.remote, names: this, local: host.local }
    this.migration = new Migration({ ...reach, kernel, isThere, isHeld })
    host.left = this.migration.departures
    host.onMove = (what) => this.migration.take(what)
    kernel.elsewhere = new ElsewhereActors({ ...reach, lanes: this.migration.lanes })
    void this.membership.replaced.then(() => settings.onReplaced())
    this.membership.onChange((change) => this.#onMember(change))
    const { directory, membership, claims, migration } = this
    this.actors = new SystemActors({
      port,
      kernel,
      actors: settings.local,
      directory,
      claims,
      definitions: settings.definitions,
      isComing: (name) => this.#arrivals.isComing(name) || this.moves.mayComeBack(name),
    })
    const moving = { port, migration, directory, membership, actors: this.actors }
    this.moves = new Moves(moving)
    this.#arrivals = new Arrivals(moving)
    migration.on('move-request', ({ name, data }) => moveFromHere(this, name, data))
    directory.onLost(({ kind, name }) => {
      if (kind !== 'name' || this.moves.lost(name) || this.#arrivals.lost(name)) return
      settings.onNameLost(name)
    })
  }

  /** Resolves when this node is one of the system. */
  static async open(settings: NodeSystemSettings): Promise<NodeSystem> {
    const { port, options } = settings
    // Before it says anything, or takes what it does not hear of for gone.
    await checkSystemSecurity(port, checkedSessions(options.sessions).expiryMs)
    // What is open already must not go on where the rest could not be: others would take it for a node.
    await using opened = new AsyncDisposableStack()
    const membership = opened.use(await openMembership(port, options.membership))
    const directory = opened.use(await openDirectory(port, membership))
    const system = opened.use(new NodeSystem(settings, { membership, directory }))
    await system.remote.open()
    const { sessions, claims, pins, operations } = system
    for (const part of [sessions, claims, pins, operations]) await part.open()
    opened.move()
    return system
  }

  /** Who has a name now: a place, or an actor started with `scope: 'system'`. */
  find(name: string): ActorAddress | undefined {
    const claim = this.claims.standing(name) === 'held' ? this.claims.get(name) : undefined
    if (claim === undefined) return this.directory.lookup(name)
    return { system: this.#port.system, node: claim.node, epoch: claim.epoch, id: 0, name, scope: 'system' }
  }

  onNews(name: string, listener: () => void): () => void {
    const endClaims = this.claims.onChange((key) => key === name && listener())
    const endRecords = this.directory.records.onChange(({ record }) => record?.key === `name.${name}` && listener())
    return () => {
      endClaims()
      endRecords()
    }
  }

  /** Gives up what it holds and says that it leaves. Placements are closed by then. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.moves.close(leaveGraceMs)
    this.#arrivals.close()
    await this.migration.close(leaveGraceMs, (name) => this.#mayBeTaken(name))
    this.#kernel.elsewhere = undefined
    await using parts = new AsyncDisposableStack()
    // Closed in reverse, also where one of them fails. Who asked this node to leave takes it for gone when it does not answer any more.
    const { operations, membership, directory, remote, sessions, claims, pins } = this
    for (const part of [operations, membership, directory, remote, sessions, claims, pins]) parts.use(part)
  }

  /** Whether somebody is there who could take over what this node leaves behind under a name. */
  #mayBeTaken(name: string): boolean {
    const { claims, membership } = this
    const { name: own } = this.#port
    const isThere = (node: string) => node !== own && !isGone(membership.member(node)?.status ?? 'left')
    // What is no place has gone where somebody moved it.
    if (claims.get(name) === undefined) return membership.members().some((member) => isThere(member.name))
    return offeringNodes(claims, placementOf(name)).some(isThere)
  }

  #onMember({ member, before }: MemberChange): void {
    const { name, epoch, status } = member
    if (before !== undefined && before.epoch < epoch) {
      this.remote.nodeIsDown(name, before.epoch, before.status === 'left' ? 'left' : 'replaced')
    }
    if (before === undefined || before.epoch < epoch) this.remote.nodeIsReplaced(name, epoch)
    if (status === 'left' || status === 'down') this.remote.nodeIsDown(name, epoch, status)
    else this.remote.nodeIsBack(name, epoch)
  }
}

function nodeNames(membership: Membership) {
  const here = () => membership.members().filter(({ status }) => !isGone(status))
  return {
    names: () => here().map(({ name }) => name),
    onChange: (listener: () => void) => membership.onChange(() => listener()),
  }
}
