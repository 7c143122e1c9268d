/** What must hold of an agreement, looked at after every step of an honest member, by somebody who believes none of them. */

import type { Agreement } from '../byzantine/agreement.ts'
import { weightOf } from '../byzantine/committee.ts'
import type { Certificate, DecideMessage, VoteMessage } from '../byzantine/message.ts'
import { countedBallots } from '../byzantine/proposed-value.ts'
import type { ReplicaState } from '../byzantine/replica-state.ts'
import type { ReplicaEffect } from '../byzantine/replica-turn.ts'
import type { Verifier } from '../byzantine/verifier.ts'

export interface CheckedWorld {
  /** Of the checks alone; it shares nothing with the members. */
  readonly verifier: Verifier
  readonly traitors: ReadonlySet<number>
  /** What honest members gave. */
  readonly inputs: ReadonlyMap<number, Uint8Array>
  readonly accepts: (bytes: Uint8Array) => boolean
}

/** What an honest member has just done; of its effects those that were carried out. */
export interface CheckedStep {
  readonly before: ReplicaState
  readonly after: ReplicaState
  readonly effects: readonly ReplicaEffect[]
}

/** One thing that must hold and did not. */
export interface Violation {
  readonly law:
    | 'agreement'
    | 'validity'
    | 'integrity'
    | 'certificate-soundness'
    | 'lock'
    | 'termination'
    | 'accountability'
    | 'no-false-accusation'
  readonly sentence: string
}

interface Voted {
  readonly view: number
  readonly digest: string
  readonly members: Set<number>
}

export class AgreementChecks {
  readonly violations: Violation[] = []
  readonly decisions = new Map<number, DecideMessage>()
  readonly #world: CheckedWorld
  readonly #agreement: Agreement
  readonly #votes = { vote1: new Map<string, Voted>(), vote2: new Map<string, Voted>() }
  /** What may have been decided, as far as honest votes say. */
  readonly #locked: { readonly view: number; readonly digest: string }[] = []
  readonly #sound = new WeakSet<Certificate>()

  constructor(world: CheckedWorld) {
    this.#world = world
    this.#agreement = world.verifier.agreement
  }

  /** Whether honest members have decided on different things. */
  get isForked(): boolean {
    return new Set([...this.decisions.values()].map(({ certificate }) => certificate.digest)).size > 1
  }

  /** More than the protocol is made for: then only accountability is owed. */
  get isOverrun(): boolean {
    const { committee } = this.#agreement
    return weightOf(committee, this.#world.traitors) > committee.faultyWeight
  }

  afterStep(member: number, { before, after, effects }: CheckedStep): void {
    for (const effect of effects) {
      if (effect.type === 'decided') this.#decided(member, effect.decision, before)
      if (effect.type !== 'send') continue
      const { message } = effect.envelope
      if (message.type === 'vote1' || message.type === 'vote2') this.#voted(member, message)
    }
    const [was, is] = [before.durable, after.durable]
    if (was.decision !== undefined && is.decision !== was.decision) {
      this.#broken('integrity', `member ${member} changed its decision`)
    }
    const [low, high] = [was.highQc?.certificate.view ?? -1, is.highQc?.certificate.view ?? -1]
    if (high < low) this.#broken('lock', `member ${member} went back from view ${low} to ${high}`)
    if (is.highQc !== undefined && is.highQc !== was.highQc) this.#checkSound(member, is.highQc.certificate)
  }

  #decided(member: number, decision: DecideMessage, before: ReplicaState): void {
    const known = this.decisions.get(member)
    // Who comes back says again what it had decided.
    if (known !== undefined && before.durable.decision !== decision)
      this.#broken('integrity', `member ${member} decided twice`)
    this.decisions.set(member, decision)
    if (!this.#world.verifier.isDecision(decision.certificate)) {
      this.#broken('certificate-soundness', `member ${member} decided without a quorum`)
    }
    this.#checkSound(member, decision.certificate)
    if (!this.isOverrun) this.#checkValid(member, decision)
    if (this.isForked) this.#broken('agreement', `member ${member} decided on something else`)
  }

  /** Of a quorum, and honest members in it did vote for that. */
  #checkSound(member: number, certificate: Certificate): void {
    if (this.#sound.has(certificate)) return
    this.#sound.add(certificate)
    const { phase, view, digest, votes } = certificate
    if (!this.#world.verifier.isCertificate(certificate)) {
      this.#broken('certificate-soundness', `member ${member} believed a certificate of view ${view}`)
      return
    }
    const voted = this.#votes[phase === 1 ? 'vote1' : 'vote2'].get(`${view} ${digest}`)?.members
    const lacking = votes.find((one) => !this.#world.traitors.has(one.member) && voted?.has(one.member) !== true)
    if (lacking !== undefined) {
      this.#broken('certificate-soundness', `member ${lacking.member} never gave its vote in view ${view}`)
    }
  }

  #checkValid(member: number, { value }: DecideMessage): void {
    const { traitors, inputs, accepts } = this.#world
    const { committee, subject } = this.#agreement
    if (value.type === 'plain') {
      if (subject !== 'value' || !accepts(value.bytes)) this.#broken('validity', `member ${member}: not acceptable`)
      return
    }
    const honest = countedBallots(value).filter((one) => !traitors.has(one.member))
    const isTheirs = value.entries.every((one) => {
      if (traitors.has(one.member)) return true
      const given = inputs.get(one.member)
      return one.second === undefined && given !== undefined && Buffer.compare(given, one.ballot) === 0
    })
    const isAccepted = value.entries.every(({ ballot }) => accepts(ballot))
    const weight = weightOf(
      committee,
      honest.map((one) => one.member),
    )
    if (!isTheirs || !isAccepted || weight < committee.totalWeight - 2 * committee.faultyWeight) {
      this.#broken('validity', `member ${member}: honest ballots of weight ${weight} were decided on`)
    }
  }

  /** What may have been decided stays: no honest member votes for something else in a later view. */
  #voted(member: number, { type, view, digest }: VoteMessage): void {
    const key = `${view} ${digest}`
    const voted = this.#votes[type].get(key) ?? { view, digest, members: new Set<number>() }
    this.#votes[type].set(key, voted)
    if (voted.members.has(member)) return
    voted.members.add(member)
    if (this.isOverrun) return
    if (type === 'vote1') for (const locked of this.#locked) this.#checkLock(locked, voted)
    const { committee, fastPath } = this.#agreement
    const weight = weightOf(committee, [...voted.members, ...this.#world.traitors])
    const needed = type === 'vote2' ? committee.quorumWeight : committee.totalWeight
    if (weight < needed || (type === 'vote1' && !fastPath)) return
    this.#locked.push({ view, digest })
    for (const other of this.#votes.vote1.values()) this.#checkLock({ view, digest }, other)
  }

  #checkLock(locked: { readonly view: number; readonly digest: string }, voted: Voted): void {
    if (voted.view <= locked.view || voted.digest === locked.digest) return
    this.#broken('lock', `members ${[...voted.members]} voted against view ${locked.view} in view ${voted.view}`)
  }

  #broken(law: Violation['law'], sentence: string): void {
    this.violations.push({ law, sentence })
  }

  /** Says of the whole run what cannot be said of a step. */
  broken(law: Violation['law'], sentence: string): void {
    this.#broken(law, sentence)
  }
}
