import { type Random, seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { defineAgreement, leaderOf } from './agreement.ts'
import { auditedEvidence, findEvidence } from './audit.ts'
import { mayConvict } from './audit-screen.ts'
import { kernelAuthentication } from './authentications/kernel.ts'
import { hashOf, noDigest } from './canonical-bytes.ts'
import { defineCommittee } from './committee.ts'
import type { Message, SignedVote, Value } from './message.ts'
import { encodeStatement, type Statement, type Vote } from './statement.ts'
import { Verifier } from './verifier.ts'

const runs = 800
const members = 4
const ballots = ['this', 'that', 'other'].map((text) => Buffer.from(text))

/** Messages of a few members; the more it is `rarely`, the more seldom somebody says another thing, or a later view. */
class Talk {
  readonly verifier: Verifier
  readonly #random: Random
  readonly #rarely: number
  readonly #sign: (member: number, statement: Statement) => Uint8Array

  constructor(random: Random) {
    const committee = defineCommittee(Array.from({ length: members }, (_, place) => ({ id: `m${place}` })))
    const agreement = defineAgreement({ committee, nonce: 'talk' })
    const authentication = kernelAuthentication()
    const signers = committee.members.map((_, place) => authentication.signer(place))
    this.verifier = new Verifier({ agreement, authentication })
    this.#random = random
    this.#rarely = [0, 0.02, 0.3][random.int(3)] ?? 0
    this.#sign = (member, statement) =>
      this.#isOdd() ? new Uint8Array() : (signers[member]?.sign(encodeStatement(agreement, statement)) ?? Buffer.of())
  }

  message(): Message {
    const member = this.#random.int(members)
    switch (this.#random.int(6)) {
      case 0: {
        const ballot = this.#ballot()
        return {
          type: 'input',
          member,
          ballot,
          signature: this.#sign(member, { type: 'input', digest: hashOf(ballot) }),
        }
      }
      case 1: {
        const [view, digest] = [this.#view(), this.#digest()]
        const leader = leaderOf(this.verifier.agreement, view)
        const signature = this.#sign(leader, { type: 'propose', view, digest, justification: noDigest })
        return { type: 'propose', proposal: { view, digest, tc: undefined, signature }, value: this.#value() }
      }
      case 2:
        return { type: 'prepared', qc: this.#certificate(1) }
      case 3:
        return {
          type: 'decide',
          certificate: this.#certificate(this.#random.int(2) === 0 ? 1 : 2),
          value: this.#value(),
        }
      case 4:
        return this.#isOdd()
          ? this.#timeout(member)
          : { ...this.#vote('vote2'), ...this.#voteOf(member, this.#vote('vote2')) }
      default: {
        const vote = this.#vote(this.#random.int(2) === 0 ? 'vote1' : 'vote2')
        return { ...vote, ...this.#voteOf(member, vote) }
      }
    }
  }

  #timeout(member: number): Message {
    const report = { qcView: -1, qcDigest: noDigest, voteView: -1, voteDigest: noDigest }
    const view = this.#view()
    const signature = this.#sign(member, { type: 'timeout', view, ...report })
    const nothing = { qc: undefined, qcValue: undefined, proposal: undefined, voteValue: undefined }
    return { type: 'timeout', member, view, ...report, signature, ...nothing }
  }

  #certificate(phase: 1 | 2) {
    const { view, digest } = this.#vote('vote1')
    const type = phase === 1 ? 'vote1' : 'vote2'
    return { phase, view, digest, votes: [0, 1, 2].map((member) => this.#voteOf(member, { type, view, digest })) }
  }

  #voteOf(member: number, vote: Vote): SignedVote {
    return { member, signature: this.#sign(member, vote) }
  }

  #value(): Value {
    const entries = [0, 1, 2].map((member) => {
      const [ballot, other] = [this.#ballot(), this.#ballot()]
      const of = (one: Uint8Array) => ({
        ballot: one,
        signature: this.#sign(member, { type: 'input', digest: hashOf(one) }),
      })
      return { member, ...of(ballot), second: this.#isOdd() ? of(other) : undefined }
    })
    return { type: 'ballots', entries }
  }

  #vote(type: Vote['type']): Vote {
    return { type, view: this.#view(), digest: this.#digest() }
  }

  #ballot(): Uint8Array {
    // Not always the same object, as over a wire.
    return Buffer.from(ballots[this.#isOdd() ? this.#random.int(3) : 0] ?? [])
  }

  #digest(): string {
    return hashOf(this.#ballot())
  }

  #view(): number {
    return this.#isOdd() ? 1 : 0
  }

  #isOdd(): boolean {
    return this.#random.next() < this.#rarely
  }
}

describe('mayConvict', () => {
  test('never passes over what convicts somebody, and passes over most of what does not', () => {
    let [passed, convicted] = [0, 0]
    for (let run = 0; run < runs; run++) {
      const random = seededRandom(`screen ${run}`)
      const talk = new Talk(random)
      const messages = Array.from({ length: 1 + random.int(12) }, () => talk.message())
      const all = auditedEvidence(talk.verifier, messages)
      expect(findEvidence(talk.verifier, messages), `run ${run}`).toEqual(all)
      if (all.length > 0) convicted++
      if (!mayConvict(messages)) passed++
    }
    // The law was tried: about a third of the talks is spotless, and many convict.
    expect(passed).toBeGreaterThan(runs / 3)
    expect(convicted).toBeGreaterThan(runs / 10)
  })

  test('a screen with any of its looks left out would have passed over something', () => {
    const blind: readonly ((message: Message) => boolean)[] = [
      ({ type }) => type === 'input',
      ({ type }) => type === 'propose',
      ({ type }) => type === 'vote1',
      ({ type }) => type === 'vote2',
      ({ type }) => type === 'prepared',
      ({ type }) => type === 'decide',
      ({ type }) => type === 'timeout',
    ]
    const caught = new Set<number>()
    for (let run = 0; run < 10 * runs && caught.size < blind.length; run++) {
      const random = seededRandom(`blind ${run}`)
      const talk = new Talk(random)
      const messages = Array.from({ length: 1 + random.int(12) }, () => talk.message())
      if (auditedEvidence(talk.verifier, messages).length === 0) continue
      for (const [number, isUnseen] of blind.entries()) {
        if (!mayConvict(messages.filter((one) => !isUnseen(one)))) caught.add(number)
      }
    }
    expect([...caught].sort()).toEqual([...blind.keys()])
  })
})
