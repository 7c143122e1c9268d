import { describe, expect, test } from 'vitest'
import { defineAgreement } from '../agreement.ts'
import { findEvidence } from '../audit.ts'
import { newSigningKeys, sigAuthentication } from '../authentications/sig.ts'
import { noDigest } from '../canonical-bytes.ts'
import { defineCommittee } from '../committee.ts'
import type { Message, TimeoutCertificate } from '../message.ts'
import { Verifier } from '../verifier.ts'
import { HeardMessages, HeardRoom } from './heard-messages.ts'

const vote = (view: number): Message => ({
  type: 'vote1',
  view,
  digest: 'ab'.repeat(32),
  member: 0,
  signature: new Uint8Array(64),
})

describe('what was heard', () => {
  test('is kept up to a number, each message once', () => {
    const heard = new HeardMessages(2, new HeardRoom(1_000))
    const [first, second, third] = [vote(1), vote(2), vote(3)]
    for (const message of [first, first, second, third]) heard.keep(message, 10)
    expect([...heard.messages]).toEqual([first, second])
  })

  test('is kept up to as many bytes in all agreements together, and not one more; who has ended makes room', () => {
    const room = new HeardRoom(100)
    const [one, two] = [new HeardMessages(10, room), new HeardMessages(10, room)]
    one.keep(vote(1), 60)
    two.keep(vote(2), 41)
    two.keep(vote(3), 40)
    two.keep(vote(4), 0)
    two.keep(vote(5), 1)
    expect([one.messages.size, two.messages.size]).toEqual([1, 2])
    one.forget()
    two.keep(vote(6), 60)
    two.keep(vote(7), 1)
    expect([one.messages.size, two.messages.size]).toEqual([0, 3])
  })

  test('costs who looks through it one signature for each thing that was made up, however much is in it', () => {
    const keys = Array.from({ length: 100 }, () => newSigningKeys())
    const committee = defineCommittee(keys.map(({ publicKey }, place) => ({ id: `m${place}`, publicKey })))
    const agreement = defineAgreement({ committee, nonce: 'flood' })
    const verifier = new Verifier({ agreement, authentication: sigAuthentication(committee) })
    const signature = new Uint8Array(64)
    const digest = 'ab'.repeat(32)
    const votes = keys.map((_, member) => ({ member, signature }))
    const qc = { phase: 1, view: 3, digest, votes } as const
    const report = { qcView: -1, qcDigest: noDigest, voteView: -1, voteDigest: noDigest }
    const reports = votes.map((one) => ({ ...one, ...report }))
    const proposals = votes.map(() => ({ view: 1, digest, tc: undefined, signature }))
    const tc: TimeoutCertificate = { view: 3, reports, qc, proposals }
    const proposal = { view: 4, digest, tc, signature }
    const entries = votes.map((one) => ({ ...one, ballot: Uint8Array.of(1), second: undefined }))
    const value = { type: 'ballots', entries } as const
    const messages: Message[] = [
      { type: 'prepared', qc },
      { type: 'propose', proposal, value },
      { type: 'decide', certificate: { ...qc, phase: 2 }, value: { ...value } },
      { type: 'timeout', view: 3, member: 0, signature, ...report, qc, qcValue: value, proposal, voteValue: value },
    ]
    expect(findEvidence(verifier, messages)).toEqual([])
    expect(verifier.verifications).toBeLessThan(10)
  })
})
