/**
 * Every way that two views of four members can go, over who is shown which proposal, which quorums form, who sees them, what the
 * traitor reports and which time-outs the next leader takes. Honest members are the real step, so what is explored is what runs.
 *
 * Votes of different members do not depend on each other, so the order in which they come adds nothing: an honest member that
 * gives up late is one whose time-out is in no certificate.
 */

import { type Agreement, defineAgreement, leaderOf } from '../byzantine/agreement.ts'
import { kernelAuthentication } from '../byzantine/authentications/kernel.ts'
import { type Digest, noDigest } from '../byzantine/canonical-bytes.ts'
import { defineCommittee } from '../byzantine/committee.ts'
import { isAllowed } from '../byzantine/forced-value.ts'
import { timeoutCertificate } from '../byzantine/leader-turn.ts'
import type {
  Certificate,
  Message,
  Proposal,
  TimeoutCertificate,
  TimeoutMessage,
  Value,
  VoteMessage,
} from '../byzantine/message.ts'
import { replicaSetup } from '../byzantine/replica-options.ts'
import { newReplica, type ReplicaState } from '../byzantine/replica-state.ts'
import { type ReplicaEvent, replicaStep } from '../byzantine/replica-step.ts'
import { encodeStatement, type Statement } from '../byzantine/statement.ts'
import { Verifier } from '../byzantine/verifier.ts'
import { type VotingRules, votingRules } from '../byzantine/voting-rules.ts'

export interface ExplorerOptions {
  /** Of the four places, the one that the traitor has, counted from the leader of the first view. */
  readonly traitor: 0 | 1 | 2
  readonly fastPath: boolean
  /** @default votingRules */
  readonly rules?: VotingRules
}

export interface Explored {
  readonly states: number
  /** Votes by which two different things could be decided. With the first the search ends. */
  readonly fork: string | undefined
}

/** What honest members are and have said at one point. */
interface Moment {
  readonly replicas: readonly ReplicaState[]
  readonly votes: readonly VoteMessage[]
}

/** Votes of which `needed` make a certificate. */
interface Sought {
  readonly type: 'vote1' | 'vote2'
  readonly view: number
  /** @default 3 */
  readonly needed?: number
}

/** Ensures: without a fork, every state was seen. */
export function exploreTwoViews(options: ExplorerOptions): Explored {
  return new Explorer(options).run()
}

class Explorer {
  readonly #agreement: Agreement
  readonly #verifier: Verifier
  readonly #authentication = kernelAuthentication()
  readonly #traitor: number
  readonly #honest: readonly number[]
  readonly #values: readonly Value[] = [1, 2, 3].map((byte) => ({ type: 'plain', bytes: Buffer.of(byte) }))
  readonly #proposals = new Map<string, Proposal>()
  #fork: string | undefined
  #states = 0

  constructor({ traitor, fastPath, rules = votingRules }: ExplorerOptions) {
    const committee = defineCommittee(['a', 'b', 'c', 'd'].map((id) => ({ id })))
    this.#agreement = defineAgreement({ committee, nonce: 'two views', subject: 'value', fastPath })
    this.#verifier = new Verifier({ agreement: this.#agreement, authentication: this.#authentication, rules })
    this.#traitor = (leaderOf(this.#agreement, 0) + traitor) % 4
    this.#honest = [0, 1, 2, 3].filter((place) => place !== this.#traitor)
  }

  run(): Explored {
    const replicas = this.#honest.map(
      (_, at) => this.#step(at, newReplica(), { type: 'start', bytes: Buffer.of(9), atMs: 0 })[0],
    )
    const [x, y] = this.#values
    const shown = leaderOf(this.#agreement, 0) === this.#traitor ? [undefined, x, y] : [undefined, x]
    const proposed = shown.map((value) => value && this.#proposal(0, value, undefined))
    for (const voted of this.#afterProposals({ replicas, votes: [] }, proposed)) {
      for (const prepared of this.#afterPrepared(voted, 0)) this.#secondView(prepared)
    }
    return { states: this.#states, fork: this.#fork }
  }

  #secondView(moment: Moment): void {
    this.#check(moment)
    if (this.#fork !== undefined) return
    const timeouts = this.#honest.map((_, at) => this.#givesUp(moment, at))
    const replicas = timeouts.map(([state]) => state)
    const messages = timeouts.map(([, message]) => message)
    const certificates = this.#timeoutCertificates(moment, messages)
    const later: Moment = { replicas, votes: moment.votes }
    if (leaderOf(this.#agreement, 1) !== this.#traitor) {
      // An honest leader takes one of them, and proposes the same to all.
      const chosen = new Map(certificates.map((tc) => this.#honestChoice(tc)).map((one) => [one.digest, one]))
      for (const proposal of chosen.values()) this.#third(later, [undefined, proposal])
      return
    }
    const allowed = this.#values.flatMap((value) => {
      const digest = this.#verifier.digestOf(value)
      const tc = certificates.find((one) => isAllowed(this.#verifier.forced(one), digest))
      return tc === undefined ? [] : [this.#proposal(1, value, tc)]
    })
    this.#third(later, [undefined, ...allowed])
  }

  #third(moment: Moment, proposed: readonly (Proposal | undefined)[]): void {
    for (const voted of this.#afterProposals(moment, proposed)) {
      for (const prepared of this.#afterPrepared(voted, 1)) {
        this.#check(prepared)
        if (this.#fork !== undefined) return
      }
    }
  }

  /** Each honest member is shown one of those, or none. */
  *#afterProposals(moment: Moment, proposed: readonly (Proposal | undefined)[]): Iterable<Moment> {
    for (const choice of choices(this.#honest.length, proposed.length)) {
      yield choice.reduce<Moment>((now, chosen, at) => {
        const proposal = proposed[chosen]
        const value = this.#values.find((one) => this.#verifier.digestOf(one) === proposal?.digest)
        return proposal && value ? this.#shown(now, at, { type: 'propose', proposal, value }) : now
      }, moment)
    }
  }

  /** A quorum of the first phase, if the traitor's vote can make one, is shown to each honest member or not. */
  *#afterPrepared(moment: Moment, view: number): Iterable<Moment> {
    const certificates = this.#certificates(moment, { type: 'vote1', view })
    for (const choice of choices(this.#honest.length, certificates.length + 1)) {
      yield choice.reduce<Moment>((now, chosen, at) => {
        const qc = certificates[chosen - 1]
        return qc ? this.#shown(now, at, { type: 'prepared', qc }) : now
      }, moment)
    }
  }

  /** All that the next leader may take: time-outs of a quorum, with whatever the traitor can prove. */
  #timeoutCertificates(moment: Moment, messages: readonly TimeoutMessage[]): readonly TimeoutCertificate[] {
    const prepared = [undefined, ...this.#certificates(moment, { type: 'vote1', view: 0 })]
    const voted = [undefined, ...this.#proposals.values()].filter((one) => one === undefined || one.view === 0)
    const lies = prepared.flatMap((qc) => voted.map((proposal) => this.#lie(qc, proposal)))
    const pairs = messages.map((_, left) => messages.filter((_, at) => at !== left))
    const sets = [messages, ...pairs.flatMap((pair) => lies.map((lie) => [...pair, lie]))]
    return sets.map((set) => timeoutCertificate(0, set, this.#agreement.fastPath))
  }

  #honestChoice(tc: TimeoutCertificate): Proposal {
    const forced = this.#verifier.forced(tc)
    const value = this.#values.find((one) => forced === undefined || this.#verifier.digestOf(one) === forced.digest)
    return this.#proposal(1, (forced === undefined ? this.#values[2] : value) as Value, tc)
  }

  #lie(qc: Certificate | undefined, proposal: Proposal | undefined): TimeoutMessage {
    const report = {
      qcView: qc?.view ?? -1,
      qcDigest: qc?.digest ?? noDigest,
      voteView: proposal?.view ?? -1,
      voteDigest: proposal?.digest ?? noDigest,
    }
    const signature = this.#sign(this.#traitor, { type: 'timeout', view: 0, ...report })
    const values = { qcValue: undefined, voteValue: undefined }
    return { type: 'timeout', member: this.#traitor, view: 0, ...report, signature, qc, proposal, ...values }
  }

  #givesUp({ replicas }: Moment, at: number): readonly [ReplicaState, TimeoutMessage] {
    const timer = { type: 'timer', timer: 'view', view: 0, atMs: 1 } as const
    const [state, sent] = this.#step(at, replicas[at] as ReplicaState, timer)
    return [state, sent.find((message) => message.type === 'timeout') as TimeoutMessage]
  }

  #shown({ replicas, votes }: Moment, at: number, message: Message): Moment {
    const { id, epoch } = this.#agreement
    const event = {
      type: 'message',
      from: this.#traitor,
      envelope: { agreement: id, epoch, message },
      atMs: 1,
    } as const
    const [state, sent] = this.#step(at, replicas[at] as ReplicaState, event)
    const given = sent.filter((one): one is VoteMessage => one.type === 'vote1' || one.type === 'vote2')
    return { replicas: replicas.with(at, state), votes: [...votes, ...given] }
  }

  #step(at: number, state: ReplicaState, event: ReplicaEvent): readonly [ReplicaState, readonly Message[]] {
    const signer = this.#authentication.signer(this.#honest[at] as number)
    const [next, effects] = replicaStep(replicaSetup({ verifier: this.#verifier, signer }), state, event)
    return [next, effects.flatMap((effect) => (effect.type === 'send' ? [effect.envelope.message] : []))]
  }

  /** Certificates that honest votes and the traitor's make, by digest. */
  #certificates({ votes }: Moment, { type, view, needed = 3 }: Sought): readonly Certificate[] {
    const byDigest = Map.groupBy(
      votes.filter((vote) => vote.type === type && vote.view === view),
      ({ digest }) => digest,
    )
    return [...byDigest].flatMap(([digest, given]) => {
      if (given.length + 1 < needed) return []
      const own = { member: this.#traitor, signature: this.#sign(this.#traitor, { type, view, digest }) }
      return [{ phase: type === 'vote1' ? 1 : 2, view, digest, votes: [...given, own] } as const]
    })
  }

  #proposal(view: number, value: Value, tc: TimeoutCertificate | undefined): Proposal {
    const digest = this.#verifier.digestOf(value)
    const key = `${view} ${digest}`
    const known = view === 0 ? this.#proposals.get(key) : undefined
    if (known !== undefined) return known
    const justification = this.#verifier.justificationOf(tc)
    const signature = this.#sign(leaderOf(this.#agreement, view), { type: 'propose', view, digest, justification })
    const proposal: Proposal = { view, digest, tc, signature }
    if (view === 0) this.#proposals.set(key, proposal)
    return proposal
  }

  #sign(member: number, statement: Statement): Uint8Array {
    return this.#authentication.signer(member).sign(encodeStatement(this.#agreement, statement))
  }

  /** Whatever could be decided by somebody is one thing. */
  #check(moment: Moment): void {
    this.#states++
    const decidable = new Set<Digest>()
    for (const view of [0, 1]) {
      for (const { digest } of this.#certificates(moment, { type: 'vote2', view })) decidable.add(digest)
      if (!this.#agreement.fastPath) continue
      for (const { digest } of this.#certificates(moment, { type: 'vote1', view, needed: 4 })) decidable.add(digest)
    }
    if (decidable.size < 2) return
    const said = moment.votes.map(({ type, member, view, digest }) => `${type} ${member} ${view} ${digest.slice(0, 4)}`)
    this.#fork = said.join(', ')
  }
}

/** All ways to choose one of `options` for each of `count`. */
function* choices(count: number, options: number): Iterable<readonly number[]> {
  for (let number = 0; number < options ** count; number++) {
    yield Array.from({ length: count }, (_, at) => Math.floor(number / options ** at) % options)
  }
}
