import { describe, expect, test } from 'vitest'
import { type AgreementOptions, defineAgreement, leaderOf } from './agreement.ts'
import { hashOf, noDigest } from './canonical-bytes.ts'
import { defineCommittee } from './committee.ts'
import { encodeStatement, type Statement } from './statement.ts'

const ids = ['north', 'south', 'east', 'west']
const committee = defineCommittee(ids.map((id) => ({ id })))
const usual: AgreementOptions = { committee, nonce: 'one' }

describe('defineAgreement', () => {
  test('gives the same identity for the same things, and another one when anything differs', () => {
    const keyed = defineCommittee(ids.map((id, at) => ({ id, publicKey: new Uint8Array(32).fill(at) })))
    const weighted = defineCommittee(ids.map((id) => ({ id, weight: 2 })))
    const others: readonly AgreementOptions[] = [
      { ...usual, nonce: 'two' },
      { ...usual, specification: 'which plan' },
      { ...usual, subject: 'value' },
      { ...usual, fastPath: false },
      { ...usual, bytesMax: 5 },
      { ...usual, committee: keyed },
      { ...usual, committee: weighted },
      { ...usual, committee: defineCommittee([...ids].reverse().map((id) => ({ id }))) },
    ]
    expect(defineAgreement({ ...usual }).id).toBe(defineAgreement(usual).id)
    const identities = [usual, ...others].map((one) => defineAgreement(one).id)
    expect(new Set(identities).size).toBe(identities.length)
  })

  test('lets every member lead in turn', () => {
    const agreement = defineAgreement(usual)
    const leaders = [0, 1, 2, 3].map((view) => leaderOf(agreement, view))
    expect([...leaders].sort()).toEqual([0, 1, 2, 3])
    expect(leaderOf(agreement, 4)).toBe(leaders[0])
  })

  test('says what is wrong with its options', () => {
    expect(() => defineAgreement({ ...usual, nonce: '' })).toThrow('nonce: expected a non-empty string')
    expect(() => defineAgreement({ ...usual, epoch: -1 })).toThrow('epoch: expected an integer')
    const misspelt: AgreementOptions = { ...usual, ...{ fastpath: true } }
    expect(() => defineAgreement(misspelt)).toThrow('did you mean "fastPath"?')
  })
})

describe('encodeStatement', () => {
  test('gives no two statements the same bytes, in any agreement or epoch', () => {
    const digests = ['a', 'b'].map((text) => hashOf(Buffer.from(text)))
    const statements: Statement[] = digests.flatMap((digest): Statement[] => [
      { type: 'input', digest },
      ...[0, 1].flatMap((view): Statement[] => [
        { type: 'vote1', view, digest },
        { type: 'vote2', view, digest },
        { type: 'propose', view, digest, justification: noDigest },
        { type: 'propose', view, digest, justification: digest },
        { type: 'timeout', view, qcView: -1, qcDigest: noDigest, voteView: 0, voteDigest: digest },
        { type: 'timeout', view, qcView: 0, qcDigest: digest, voteView: -1, voteDigest: noDigest },
        { type: 'timeout', view, qcView: 0, qcDigest: digest, voteView: view, voteDigest: digest },
      ]),
    ])
    const agreements = [
      defineAgreement(usual),
      defineAgreement({ ...usual, epoch: 1 }),
      defineAgreement({ ...usual, nonce: 'b' }),
    ]
    const bytes = agreements.flatMap((agreement) => {
      return statements.map((statement) => Buffer.from(encodeStatement(agreement, statement)).toString('hex'))
    })
    expect(new Set(bytes).size).toBe(bytes.length)
  })
})
