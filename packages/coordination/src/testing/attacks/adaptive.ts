/**
 * Follows the rules until it pays not to: votes for everything, keeps certificates for a few, forgets what it has done when a view is
 * given up, and as leader looks among all time-outs it has for those that let it propose something else.
 */

import { leaderOf } from '../../byzantine/agreement.ts'
import { noDigest } from '../../byzantine/canonical-bytes.ts'
import type { Envelope, TimeoutMessage, VoteMessage } from '../../byzantine/message.ts'
import { encodeStatement } from '../../byzantine/statement.ts'
import { type Attack, type Attacker, type AttackWorld, brainAttacker, brainsOf, sealed } from '../attack.ts'
import { Loot } from './loot.ts'

export const adaptive: Attack = { name: 'adaptive', open: (world) => new Adaptive(world) }

class Adaptive implements Attacker {
  readonly #world: AttackWorld
  readonly #loot: Loot
  readonly #brains: Required<Attacker>
  readonly #proposed = new Set<number>()
  readonly #made = new Set<string>()
  readonly #voted = new Set<string>()
  /** How it is this time: each as likely as not. */
  readonly #forgets: boolean
  readonly #hoards: boolean
  readonly #votesForAll: boolean
  readonly #forks: boolean
  readonly #defies: boolean

  constructor(world: AttackWorld) {
    this.#world = world
    this.#loot = new Loot(world)
    const { random } = world
    this.#forgets = random.next() < 0.5
    this.#hoards = random.next() < 0.6
    this.#votesForAll = random.next() < 0.6
    this.#forks = random.next() < 0.7
    this.#defies = random.next() < 0.5
    this.#brains = brainAttacker(brainsOf(world, (member) => (to, envelope) => this.#say(member, to, envelope)))
  }

  start(): void {
    this.#brains.start()
  }

  wake(about: unknown): void {
    this.#brains.wake(about)
  }

  receive(member: number, from: number, envelope: Envelope): void {
    this.#loot.take(envelope.message)
    // Before its brain, which would propose what is allowed.
    this.#lead()
    this.#brains.receive(member, from, envelope)
    this.#voteForAll(envelope)
    this.#harvest()
  }

  /** What a brain says, or what is made of it. */
  #say(member: number, to: number, envelope: Envelope): void {
    const { random, agreement } = this.#world
    const { message } = envelope
    this.#loot.take(message)
    if (message.type === 'timeout' && this.#forgets) {
      this.#world.send({ from: member, to, envelope: sealed(agreement, this.#forgetful(member, message.view)) })
      return
    }
    const isKept = this.#hoards && (message.type === 'prepared' || message.type === 'decide') && random.next() < 0.6
    const isReplaced = this.#forks && message.type === 'propose' && this.#proposed.has(message.proposal.view)
    if (!isKept && !isReplaced) this.#world.send({ from: member, to, envelope })
  }

  /** A time-out of somebody who has done nothing. */
  #forgetful(member: number, view: number): TimeoutMessage {
    const report = { qcView: -1, qcDigest: noDigest, voteView: -1, voteDigest: noDigest }
    const { agreement } = this.#world
    const bytes = encodeStatement(agreement, { type: 'timeout', view, ...report })
    const signature = this.#world.signer(member).sign(bytes)
    const nothing = { qc: undefined, qcValue: undefined, proposal: undefined, voteValue: undefined }
    return { type: 'timeout', member, view, ...report, signature, ...nothing }
  }

  /** Votes in both phases for whatever is proposed or prepared, by all its members. */
  #voteForAll({ message }: Envelope): void {
    if (!this.#votesForAll) return
    if (message.type === 'propose') this.#vote('vote1', message.proposal.view, message.proposal.digest)
    if (message.type === 'prepared') this.#vote('vote2', message.qc.view, message.qc.digest)
  }

  #vote(type: 'vote1' | 'vote2', view: number, digest: string): void {
    const key = `${type} ${view} ${digest}`
    if (this.#voted.has(key)) return
    this.#voted.add(key)
    const { agreement, members } = this.#world
    const leader = leaderOf(agreement, view)
    for (const member of members) {
      const signature = this.#world.signer(member).sign(encodeStatement(agreement, { type, view, digest }))
      const vote: VoteMessage = { type, member, view, digest, signature }
      this.#loot.take(vote)
      if (!members.includes(leader)) this.#world.send({ from: member, to: leader, envelope: sealed(agreement, vote) })
    }
  }

  /** Makes certificates of the votes it has and shows them to some. */
  #harvest(): void {
    const { agreement, members, others, random } = this.#world
    const by = members[0]
    if (by === undefined || !this.#votesForAll) return
    for (const certificate of this.#loot.certificates(this.#made)) {
      const value = this.#loot.values.get(certificate.digest)
      if (certificate.phase === 1) this.#vote('vote2', certificate.view, certificate.digest)
      const shown = this.#hoards ? others.filter(() => random.next() < 0.4) : others
      for (const to of shown) {
        if (certificate.phase === 1)
          this.#world.send({ from: by, to, envelope: sealed(agreement, { type: 'prepared', qc: certificate }) })
        else if (value !== undefined)
          this.#world.send({ from: by, to, envelope: sealed(agreement, { type: 'decide', certificate, value }) })
      }
    }
  }

  /** As leader of a view: the time-outs that suit it best, and another value than the one that was nearly decided. */
  #lead(): void {
    if (!this.#forks) return
    const { agreement, members, others, random, verifier } = this.#world
    const view = this.#loot.ripeView()
    const leader = view === undefined ? undefined : leaderOf(agreement, view)
    if (view === undefined || leader === undefined || !members.includes(leader) || this.#proposed.has(view)) return
    const forgetful = (member: number) => this.#forgetful(member, view - 1)
    const chosen = this.#loot.fork(view, forgetful) ?? (this.#defies ? this.#loot.defy(view, forgetful) : undefined)
    if (chosen === undefined) return
    this.#proposed.add(view)
    const { tc, value } = chosen
    const digest = verifier.digestOf(value)
    const justification = verifier.justificationOf(tc)
    const bytes = encodeStatement(agreement, { type: 'propose', view, digest, justification })
    const signature = this.#world.signer(leader).sign(bytes)
    const envelope = sealed(agreement, { type: 'propose', proposal: { view, digest, tc, signature }, value })
    this.#loot.take(envelope.message)
    this.#vote('vote1', view, digest)
    for (const to of random.shuffle(others)) this.#world.send({ from: leader, to, envelope })
  }
}
