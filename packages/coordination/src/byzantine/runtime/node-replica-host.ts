/** The host of one node: what begins here or is told by others becomes an agreement that runs, and what is heard goes to it. */

import { agreementsLimit, changeUndecided, hostClosed, invalidChange } from '../../errors/runtime-errors.ts'
import { tooFewMembers } from '../../errors.ts'
import { type Agreement, leaderOf } from '../agreement.ts'
import type { Authentication, Signer } from '../authentication.ts'
import { kernelAuthentication } from '../authentications/kernel.ts'
import { macAuthentication } from '../authentications/mac.ts'
import { type Digest, hashOf } from '../canonical-bytes.ts'
import { expulsion, readmission } from '../committee-change.ts'
import type { DurableState } from '../replica-state.ts'
import type { AgreementHost } from './agreement-host.ts'
import { AgreementRoom } from './agreement-room.ts'
import { Announcements, acknowledgement, isAcknowledgement } from './announcements.ts'
import { BallotCodec } from './ballot.ts'
import { DecisionNotices } from './decision-notices.ts'
import { agreementIn, EarlyMail } from './early-mail.ts'
import { EvidenceShelf, type FoundEvidence } from './evidence-shelf.ts'
import { HeardRoom } from './heard-messages.ts'
import type { HostNode, HostSettings } from './host-options.ts'
import { HostTelemetry } from './host-telemetry.ts'
import { KeptDecisions } from './kept-decisions.ts'
import { KeyRing } from './key-ring.ts'
import { MemberTrust } from './member-trust.ts'
import { OpenedLedger } from './opened-ledger.ts'
import { agreementOf, isUnspoken, nowhere, type Opening, type Seat, termsOf } from './opening.ts'
import { type AgreeOptions, OpeningDrafts } from './opening-drafts.ts'
import { type HostMessage, OpeningMail } from './opening-mail.ts'
import { type PeerItem, PeerMail } from './peer-mail.ts'
import type { Agreed, ChangeOptions, HostStats, ReplicaHost } from './replica-host.ts'
import type { ReplicaStore } from './replica-store.ts'
import { RunningAgreement } from './running-agreement.ts'
import { SeatAgents } from './seat-agents.ts'
import { SeatedNodes } from './seated-nodes.ts'
import { type AgreementMember, Seating } from './seating.ts'
import { Suspects } from './suspects.ts'

export class NodeReplicaHost implements ReplicaHost {
  readonly #node: HostNode
  readonly #settings: HostSettings
  readonly #store: ReplicaStore
  readonly #telemetry: HostTelemetry
  readonly #ballots = new BallotCodec()
  readonly #running = new Map<Digest, RunningAgreement>()
  readonly #room: AgreementRoom
  readonly #seated = new SeatedNodes()
  readonly #ledger: OpenedLedger
  readonly #early: EarlyMail
  readonly #kept: KeptDecisions
  readonly #shelf: EvidenceShelf
  readonly #trust: MemberTrust
  readonly #suspects: Suspects
  readonly #notices: DecisionNotices
  readonly #keys: KeyRing
  readonly #peers: PeerMail
  readonly #openings: OpeningMail
  readonly #announcements: Announcements
  readonly #seating: Seating
  readonly #drafts: OpeningDrafts
  /** For agreements in one process, and for others. */
  readonly #hostHere: AgreementHost
  readonly #hostBetween: AgreementHost
  #isClosed = false

  constructor(node: HostNode, settings: HostSettings, store: ReplicaStore) {
    const { clock } = node
    this.#node = node
    this.#settings = settings
    this.#store = store
    const telemetry = new HostTelemetry(node)
    this.#telemetry = telemetry
    this.#room = new AgreementRoom(node.name, settings.agreementsMax)
    this.#ledger = new OpenedLedger({ knownMax: settings.agreementsMax })
    this.#early = new EarlyMail(settings.earlyMax)
    const shelf = new EvidenceShelf(settings.evidenceMax)
    const trust = new MemberTrust(shelf, settings.macKey, store)
    const suspects = new Suspects(settings.suspicion, (member, what) =>
      telemetry.emit('member-suspected', { count: 1 }, { member, what }),
    )
    this.#shelf = shelf
    this.#trust = trust
    this.#suspects = suspects
    this.#notices = new DecisionNotices({ clock, ballots: this.#ballots, telemetry, shelf, trust, suspects })
    this.#keys = new KeyRing(node, store)
    this.#peers = new PeerMail({
      node,
      settings,
      written: () => store.written(),
      shareOf: (sender) => this.#seated.shareOf(sender),
      hear: (peer, item) => this.#hear(peer, item),
      refused: (reason, count) => this.#refused(reason, count),
    })
    this.#kept = new KeptDecisions(settings.decisionsMax, clock, (peer, item) => this.#peers.send(peer, item))
    this.#openings = new OpeningMail(node, {
      hear: (message, from) => this.#told(message, from),
      seats: (asked) => this.#seating.answer(asked),
      refused: () => this.#refused('malformed', 1),
    })
    this.#announcements = new Announcements(node, (opening) => this.#openings.publish({ type: 'open', opening }))
    const seating = new Seating(node, this.#keys, this.#openings)
    this.#seating = seating
    this.#drafts = new OpeningDrafts({ node, settings, keys: this.#keys, seating, trust, suspects })
    this.#hostBetween = this.#agreementHost()
    // Nobody outlives the process in an agreement within it.
    this.#hostHere = { ...this.#hostBetween, persist: () => {} }
  }

  async open(): Promise<void> {
    await Promise.all([this.#openings.open(), this.#peers.open()])
    for (const [id, { opening, states }] of this.#store.agreements) {
      const agreement = agreementOf(termsOf(opening))
      if (agreement.id === id && opening.mode !== 'kernel') this.#begin(opening, agreement, states)
      else this.#store.noteEnd(id)
    }
  }

  get expelled(): readonly string[] {
    return this.#trust.expelled
  }

  evidence(): readonly FoundEvidence[] {
    return this.#shelf.list()
  }

  suspects(): readonly string[] {
    return this.#suspects.list(this.#node.clock.monotonicMs())
  }

  stats(): HostStats {
    return { running: this.#running.size, announced: this.#announcements.size, early: this.#early.size }
  }

  modeFor(members: readonly AgreementMember[]): 'kernel' | 'mac' | 'sig' {
    return this.#drafts.modeFor(members)
  }

  async agree(options: AgreeOptions, signal: AbortSignal): Promise<Agreed> {
    signal.throwIfAborted()
    this.#checkRoom()
    const opening = await this.#drafts.draft(options, signal)
    this.#checkRoom()
    const agreement = agreementOf(termsOf(opening))
    this.#ledger.admit(opening, agreement.id)
    const running = this.#begin(opening, agreement)
    if (running.end === undefined) this.#announcements.begin(agreement.id, opening)
    return await this.#awaited(running, signal)
  }

  async expel({ member }: Pick<FoundEvidence, 'member'>, { timeoutMs, signal }: ChangeOptions): Promise<Agreed> {
    const found = this.#shelf.find(member)
    if (found === undefined)
      throw invalidChange('evidence that this node has found', `none against ${JSON.stringify(member)}`)
    const { evidence, terms, opening } = found
    if (opening.seats.length < 5) throw tooFewMembers(opening.seats.length - 1, 4)
    const members = opening.seats.map(({ id, weight, node }) => ({ id, weight, node }))
    const question = { type: 'change', value: expulsion(evidence), judged: terms } as const
    const options: AgreeOptions = { question, members, timeoutMs, mode: opening.mode }
    return await this.#change({ change: 'expulsion', member }, options, signal)
  }

  async readmit(
    id: string,
    { timeoutMs, signal, members }: ChangeOptions & { readonly members: readonly AgreementMember[] },
  ): Promise<Agreed> {
    const member = this.#trust.member(id)
    if (member === undefined) throw invalidChange('a member that is out', `${JSON.stringify(id)}, who is not`)
    const question = { type: 'change', value: readmission(member) } as const
    const inside = members.filter((one) => !this.#trust.isExpelled(one.id))
    return await this.#change({ change: 'readmission', member: id }, { question, members: inside, timeoutMs }, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#announcements.close()
    for (const running of [...this.#running.values()]) running.cancel('closed')
    await this.#openings[Symbol.asyncDispose]()
    await this.#peers[Symbol.asyncDispose]()
    await this.#store[Symbol.asyncDispose]()
  }

  async #change(
    { change, member }: { readonly change: 'expulsion' | 'readmission'; readonly member: string },
    options: AgreeOptions,
    signal: AbortSignal,
  ): Promise<Agreed> {
    const agreed = await this.agree(options, signal)
    if (agreed.end.type !== 'decided') throw changeUndecided(change, member)
    return agreed
  }

  async #awaited(running: RunningAgreement, signal: AbortSignal): Promise<Agreed> {
    const { opening, agreement } = running
    const onAbort = () => {
      running.cancel('cancelled')
      this.#announcements.end(agreement.id)
      if (opening.mode === 'kernel') return
      const secret = this.#drafts.cancelSecret(opening)
      this.#openings.publish({ type: 'cancel', agreement: agreement.id, secret })
    }
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    try {
      const end = await running.ended
      // What members here have said for it counts only once they can't forget it.
      await this.#store.written()
      signal.throwIfAborted()
      if (end.type === 'undecided' && end.reason === 'failed') throw end.cause
      if (end.type === 'undecided' && end.reason === 'closed') throw hostClosed(this.#node.name)
      const { seats, mode } = opening
      const idsOf = (some: readonly Seat[]) => some.map(({ id }) => id)
      const missing = idsOf(seats.filter(({ node }) => node === nowhere))
      const unspoken = idsOf(seats.filter((seat) => seat.node !== nowhere && isUnspoken(seat)))
      return { end, agreement, terms: termsOf(opening), mode, missing, unspoken, figures: running.figures }
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** Requires: it was checked, and was not here before. */
  #begin(
    opening: Opening,
    agreement: Agreement,
    kept: ReadonlyMap<number, DurableState> = new Map(),
  ): RunningAgreement {
    const { question } = opening
    const accepts =
      question.type === 'ask'
        ? (bytes: Uint8Array) => this.#ballots.decode(question.request, bytes) !== undefined
        : (bytes: Uint8Array) => this.#wants(opening, bytes)
    const believed = this.#believed(opening, agreement)
    const host = opening.mode === 'kernel' ? this.#hostHere : this.#hostBetween
    const running = new RunningAgreement({ host, opening, agreement, accepts, ...believed, kept })
    this.#running.set(agreement.id, running)
    this.#room.begun(opening.initiator)
    this.#seated.begun(opening.seats)
    if (kept.size === 0 && opening.mode !== 'kernel') this.#store.noteOpening(agreement.id, opening)
    running.begin()
    for (const item of this.#early.take(agreement.id)) running.arrive(item)
    return running
  }

  /** Whether members here vote for that change. What others decide without them is made all the same. */
  #wants(opening: Opening, value: Uint8Array): boolean {
    const change = this.#trust.judge(opening, value)
    if (change?.change !== 'readmission' || opening.initiator === this.#node.name) return change !== undefined
    return this.#settings.readmits(change.member)
  }

  #believed(
    opening: Opening,
    { committee }: Agreement,
  ): { readonly authentication: Authentication; readonly signerOf: (member: number) => Signer } {
    const own = this.#trust.authentication(opening)
    if (opening.mode === 'sig' && own !== undefined) {
      const signerOf = (member: number) => this.#keys.signer(committee.members[member]?.id ?? '', member)
      return { authentication: own, signerOf }
    }
    const { macKey } = this.#settings
    const shared = opening.mode === 'mac' && macKey !== undefined ? macAuthentication(macKey) : kernelAuthentication()
    return { authentication: shared, signerOf: (member) => shared.signer(member) }
  }

  /** What another node says about an agreement as a whole. */
  #told(message: HostMessage, from: string): void {
    if (this.#isClosed || from === this.#node.name) return
    if (message.type === 'open') void this.#invited(message.opening, from).catch(() => this.#refused('unchecked', 1))
    else if (message.type === 'cancel') {
      const running = this.#running.get(message.agreement)
      if (running === undefined) return
      if (running.opening.cancelDigest === hashOf(message.secret)) running.cancel('cancelled')
      else this.#refused('unauthorised', 1)
    } else this.#seating.forget(from)
  }

  async #invited(opening: Opening, from: string): Promise<void> {
    if (!opening.seats.some(({ node }) => node === this.#node.name)) return
    if (opening.initiator !== from || opening.mode === 'kernel') return this.#refused('unauthorised', 1)
    const agreement = agreementOf(termsOf(opening))
    if (!this.#isKnown(agreement.id)) {
      const reason = await this.#objection(opening)
      if (this.#isClosed) return
      if (reason === 'another-life') this.#openings.publish({ type: 'other-life' })
      if (reason !== undefined) return this.#refused(reason, 1)
    }
    if (!this.#isKnown(agreement.id)) {
      // Others may have begun while the keys were looked up.
      if (!this.#room.hasFor(from)) return this.#refused('agreements-limit', 1)
      if (this.#ledger.admit(opening, agreement.id) !== 'new') return this.#refused('opened-before', 1)
      this.#begin(opening, agreement)
    }
    this.#peers.send(from, { from: 0, to: [], envelope: acknowledgement(agreement.id) })
    // Whoever has no member in it hears of what was decided from those who have.
    if (opening.seats.every(({ node }) => node !== from)) this.#kept.tell(agreement.id, from)
  }

  #isKnown(agreement: Digest): boolean {
    return this.#running.has(agreement) || this.#kept.has(agreement)
  }

  /** Why this node takes no part in that, if it doesn't. */
  async #objection({ seats, mode, question }: Opening): Promise<string | undefined> {
    const own = seats.filter(({ node }) => node === this.#node.name)
    if (seats.length > this.#settings.membersMax) return 'members-limit'
    if (own.some(({ epoch }) => epoch !== this.#node.epoch)) return 'another-life'
    if (question.type === 'ask' && seats.some(({ id }) => this.#trust.isExpelled(id))) return 'expelled'
    if (mode === 'mac') return this.#settings.macKey === undefined ? 'mac-key-missing' : undefined
    if (own.some(({ id, publicKey }) => !this.#keys.isOwn(id, publicKey))) return 'another-life'
    return (await this.#keys.areGenuine(seats)) ? undefined : 'foreign-key'
  }

  #hear(peer: string, item: PeerItem): void {
    const agreement = agreementIn(item.envelope)
    const running = this.#running.get(agreement ?? '')
    if (agreement === undefined) this.#refused('malformed', 1)
    else if (isAcknowledgement(item.envelope)) this.#announcements.known(agreement, peer)
    else if (running !== undefined) running.arrive(item)
    else if (this.#kept.has(agreement)) this.#kept.answer(agreement, item)
    else {
      const dropped = this.#early.keep(agreement, this.#seated.shareOf(peer), item)
      if (dropped > 0) this.#refused('early-limit', dropped)
    }
  }

  #agreementHost(): AgreementHost {
    const { clock, name, random } = this.#node
    const { heardMax, minds } = this.#settings
    const agents = new SeatAgents(this.#node)
    return {
      nodeName: name,
      clock,
      random: random.fork('agreements'),
      ballots: this.#ballots,
      minds,
      heardMax,
      heardRoom: new HeardRoom(),
      agentOf: (seat) => agents.of(seat),
      send: (peer, item) => this.#peers.send(peer, item),
      persist: (id, member, state) => this.#store.noteState(id, member, state),
      isSuspect: (id) => this.#suspects.has(id, clock.monotonicMs()),
      isSilent: (id) => this.#suspects.isSilent(id, clock.monotonicMs()),
      noticed: (id, what) => this.#suspects.noticed(id, what, clock.monotonicMs()),
      refused: (reason, count) => this.#refused(reason, count),
      ended: (running) => this.#ended(running),
    }
  }

  #ended(running: RunningAgreement): void {
    const { agreement, opening, end, here } = running
    this.#running.delete(agreement.id)
    this.#room.ended(opening.initiator)
    this.#seated.ended(opening.seats)
    if (end?.type === 'decided') {
      this.#announcements.decided(agreement.id)
      if (opening.mode !== 'kernel') {
        this.#kept.keep(agreement, opening, end.decision)
        const { initiator, seats } = opening
        const isLeader = here.includes(leaderOf(agreement, end.decision.certificate.view))
        if (isLeader && seats.every(({ node }) => node !== initiator)) this.#kept.tell(agreement.id, initiator)
      }
    } else this.#announcements.end(agreement.id)
    // What the node was in when it closed goes on in its next life.
    if (end?.type === 'decided' || end?.reason !== 'closed') this.#store.noteEnd(agreement.id)
    this.#notices.ended(running)
  }

  #refused(reason: string, count: number): void {
    this.#telemetry.emit('message-refused', { count }, { reason })
  }

  #checkRoom(): void {
    const { name } = this.#node
    if (this.#isClosed) throw hostClosed(name)
    if (!this.#room.hasFor(name)) throw agreementsLimit(name, this.#settings.agreementsMax)
  }
}
