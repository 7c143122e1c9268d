/**
 * What runs agreements on nodes, one a node: holds a replica for each member that lives here, asks their agents for ballots, and exchanges
 * messages with the hosts of other nodes. Every node that has members needs one open.
 *
 * *Delivery*: messages of agreements at most once, which is all they need. *Runs in* turns of the engine and the clock.
 */

import type { CancelTimer } from '@mabeam/foundation'
import {
  agreementsLimit,
  changeUndecided,
  hostClosed,
  invalidChange,
  modeUnavailable,
} from '../../errors/runtime-errors.ts'
import { tooFewMembers } from '../../errors.ts'
import { type Agreement, leaderOf } from '../agreement.ts'
import type { Authentication, Signer } from '../authentication.ts'
import { kernelAuthentication } from '../authentications/kernel.ts'
import { macAuthentication } from '../authentications/mac.ts'
import { sigSigner } from '../authentications/sig.ts'
import type { Digest } from '../canonical-bytes.ts'
import { expulsion, readmission } from '../committee-change.ts'
import type { DecideMessage } from '../message.ts'
import { BallotCodec } from './ballot.ts'
import { agreementIn, EarlyMail } from './early-mail.ts'
import { EvidenceShelf, type FoundEvidence } from './evidence-shelf.ts'
import { type HostNode, type HostSettings, hostSettings, type ReplicaHostOptions } from './host-options.ts'
import { HostTelemetry } from './host-telemetry.ts'
import { KeptDecisions } from './kept-decisions.ts'
import { KeyRing } from './key-ring.ts'
import { MemberTrust } from './member-trust.ts'
import { OpenedLedger } from './opened-ledger.ts'
import { type AgreementTerms, agreementOf, type Opening, type Question, termsOf } from './opening.ts'
import { type HostMessage, OpeningMail } from './opening-mail.ts'
import { type PeerItem, PeerMail } from './peer-mail.ts'
import { type AgreementEnd, type AgreementFigures, type AgreementHost, RunningAgreement } from './running-agreement.ts'
import { type AgreementMember, Seating } from './seating.ts'
import { Suspects } from './suspects.ts'

/** What is to be agreed on, and by whom. */
export interface AgreeOptions {
  readonly question: Question
  readonly members: readonly AgreementMember[]
  /** How long agents have together with the agreement. */
  readonly timeoutMs: number
  /** @default that of the host */
  readonly mode?: HostSettings['mode']
}

/** What came of it. */
export interface Agreed {
  readonly end: AgreementEnd
  readonly agreement: Agreement
  readonly terms: AgreementTerms
  readonly mode: Opening['mode']
  readonly figures: AgreementFigures
}

export interface ReplicaHost extends AsyncDisposable {
  /**
   * Brings those members to an agreement, and waits for what they decide or until `timeoutMs + closeMs` have passed. Nobody need trust this
   * node for what was decided: it proves itself.
   *
   * Rejects with `coordination/too-few-members` (4 at least), `coordination/invalid-weight`, `coordination/mode-unavailable`,
   * `coordination/agreements-limit`, `coordination/host-closed`, `foundation/payload-too-large`, and `signal.reason`.
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
  expel(found: FoundEvidence, options: ChangeOptions): Promise<Agreed>
  /** Lets members decide that somebody who is out is in again. Rejects as `expel` does. */
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
  /** Messages for agreements that are not open here yet. */
  readonly early: number
}

/** Opens the host of a node. Rejects with `foundation/invalid-option`, `foundation/unknown-name`, and as the engine does. */
export async function openReplicaHost(node: HostNode, options: ReplicaHostOptions = {}): Promise<ReplicaHost> {
  const host = new NodeReplicaHost(node, hostSettings(options))
  try {
    await host.open()
  } catch (thrown) {
    await host[Symbol.asyncDispose]()
    throw thrown
  }
  return host
}

class NodeReplicaHost implements ReplicaHost {
  readonly #node: HostNode
  readonly #settings: HostSettings
  readonly #telemetry: HostTelemetry
  readonly #ballots = new BallotCodec()
  readonly #running = new Map<Digest, RunningAgreement>()
  readonly #ledger: OpenedLedger
  readonly #early: EarlyMail
  readonly #kept: KeptDecisions
  readonly #shelf: EvidenceShelf
  readonly #trust: MemberTrust
  readonly #suspects: Suspects
  readonly #keys: KeyRing
  readonly #peers: PeerMail
  readonly #openings: OpeningMail
  readonly #seating: Seating
  readonly #agreementHost: AgreementHost
  #opened = 0
  #isClosed = false

  constructor(node: HostNode, settings: HostSettings) {
    this.#node = node
    this.#settings = settings
    this.#telemetry = new HostTelemetry(node)
    this.#ledger = new OpenedLedger(settings.agreementsMax * 10)
    this.#early = new EarlyMail(settings.earlyMax)
    this.#shelf = new EvidenceShelf(settings.evidenceMax)
    this.#trust = new MemberTrust(this.#shelf, settings.macKey)
    this.#suspects = new Suspects(settings.suspicion, (member, what) =>
      this.#telemetry.emit('member-suspected', { count: 1 }, { member, what }),
    )
    this.#keys = new KeyRing(node)
    this.#peers = new PeerMail({
      node,
      settings,
      hear: (_, item) => this.#hear(item),
      refused: (reason, count) => this.#refused(reason, count),
    })
    this.#kept = new KeptDecisions(settings.decisionsMax, (peer, item) => this.#peers.send(peer, item))
    this.#openings = new OpeningMail(node, {
      hear: (message, from) => this.#told(message, from),
      seats: (asked) => this.#seating.answer(asked),
      refused: () => this.#refused('malformed', 1),
    })
    this.#seating = new Seating(node, this.#keys, this.#openings)
    this.#agreementHost = this.#hostOfAgreements()
  }

  async open(): Promise<void> {
    await Promise.all([this.#openings.open(), this.#peers.open()])
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
    return { running: this.#running.size, early: this.#early.size }
  }

  modeFor(members: readonly AgreementMember[]): 'kernel' | 'mac' | 'sig' {
    const { mode } = this.#settings
    if (mode !== 'auto') return mode
    const isHere = ({ actor, node = actor?.address.node ?? '' }: AgreementMember) =>
      node === '' || node === this.#node.name
    return members.every(isHere) ? 'kernel' : 'sig'
  }

  async agree(options: AgreeOptions, signal: AbortSignal): Promise<Agreed> {
    signal.throwIfAborted()
    const { clock, name } = this.#node
    this.#checkOpen()
    if (this.#running.size >= this.#settings.agreementsMax) throw agreementsLimit(name, this.#settings.agreementsMax)
    const beganMs = clock.monotonicMs()
    const opening = await this.#opening(options, signal)
    this.#checkOpen()
    const spentMs = clock.monotonicMs() - beganMs
    const left = (ms: number) => Math.max(1, ms - spentMs)
    const timed = { ...opening, answerMs: left(opening.answerMs), deadlineMs: left(opening.deadlineMs) }
    const running = this.#begin(timed, agreementOf(termsOf(timed)))
    return await this.#awaited(running, signal)
  }

  async expel(found: FoundEvidence, { timeoutMs, signal }: ChangeOptions): Promise<Agreed> {
    const judged = this.#shelf.openingOf(found.member)
    if (judged === undefined) throw invalidChange('evidence that this node has found', `none against ${found.member}`)
    if (judged.seats.length < 5) throw tooFewMembers(judged.seats.length - 1, 4)
    const { evidence, terms } = this.#shelf.list().find(({ member }) => member === found.member) ?? found
    const value = expulsion(evidence)
    const members = judged.seats.map(({ id, weight, node }) => ({ id, weight, node }))
    const question = { type: 'change', value, judged: terms } as const
    return await this.#change(
      { change: 'expulsion', member: found.member },
      { question, members, timeoutMs, mode: judged.mode },
      signal,
    )
  }

  async readmit(
    id: string,
    { timeoutMs, signal, members }: ChangeOptions & { readonly members: readonly AgreementMember[] },
  ): Promise<Agreed> {
    const member = this.#trust.member(id)
    if (member === undefined) throw invalidChange('a member that is out', `${JSON.stringify(id)}, who is not`)
    const question = { type: 'change', value: readmission(member) } as const
    return await this.#change({ change: 'readmission', member: id }, { question, members, timeoutMs }, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const running of [...this.#running.values()]) running.cancel('closed')
    await this.#openings[Symbol.asyncDispose]()
    await this.#peers[Symbol.asyncDispose]()
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
    const onAbort = () => {
      running.cancel('cancelled')
      this.#openings.publish({ type: 'cancel', agreement: running.agreement.id })
    }
    signal.addEventListener('abort', onAbort, { once: true })
    const cancelAnnouncing = this.#announce(running)
    try {
      const end = await running.ended
      signal.throwIfAborted()
      if (end.type === 'undecided' && end.reason === 'failed') throw end.cause
      if (end.type === 'undecided' && end.reason === 'closed') throw hostClosed(this.#node.name)
      const { opening, agreement, figures } = running
      return { end, agreement, terms: termsOf(opening), mode: opening.mode, figures }
    } finally {
      cancelAnnouncing()
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** To all other nodes of it; again and again until it has ended here, since what is sent may be lost. */
  #announce(running: RunningAgreement): CancelTimer {
    const { opening } = running
    const isAlone = opening.seats.every(({ node }) => node === this.#node.name)
    if (isAlone) return () => {}
    let cancel: CancelTimer = () => {}
    const tell = (delayMs: number) => {
      this.#openings.publish({ type: 'open', opening })
      cancel = this.#node.clock.setTimer(delayMs, () => tell(Math.min(delayMs * 2, opening.viewMsMax)), { unref: true })
    }
    tell(opening.viewMs)
    return () => cancel()
  }

  async #opening(
    { question, members: given, timeoutMs, mode: asked }: AgreeOptions,
    signal: AbortSignal,
  ): Promise<Opening> {
    const { fastPath, agreementMs, closeMs, membersMax, messageBytesMax, viewMsMax, macKey } = this.#settings
    const members = given.filter(({ id }) => !this.#trust.isExpelled(id) || question.type === 'change')
    if (members.length < 4) throw tooFewMembers(members.length, 4)
    if (members.length > membersMax)
      throw modeUnavailable('byzantine', `expected at most ${membersMax} members, got ${members.length}`)
    const mode = asked === undefined || asked === 'auto' ? this.modeFor(members) : asked
    if (mode === 'mac' && macKey === undefined) throw modeUnavailable(mode, 'expected a macKey, got none')
    const isAway = (await this.#seating.nodesOf(members)).some((node) => node !== this.#node.name)
    if (mode === 'kernel' && isAway) throw modeUnavailable(mode, `expected all members on node ${this.#node.name}`)
    const seats = await this.#seating.seats(members, {
      withKeys: mode === 'sig',
      timeoutMs: Math.max(1, timeoutMs / 4),
      signal,
    })
    const bytesMax =
      mode === 'kernel'
        ? 1_114_112
        : Math.max(512, Math.floor((messageBytesMax - 1_000 * seats.length) / (3 * seats.length)))
    const viewMs = Math.max(1, Math.min(this.#settings.viewMs, timeoutMs / 10))
    const opening: Opening = {
      version: 1,
      mode,
      initiator: this.#node.name,
      initiatorEpoch: this.#node.epoch,
      number: this.#opened++,
      nonce: '',
      epoch: this.#trust.changes,
      fastPath,
      bytesMax,
      viewMs,
      viewMsMax: Math.max(viewMs, viewMsMax),
      answerMs: Math.max(1, timeoutMs - Math.min(timeoutMs / 2, agreementMs)),
      deadlineMs: timeoutMs + closeMs,
      seats,
      question,
    }
    return this.#wellLed(opening)
  }

  /** The nonce draws who leads first: one that is not suspected, where there is one. */
  #wellLed(opening: Opening): Opening {
    const nowMs = this.#node.clock.monotonicMs()
    const random = this.#node.random.fork(`agreement ${opening.number}`)
    const triesMax = this.#suspects.list(nowMs).length === 0 ? 1 : 8
    let drawn = opening
    for (let tries = 0; tries < triesMax; tries++) {
      drawn = {
        ...opening,
        nonce: `${opening.initiator}/${opening.initiatorEpoch}/${opening.number}/${random.int(2 ** 32)}`,
      }
      const leader = leaderOf(agreementOf(termsOf(drawn)), 0)
      if (!this.#suspects.has(drawn.seats[leader]?.id ?? '', nowMs)) break
    }
    return drawn
  }

  /** Requires: it was checked. */
  #begin(opening: Opening, agreement: Agreement): RunningAgreement {
    this.#ledger.admit(opening, agreement.id)
    const { question } = opening
    const accepts =
      question.type === 'ask'
        ? (bytes: Uint8Array) => this.#ballots.decode(question.request, bytes) !== undefined
        : (bytes: Uint8Array) => this.#trust.judge(opening, bytes) !== undefined
    const running = new RunningAgreement({
      host: this.#agreementHost,
      opening,
      agreement,
      accepts,
      ...this.#authenticated(opening, agreement),
      kept: new Map(),
    })
    this.#running.set(agreement.id, running)
    running.begin()
    for (const item of this.#early.take(agreement.id)) running.arrive(item)
    return running
  }

  #authenticated(
    opening: Opening,
    agreement: Agreement,
  ): { readonly authentication: Authentication; readonly signerOf: (member: number) => Signer } {
    if (opening.mode === 'sig') {
      const authentication = this.#trust.authentication(opening) as Authentication
      const idOf = (member: number) => agreement.committee.members[member]?.id ?? ''
      return { authentication, signerOf: (member) => sigSigner(member, this.#keys.own(idOf(member))) }
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
      if (running?.opening.initiator === from) running.cancel('cancelled')
    } else this.#seating.forget(from)
  }

  async #invited(opening: Opening, from: string): Promise<void> {
    const own = opening.seats.filter(({ node }) => node === this.#node.name)
    if (own.length === 0) return
    if (opening.initiator !== from || opening.mode === 'kernel') return this.#refused('unauthorised', 1)
    const agreement = agreementOf(termsOf(opening))
    if (this.#running.has(agreement.id)) return
    if (this.#kept.has(agreement.id)) return this.#kept.tell(agreement.id, from)
    const reason = await this.#objection(opening)
    if (this.#isClosed || this.#running.has(agreement.id)) return
    if (reason !== undefined) {
      this.#refused(reason, 1)
      if (reason === 'another-life') this.#openings.publish({ type: 'other-life' })
      return
    }
    if (this.#ledger.admit(opening, agreement.id) !== 'new') return this.#refused('opened-before', 1)
    this.#begin(opening, agreement)
  }

  /** Why this node takes no part in that, if it doesn't. */
  async #objection(opening: Opening): Promise<string | undefined> {
    const { seats, mode } = opening
    const own = seats.filter(({ node }) => node === this.#node.name)
    if (this.#running.size >= this.#settings.agreementsMax) return 'agreements-limit'
    if (seats.length > this.#settings.membersMax) return 'members-limit'
    if (own.some(({ epoch }) => epoch !== this.#node.epoch)) return 'another-life'
    if (opening.question.type === 'ask' && seats.some(({ id }) => this.#trust.isExpelled(id))) return 'expelled'
    if (mode === 'mac') return this.#settings.macKey === undefined ? 'mac-key-missing' : undefined
    if (own.some(({ id, publicKey }) => !this.#keys.isOwn(id, publicKey))) return 'another-life'
    return (await this.#keys.areGenuine(seats)) ? undefined : 'foreign-key'
  }

  #hear(item: PeerItem): void {
    const agreement = agreementIn(item.envelope)
    if (agreement === undefined) return this.#refused('malformed', 1)
    const running = this.#running.get(agreement)
    if (running !== undefined) running.arrive(item)
    else if (this.#kept.has(agreement)) this.#kept.answer(agreement, item)
    else {
      const dropped = this.#early.keep(agreement, item)
      if (dropped > 0) this.#refused('early-limit', dropped)
    }
  }

  #hostOfAgreements(): AgreementHost {
    const { clock, name, random } = this.#node
    const { heardMax, minds } = this.#settings
    return {
      nodeName: name,
      clock,
      random: random.fork('agreements'),
      ballots: this.#ballots,
      minds,
      heardMax,
      send: (peer, item) => this.#peers.send(peer, item),
      persist: () => {},
      isSuspect: (id) => this.#suspects.has(id, clock.monotonicMs()),
      noticed: (id, what) => this.#suspects.noticed(id, what, clock.monotonicMs()),
      refused: (reason, count) => this.#refused(reason, count),
      ended: (running) => this.#ended(running),
    }
  }

  #ended(running: RunningAgreement): void {
    const { agreement, opening, end, figures, here } = running
    this.#running.delete(agreement.id)
    if (end?.type === 'decided') this.#decided(running, end.decision)
    else if (here.length > 0 || opening.initiator === this.#node.name) {
      this.#telemetry.emit(
        'agreement-undecided',
        { ...figures },
        { agreement: agreement.id, reason: end?.reason ?? 'closed', mode: opening.mode },
      )
    }
    for (const { member, evidence } of this.#shelf.audit(running, termsOf(opening))) {
      this.#telemetry.emit('evidence-found', { count: 1 }, { member, kind: evidence.kind, agreement: agreement.id })
    }
  }

  #decided(running: RunningAgreement, decision: DecideMessage): void {
    const { agreement, opening, figures, here } = running
    const { certificate, value } = decision
    const isFast = certificate.phase === 1
    this.#telemetry.emit(
      'agreement-decided',
      { views: certificate.view + 1, fast: isFast ? 1 : 0, ...figures },
      { agreement: agreement.id, mode: opening.mode },
    )
    const { initiator } = opening
    if (opening.mode !== 'kernel') {
      this.#kept.keep(agreement, opening, decision)
      const isObserver = opening.seats.every(({ node }) => node !== initiator)
      if (isObserver && here.includes(leaderOf(agreement, certificate.view))) this.#kept.tell(agreement.id, initiator)
    }
    if (value.type === 'plain') return this.#changed(opening, value.bytes)
    this.#notice(running, decision)
  }

  #changed(opening: Opening, value: Uint8Array): void {
    const change = this.#trust.judge(opening, value)
    if (change === undefined) return
    this.#trust.apply(change, opening)
    const event = change.change === 'expulsion' ? 'member-expelled' : 'member-readmitted'
    this.#telemetry.emit(event, { changes: this.#trust.changes }, { member: change.member })
  }

  /** Who was not in what was decided did not do its part, and neither did leaders of views that came to nothing. */
  #notice({ agreement, opening }: RunningAgreement, { certificate, value }: DecideMessage): void {
    if (value.type !== 'ballots' || opening.question.type !== 'ask') return
    const { request } = opening.question
    const nowMs = this.#node.clock.monotonicMs()
    const given = new Set(value.entries.map(({ member }) => member))
    for (const [place, { id }] of opening.seats.entries()) {
      this.#suspects.noticed(id, given.has(place) ? 'heard' : 'silent', nowMs)
    }
    const slowestMs = Math.max(
      0,
      ...value.entries.map(({ ballot }) => this.#ballots.decode(request, ballot)?.latencyMs ?? 0),
    )
    // A leader that had to wait for agents is not to blame for its view.
    if (slowestMs > opening.viewMs / 2) return
    for (let view = 0; view < Math.min(certificate.view, agreement.committee.members.length); view++) {
      this.#suspects.noticed(opening.seats[leaderOf(agreement, view)]?.id ?? '', 'late', nowMs)
    }
  }

  #refused(reason: string, count: number): void {
    this.#telemetry.emit('message-refused', { count }, { reason })
  }

  #checkOpen(): void {
    if (this.#isClosed) throw hostClosed(this.#node.name)
  }
}
