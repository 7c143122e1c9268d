/**
 * One agreement on one node: its members here, what they hear and say, and how it ends. It ends once, with what one member here decided (those of
 * a node trust it), or without: when its time is up, when it is cancelled, when the host closes. *Runs in* turns of the clock, the engine and agents.
 */

import type { CancelTimer } from '@mabeam/foundation'
import type { AgentRequest } from '../../agents/agent-request.ts'
import { inputOf } from '../../sessions/collector.ts'
import type { Agreement } from '../agreement.ts'
import type { Envelope, Message } from '../message.ts'
import { type ReplicaSetup, replicaSetup } from '../replica-options.ts'
import type { Refusals } from '../replica-state.ts'
import { Verifier } from '../verifier.ts'
import { decodeEnvelope } from '../wire-reader.ts'
import { encodeEnvelope } from '../wire-writer.ts'
import type { AgreementEnd, AgreementFigures } from './agreement-end.ts'
import type { RunningOptions } from './agreement-host.ts'
import type { Ballot } from './ballot.ts'
import { HeardMessages } from './heard-messages.ts'
import { memberAnswer } from './member-answer.ts'
import type { MemberWorld, Mind, MindWorld, ReplicaWorld } from './mind.ts'
import { type AskQuestion, isUnspoken, nowhere, type Opening, type Seat } from './opening.ts'
import type { PeerItem } from './peer-mail.ts'
import { ReplicaMind } from './replica-mind.ts'

interface Mail {
  /** The member of this node that sent it, or another node said that this member did. */
  readonly isLocal: boolean
  readonly bytes: number
  readonly from: number
  readonly to: number
  readonly envelope: Envelope
}

export class RunningAgreement {
  readonly opening: Opening
  readonly agreement: Agreement
  readonly verifier: Verifier
  /** Places of the members of this node. */
  readonly here: readonly number[]
  readonly ended: Promise<AgreementEnd>
  readonly #heard: HeardMessages
  end: AgreementEnd | undefined
  readonly #options: RunningOptions
  readonly #minds = new Map<number, Mind>()
  readonly #honest: ReplicaMind
  readonly #broken = new WeakSet<Mind>()
  readonly #end = Promise.withResolvers<AgreementEnd>()
  readonly #stop = new AbortController()
  readonly #inbox: Mail[] = []
  readonly #cancels = new Set<CancelTimer>()
  readonly #beganMs: number
  readonly #answersByMs: number
  readonly #places: readonly number[]
  readonly #refused = new Map<keyof Refusals, number>()
  /** What a member is being given. */
  #opened: Mail | undefined
  #pending = 0
  #messages = 0
  #bytes = 0
  #isDraining = false

  constructor(options: RunningOptions) {
    const { host, opening, agreement, authentication, accepts } = options
    this.#options = options
    this.opening = opening
    this.agreement = agreement
    this.verifier = new Verifier({ agreement, authentication, accepts })
    this.#places = [...opening.seats.keys()]
    this.here = this.#places.filter((place) => opening.seats[place]?.node === host.nodeName)
    this.ended = this.#end.promise
    this.#heard = new HeardMessages(host.heardMax, host.heardRoom)
    this.#beganMs = host.clock.monotonicMs()
    // Where no agent is asked there is nothing to wait for.
    this.#answersByMs = this.#beganMs + (opening.question.type === 'ask' ? opening.answerMs : 0)
    const { minds } = host
    const isOther = (place: number) => minds?.has(this.#idOf(place)) === true
    const others = this.here.filter(isOther)
    this.#honest = new ReplicaMind(this.#replicaWorld(this.here.filter((place) => !isOther(place))), options.kept)
    for (const place of this.here) this.#minds.set(place, this.#honest)
    if (minds === undefined || others.length === 0) return
    const other = minds(this.#mindWorld(others))
    for (const place of others) this.#minds.set(place, other)
  }

  /** What was received here, by traitors of this node too, as far as there was room for it. */
  get heard(): ReadonlySet<Message> {
    return this.#heard.messages
  }

  get figures(): AgreementFigures {
    return {
      messages: this.#messages,
      bytes: this.#bytes,
      latencyMs: this.#options.host.clock.monotonicMs() - this.#beganMs,
    }
  }

  /** Asks the agents of this node and lets their members begin. `value`: what is proposed, where no agent is asked. */
  begin(): void {
    const { opening } = this.#options
    this.#after(opening.deadlineMs, () => this.#finish({ type: 'undecided', reason: 'no-quorum' }))
    const { question } = opening
    if (question.type === 'change') {
      const value = this.verifier.isAcceptable(question.value) ? question.value : undefined
      for (const place of this.here) this.#start(place, value)
      return
    }
    const asked = new Set(question.asked)
    this.#pending = this.here.length
    for (const place of this.here) {
      if (asked.has(place)) this.#ask(question, place, opening.seats[place])
      else this.#answered(question.request, place, { absent: 'not-asked', latencyMs: 0 })
    }
  }

  /** Something that another node sent to members here, or to this node itself. */
  arrive({ from, to, envelope: bytes }: PeerItem): void {
    if (this.end !== undefined) return
    const envelope = decodeEnvelope(this.agreement, bytes)
    if (envelope === undefined || this.opening.seats[from] === undefined) {
      this.#refuse('malformed')
      return
    }
    this.#messages++
    this.#bytes += bytes.length
    if (to.length === 0) this.#observe(envelope)
    for (const one of to) {
      if (this.#minds.has(one)) this.#inbox.push({ isLocal: false, bytes: bytes.length, from, to: one, envelope })
    }
    this.#drain()
  }

  cancel(reason: 'cancelled' | 'closed'): void {
    this.#finish({ type: 'undecided', reason })
  }

  /** The node of a member. */
  nodeOf(place: number): string {
    return this.opening.seats[place]?.node ?? ''
  }

  #ask({ request, input: bytes, answerBytesMax }: AskQuestion, place: number, seat: Seat | undefined): void {
    const { host, opening } = this.#options
    // Each agent is given its own: none can change what others are asked.
    const input = host.ballots.input(bytes)
    if (input === undefined) {
      this.#answered(request, place, { absent: 'failed', latencyMs: 0 })
      return
    }
    const question = {
      request,
      input: inputOf(input, this.#idOf(place)),
      timeoutMs: opening.answerMs,
      answerBytesMax,
      clock: host.clock,
      signal: this.#stop.signal,
    }
    const answered = (ballot: Ballot) => this.#answered(request, place, ballot)
    // It rejects when the agreement has ended, and nothing is wanted any more. What goes wrong after it is a bug of ours, and ends this
    // agreement and not the process.
    // Of what began here this node knows itself who is asked, and at once.
    const asking =
      opening.initiator === host.nodeName || seat === undefined
        ? memberAnswer(seat?.actor, question)
        : host.agentOf(seat).then(
            (actor) => memberAnswer(actor, question),
            () => memberAnswer(undefined, question),
          )
    asking.then(answered, () => {}).catch((cause) => this.#fail(cause))
  }

  #answered(request: AgentRequest, place: number, ballot: Ballot): void {
    if (this.end !== undefined) return
    this.#pending--
    this.#start(place, this.#options.host.ballots.encode(request, ballot, this.agreement.bytesMax))
  }

  #start(place: number, bytes: Uint8Array | undefined): void {
    this.#guarded(this.#minds.get(place), (mind) => mind.start(place, bytes))
    this.#drain()
  }

  #drain(): void {
    if (this.#isDraining) return
    this.#isDraining = true
    for (let at = 0; at < this.#inbox.length && this.end === undefined; at++) {
      const mail = this.#inbox[at] as Mail
      const { from, to, envelope, bytes } = mail
      this.#opened = mail
      this.#heard.keep(envelope.message, bytes)
      this.#guarded(this.#minds.get(to), (mind) => mind.receive(to, from, envelope))
    }
    this.#inbox.length = 0
    this.#opened = undefined
    this.#isDraining = false
  }

  #send(from: number, to: number | 'all', envelope: Envelope): void {
    if (this.end !== undefined) return
    const away: number[] = []
    for (const place of to === 'all' ? this.#places : [to]) {
      if (this.#minds.has(place)) this.#inbox.push({ isLocal: true, bytes: 0, from, to: place, envelope })
      else if (this.nodeOf(place) !== nowhere) away.push(place)
      if (place !== from) this.#messages++
    }
    if (away.length > 0) this.#sendAway(from, away, envelope)
    if (!this.#isDraining) this.#drain()
  }

  #sendAway(from: number, places: readonly number[], envelope: Envelope): void {
    const bytes = encodeEnvelope(envelope)
    for (const [peer, members] of Map.groupBy(places, (place) => this.nodeOf(place))) {
      this.#bytes += bytes.length
      this.#options.host.send(peer, { from, to: members, envelope: bytes })
    }
  }

  /** A decision proves itself, whoever brings it. */
  #observe({ agreement, epoch, message }: Envelope): void {
    if (agreement !== this.agreement.id || epoch !== this.agreement.epoch || message.type !== 'decide') return
    const { certificate, value } = message
    const isProved = this.verifier.isDecision(certificate) && this.verifier.digestOf(value) === certificate.digest
    if (isProved) this.#finish({ type: 'decided', decision: message })
    else this.#refuse('unproved')
  }

  /** What the mind of the rules throws is a bug of ours, and ends the agreement; any other that throws has nothing more to say. */
  #guarded(mind: Mind | undefined, run: (mind: Mind) => void): void {
    if (mind === undefined || this.#broken.has(mind)) return
    try {
      run(mind)
    } catch (cause) {
      if (mind === this.#honest) this.#fail(cause)
      else this.#broken.add(mind)
    }
  }

  #fail(cause: unknown): void {
    this.#finish({ type: 'undecided', reason: 'failed', cause })
  }

  #finish(end: AgreementEnd): void {
    if (this.end !== undefined) return
    this.end = end
    // Where all have answered nobody is told: to make a reason takes longer than a member takes to vote.
    if (this.#pending > 0) this.#stop.abort(new DOMException('the agreement has ended', 'AbortError'))
    for (const cancel of this.#cancels) cancel()
    this.#cancels.clear()
    for (const mind of new Set(this.#minds.values())) mind.end()
    for (const [reason, count] of this.#refused) this.#options.host.refused(reason, count)
    this.#options.host.ended(this)
    this.#heard.forget()
    this.#end.resolve(end)
  }

  #refuse(reason: keyof Refusals): void {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1)
  }

  #after(delayMs: number, run: () => void): CancelTimer {
    // Who sent what ended it all may still be about to wait for something.
    if (this.end !== undefined) return () => {}
    const cancel = this.#options.host.clock.setTimer(delayMs, () => {
      this.#cancels.delete(cancel)
      if (this.end === undefined) run()
    })
    this.#cancels.add(cancel)
    return () => {
      this.#cancels.delete(cancel)
      cancel()
    }
  }

  #isSilent(place: number): boolean {
    const seat = this.opening.seats[place]
    return seat === undefined || isUnspoken(seat) || this.#options.host.isSilent(seat.id)
  }

  #idOf(place: number): string {
    return this.opening.seats[place]?.id ?? ''
  }

  #mindWorld(members: readonly number[]): MindWorld {
    const { host, opening } = this.#options
    return {
      ...this.#memberWorld(members),
      random: host.random.fork(`mind ${this.agreement.id}`),
      variant: (bytes, number) => (opening.question.type === 'ask' ? host.ballots.variant(bytes, number) : bytes),
    }
  }

  #memberWorld(members: readonly number[]): MemberWorld {
    const { host, opening, signerOf } = this.#options
    const { viewMs, viewMsMax, answerMs } = opening
    let shared: ReplicaSetup | undefined
    return {
      agreement: this.agreement,
      verifier: this.verifier,
      members,
      viewMs,
      nowMs: () => host.clock.monotonicMs(),
      setup: (member) => {
        const signer = signerOf(member)
        if (shared !== undefined) return { ...shared, signer }
        const silent = this.#places.filter((place) => this.#isSilent(place) || host.isSuspect(this.#idOf(place)))
        shared = replicaSetup({ verifier: this.verifier, signer, viewMs, viewMsMax, gatherMs: answerMs, silent })
        return shared
      },
      // Between members of a node its kernel says who speaks: nobody speaks for others.
      send: (from, to, envelope) => void (members.includes(from) && this.#send(from, to, envelope)),
      timer: (delayMs, run) =>
        this.#after(delayMs, () => {
          this.#guarded(this.#minds.get(members[0] ?? -1), run)
          this.#drain()
        }),
    }
  }

  #replicaWorld(members: readonly number[]): ReplicaWorld {
    const { host } = this.#options
    return {
      ...this.#memberWorld(members),
      answersByMs: this.#answersByMs,
      pending: () => this.#pending,
      isSilent: (place) => this.#isSilent(place),
      persist: (member, state) => host.persist(this.agreement.id, member, state),
      decided: (decision) => this.#finish({ type: 'decided', decision }),
      missed: (place) => host.noticed(this.#idOf(place), 'slow'),
      refused: (from, reason) => {
        this.#refuse(reason)
        // Between members of one node the link is the node's own: nobody else can have sent it.
        if (reason === 'unproved' && this.#opened?.isLocal) host.noticed(this.#idOf(from), 'bad-signature')
      },
    }
  }
}
