/** All that traitors have come by, and what can be made of it. */

import { hashOf } from '../../byzantine/canonical-bytes.ts'
import { weightOf } from '../../byzantine/committee.ts'
import { timeoutCertificate } from '../../byzantine/leader-turn.ts'
import type {
  Certificate,
  Message,
  TimeoutCertificate,
  TimeoutMessage,
  Value,
  VoteMessage,
} from '../../byzantine/message.ts'
import { encodeStatement } from '../../byzantine/statement.ts'
import type { AttackWorld } from '../attack.ts'

/** How many sets of time-outs a leader tries. */
const triesMax = 12

/** What a traitor may propose, and why. */
export interface Fork {
  readonly tc: TimeoutCertificate
  readonly value: Value
}

export class Loot {
  readonly values = new Map<string, Value>()
  readonly #world: AttackWorld
  readonly #votes = new Map<string, VoteMessage[]>()
  /** By view and member. */
  readonly #timeouts = new Map<number, Map<number, TimeoutMessage>>()
  /** What was proposed first: what others may have decided. */
  #target: string | undefined

  constructor(world: AttackWorld) {
    this.#world = world
  }

  take(message: Message): void {
    if (message.type === 'propose') this.#note(message.value)
    else if (message.type === 'decide') this.#note(message.value)
    else if (message.type === 'vote1' || message.type === 'vote2') this.#takeVote(message)
    else if (message.type === 'timeout') {
      for (const value of [message.qcValue, message.voteValue]) if (value !== undefined) this.#note(value)
      const known = this.#timeouts.get(message.view) ?? new Map<number, TimeoutMessage>()
      known.set(message.member, message)
      this.#timeouts.set(message.view, known)
    }
  }

  /** Certificates that can be made now and are not in `made`, to which they are added. */
  *certificates(made: Set<string>): Iterable<Certificate> {
    const { committee } = this.#world.agreement
    for (const [key, votes] of this.#votes) {
      const [first] = votes
      if (first === undefined || made.has(key)) continue
      const places = votes.map(({ member }) => member)
      if (weightOf(committee, places) < committee.quorumWeight) continue
      made.add(key)
      const { type, view, digest } = first
      const signed = votes.map(({ member, signature }) => ({ member, signature }))
      yield { phase: type === 'vote1' ? 1 : 2, view, digest, votes: signed }
    }
  }

  /** The highest view that can be led with the time-outs here and those that traitors can make. */
  ripeView(): number | undefined {
    const { committee } = this.#world.agreement
    const views = [...this.#timeouts.keys()].sort((a, b) => b - a)
    const ripe = views.find((view) => {
      const places = new Set([...(this.#timeouts.get(view)?.keys() ?? []), ...this.#world.members])
      return weightOf(committee, places) >= committee.quorumWeight
    })
    return ripe === undefined ? undefined : ripe + 1
  }

  /** Time-outs and another value than the target that they allow, if some do. */
  fork(view: number, forgetful: (member: number) => TimeoutMessage): Fork | undefined {
    const { random, agreement, members, verifier } = this.#world
    const heard = this.#timeouts.get(view - 1)
    const others = [...(heard?.values() ?? [])].filter(({ member }) => !members.includes(member))
    const own = members.map((member) => (random.next() < 0.5 ? heard?.get(member) : undefined) ?? forgetful(member))
    for (let tries = 0; tries < triesMax; tries++) {
      const chosen = this.#quorumOf(own, random.shuffle(others))
      const tc = timeoutCertificate(view - 1, chosen, agreement.fastPath)
      if (!verifier.isTimeoutCertificate(tc)) continue
      const forced = verifier.forced(tc)
      const value = forced === undefined ? this.#another() : this.values.get(forced.digest)
      if (value !== undefined && verifier.digestOf(value) !== this.#target) return { tc, value }
    }
    return undefined
  }

  /** The same without asking whether it is allowed: with a quorum of time-outs, or with those of traitors alone. */
  defy(view: number, forgetful: (member: number) => TimeoutMessage): Fork | undefined {
    const { random, agreement, members } = this.#world
    const own = members.map(forgetful)
    const others = [...(this.#timeouts.get(view - 1)?.values() ?? [])].filter(({ member }) => !members.includes(member))
    const chosen = random.next() < 0.5 ? own : this.#quorumOf(own, others)
    const value = this.#another()
    return value && { tc: timeoutCertificate(view - 1, chosen, agreement.fastPath), value }
  }

  #quorumOf(own: readonly TimeoutMessage[], others: readonly TimeoutMessage[]): readonly TimeoutMessage[] {
    const { committee } = this.#world.agreement
    const chosen = [...own]
    const places = own.map(({ member }) => member)
    for (const one of others) {
      if (weightOf(committee, places) >= committee.quorumWeight) break
      chosen.push(one)
      places.push(one.member)
    }
    return chosen
  }

  #takeVote(vote: VoteMessage): void {
    if (
      !this.#world.verifier.isSigned(
        vote.member,
        { type: vote.type, view: vote.view, digest: vote.digest },
        vote.signature,
      )
    )
      return
    const key = `${vote.type} ${vote.view} ${vote.digest}`
    const known = this.#votes.get(key)
    if (known === undefined) this.#votes.set(key, [vote])
    else if (!known.some(({ member }) => member === vote.member)) known.push(vote)
  }

  #note(value: Value): void {
    const digest = this.#world.verifier.digestOf(value)
    this.#target ??= digest
    if (!this.values.has(digest)) this.values.set(digest, value)
  }

  /** A value that would be valid and was not proposed: with another ballot of a traitor in a set that is known. */
  #another(): Value | undefined {
    const { agreement, members } = this.#world
    const [member] = members
    if (member === undefined) return undefined
    const number = this.values.size + 1
    const bytes = this.#world.bytes(member, number)
    if (agreement.subject === 'value') return { type: 'plain', bytes }
    const known = this.#target === undefined ? undefined : this.values.get(this.#target)
    if (known?.type !== 'ballots') return undefined
    const signature = this.#world
      .signer(member)
      .sign(encodeStatement(agreement, { type: 'input', digest: hashOf(bytes) }))
    const others = known.entries.filter((entry) => entry.member !== member)
    const entries = [...others, { member, ballot: bytes, signature, second: undefined }]
    return { type: 'ballots', entries: entries.sort((a, b) => a.member - b.member) }
  }
}
