import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { AgreementTeam } from '../testing/agreement-team.ts'
import { defineAgreement, leaderOf } from './agreement.ts'
import { macAuthentication } from './authentications/mac.ts'
import { defineCommittee } from './committee.ts'
import type { Envelope, Message, TimeoutCertificate } from './message.ts'
import { replicaSetup } from './replica-options.ts'
import { newReplica } from './replica-state.ts'
import { replicaStep } from './replica-step.ts'
import { Verifier } from './verifier.ts'
import { chainMax, decodeEnvelope } from './wire-reader.ts'
import { encodedBytes, encodeEnvelope } from './wire-writer.ts'

const committee = defineCommittee([0, 1, 2, 3].map((place) => ({ id: `m${place}` })))
const agreement = defineAgreement({ committee, nonce: 'wire', bytesMax: 10 })
const authentication = macAuthentication(new Uint8Array(32))

/** All that is said in some views in which members vote and none is prepared, and then decided. */
function spoken(views: number, arrives: (from: number, to: number, message: Message) => boolean): readonly Message[] {
  const team = new AgreementTeam({
    verifier: new Verifier({ agreement, authentication }),
    signers: committee.members.map((_, place) => authentication.signer(place)),
    bytesOf: (member) => Buffer.of(member),
    arrives,
  })
  team.start()
  for (let view = 0; view < views; view++) {
    team.expire('fast')
    team.expire('view')
  }
  return team.sent.map(({ message }) => message)
}

const isNotVote = (_from: number, _to: number, { type }: Message) => type !== 'vote1'
const sealed = (message: Message): Envelope => ({ agreement: agreement.id, epoch: 0, message })

describe('an envelope', () => {
  test('comes out of its bytes as it went in, whatever it is', () => {
    const first = leaderOf(agreement, 0)
    const messages = [...spoken(3, isNotVote), ...spoken(2, (from, _, { type }) => from !== first || type !== 'decide')]
    expect(new Set(messages.map(({ type }) => type)).size).toBeGreaterThanOrEqual(5)
    for (const message of messages) {
      const bytes = encodeEnvelope(sealed(message))
      const decoded = decodeEnvelope(agreement, bytes)
      expect(decoded && Buffer.compare(encodeEnvelope(decoded), bytes)).toBe(0)
      expect(decoded?.message.type).toBe(message.type)
    }
  })

  test('that was cut, lengthened, or is of another version, is none', () => {
    for (const message of spoken(2, isNotVote)) {
      const bytes = encodeEnvelope(sealed(message))
      for (const at of [0, 3, 4, 40, bytes.length - 1])
        expect(decodeEnvelope(agreement, bytes.subarray(0, at))).toBeUndefined()
      expect(decodeEnvelope(agreement, Buffer.concat([bytes, Buffer.of(0)]))).toBeUndefined()
      expect(decodeEnvelope(agreement, bytes.with(3, 2))).toBeUndefined()
    }
  })

  test('of arbitrary bytes is none, or one that a member drops, and never an exception', () => {
    const random = seededRandom('wire')
    const messages = spoken(3, isNotVote)
    const setup = replicaSetup({
      verifier: new Verifier({ agreement, authentication }),
      signer: authentication.signer(0),
    })
    let decoded = 0
    for (let run = 0; run < 2_000; run++) {
      const bytes = encodeEnvelope(sealed(messages[random.int(messages.length)] as Message))
      for (let change = 0; change <= random.int(3); change++) bytes[random.int(bytes.length)] = random.int(256)
      const envelope = decodeEnvelope(agreement, bytes)
      if (envelope === undefined) continue
      decoded++
      replicaStep(setup, newReplica(), { type: 'message', from: 1, envelope, atMs: 0 })
    }
    expect(decoded).toBeGreaterThan(100)
  })

  test('holds a ballot as large as may be, and none that is larger', () => {
    const input = (length: number): Message => {
      return { type: 'input', member: 0, ballot: new Uint8Array(length), signature: new Uint8Array(32) }
    }
    expect(decodeEnvelope(agreement, encodeEnvelope(sealed(input(10))))).toBeDefined()
    expect(decodeEnvelope(agreement, encodeEnvelope(sealed(input(11))))).toBeUndefined()
  })

  test('names members that are, and no others', () => {
    const vote = (member: number): Message => {
      return { type: 'vote1', view: 0, digest: 'ab'.repeat(32), member, signature: new Uint8Array(32) }
    }
    expect(decodeEnvelope(agreement, encodeEnvelope(sealed(vote(3))))).toBeDefined()
    expect(decodeEnvelope(agreement, encodeEnvelope(sealed(vote(4))))).toBeUndefined()
  })

  test('rests on as many time-outs as may be, and on none more', () => {
    const chain = (length: number): Message => {
      let tc: TimeoutCertificate | undefined
      for (let view = 0; view < length; view++) {
        const proposal = { view, digest: 'ab'.repeat(32), tc, signature: new Uint8Array(32) }
        tc = { view, reports: [], qc: undefined, proposals: [proposal] }
      }
      const proposal = { view: length, digest: 'ab'.repeat(32), tc, signature: new Uint8Array(32) }
      return { type: 'propose', proposal, value: { type: 'plain', bytes: Buffer.of(1) } }
    }
    expect(decodeEnvelope(agreement, encodeEnvelope(sealed(chain(chainMax))))).toBeDefined()
    expect(decodeEnvelope(agreement, encodeEnvelope(sealed(chain(chainMax + 1))))).toBeUndefined()
  })

  test('grows by the same with each view that came to nothing', () => {
    const timeouts = spoken(14, isNotVote).filter((message) => message.type === 'timeout' && message.member === 0)
    const bytes = timeouts.map((message) => encodedBytes(agreement, message))
    const growths = bytes.slice(1).map((size, at) => size - (bytes[at] ?? 0))
    expect(Math.max(...growths)).toBeLessThan(3_000)
  })
})
