import { describe, expect, test } from 'vitest'
import { AgreementTeam } from '../testing/agreement-team.ts'
import { type AgreementOptions, defineAgreement } from './agreement.ts'
import { newSigningKeys, sigAuthentication, sigSigner } from './authentications/sig.ts'
import { hashOf } from './canonical-bytes.ts'
import { type Committee, defineCommittee, type Member } from './committee.ts'
import { changedCommittee, expulsion, nextEpoch, readmission } from './committee-change.ts'
import type { Evidence, Signed } from './evidence.ts'
import { encodeStatement, type Vote } from './statement.ts'
import { Verifier } from './verifier.ts'
import { decodeEvidence } from './wire-reader.ts'
import { encodeEvidence } from './wire-writer.ts'

const keys = Array.from({ length: 7 }, (_, at) => ({ id: `m${at}`, ...newSigningKeys() }))
const committee = defineCommittee(keys.map(({ id, publicKey }) => ({ id, publicKey })))
const options: AgreementOptions = { committee, nonce: 'work' }
const agreement = defineAgreement(options)
const judge = { agreement, authentication: sigAuthentication(committee) }

describe('a committee', () => {
  test('expels by its own decision whom evidence convicts, and counts anew how many may lie', () => {
    const bytes = expulsion(doubleVote(3))
    const decided = decide(committee, [], bytes)
    const next = changedCommittee(judge, [], decided)
    expect(next?.members.map(({ id }) => id)).toEqual(['m0', 'm1', 'm2', 'm4', 'm5', 'm6'])
    expect([committee.faultyWeight, next?.faultyWeight]).toEqual([2, 1])
  })

  test('takes back by its own decision whom it has expelled, and nobody else', () => {
    const [, , , gone] = committee.members
    const smaller = changedCommittee(judge, [], expulsion(doubleVote(3)))
    if (smaller === undefined || gone === undefined) throw new Error('nobody was expelled')
    const next = { agreement: nextEpoch(options, smaller), authentication: sigAuthentication(smaller) }
    const decided = decide(smaller, [gone], readmission(gone))
    expect(changedCommittee(next, [gone], decided)?.members).toHaveLength(7)
    expect(changedCommittee(next, [], decided)).toBeUndefined()
    expect(changedCommittee(next, [gone], readmission({ ...gone, weight: 2 }))).toBeUndefined()
    expect(changedCommittee(judge, [gone], readmission(gone))).toBeUndefined()
  })

  test('never accepts evidence that convicts nobody, of another agreement, or bytes that are none', () => {
    const innocent = { ...doubleVote(3), second: vote(3, 'this') } as Evidence
    expect(changedCommittee(judge, [], expulsion(innocent))).toBeUndefined()
    const elsewhere = { ...judge, agreement: defineAgreement({ committee, nonce: 'play' }) }
    expect(changedCommittee(elsewhere, [], expulsion(doubleVote(3)))).toBeUndefined()
    const bytes = expulsion(doubleVote(3))
    for (const bad of [bytes.subarray(0, 20), Buffer.concat([bytes, Buffer.of(0)]), Buffer.of(), Buffer.of(1, 2, 3)]) {
      expect(changedCommittee(judge, [], bad)).toBeUndefined()
    }
  })

  test('never expels so many that nobody could be tolerated', () => {
    const four = defineCommittee(keys.slice(0, 4).map(({ id, publicKey }) => ({ id, publicKey })))
    const small = {
      agreement: defineAgreement({ committee: four, nonce: 'work' }),
      authentication: sigAuthentication(four),
    }
    expect(changedCommittee(small, [], expulsion(doubleVote(3, small.agreement)))).toBeUndefined()
    const weights = [1, 1, 1, 1, 3, 3]
    const heavy = defineCommittee(
      weights.map((weight, at) => ({ id: `m${at}`, weight, publicKey: keyOf(at).publicKey })),
    )
    const uneven = {
      agreement: defineAgreement({ committee: heavy, nonce: 'work' }),
      authentication: sigAuthentication(heavy),
    }
    expect(changedCommittee(uneven, [], expulsion(doubleVote(0, uneven.agreement)))).toBeUndefined()
  })

  test('begins an epoch in which nothing counts that was signed before', () => {
    const smaller = changedCommittee(judge, [], expulsion(doubleVote(3))) ?? committee
    const next = nextEpoch(options, smaller)
    expect(next.epoch).toBe(1)
    expect(next.id).not.toBe(agreement.id)
    const verifier = new Verifier({ agreement: next, authentication: sigAuthentication(smaller) })
    const { member, statement, signature } = vote(0, 'this')
    expect(verifier.isSigned(member, statement, signature)).toBe(false)
  })
})

test('evidence comes out of its bytes as it went in, whatever kind it is', () => {
  const report = { qcView: -1, qcDigest: '', voteView: -1, voteDigest: '' } as const
  const timeout = {
    member: 1,
    statement: { type: 'timeout', view: 2, ...report },
    signature: new Uint8Array(64),
  } as const
  const tc = { view: 0, reports: [], qc: undefined, proposals: [] }
  const proposal = { view: 1, digest: hashOf(Buffer.of(1)), tc, signature: new Uint8Array(64) }
  const input = {
    member: 1,
    statement: { type: 'input', digest: hashOf(Buffer.of(1)) },
    signature: new Uint8Array(64),
  } as const
  const proposed = {
    ...input,
    statement: { type: 'propose', view: 1, digest: proposal.digest, justification: '' },
  } as const
  const all: readonly Evidence[] = [
    doubleVote(2),
    { kind: 'contradiction', first: input, second: input },
    { kind: 'contradiction', first: proposed, second: proposed },
    { kind: 'amnesia', vote: vote(1, 'this'), timeout },
    { kind: 'false-report', vote: vote(1, 'this'), timeout },
    { kind: 'forbidden-proposal', proposal },
  ]
  for (const evidence of all) {
    const bytes = encodeEvidence(evidence)
    const decoded = decodeEvidence(agreement, bytes)
    expect(decoded?.kind).toBe(evidence.kind)
    expect(decoded && Buffer.compare(encodeEvidence(decoded), bytes)).toBe(0)
  }
})

/** What a committee decides when its leaders propose that change. */
function decide(about: Committee, expelled: readonly Member[], bytes: Uint8Array): Uint8Array {
  const own =
    about === committee ? judge : { agreement: nextEpoch(options, about), authentication: sigAuthentication(about) }
  const change = defineAgreement({ committee: about, nonce: 'change', subject: 'value' })
  const verifier = new Verifier({
    agreement: change,
    authentication: own.authentication,
    accepts: (value) => changedCommittee(own, expelled, value) !== undefined,
  })
  const signers = about.members.map(({ id }, place) => sigSigner(place, keyOf(Number(id.slice(1)))))
  const team = new AgreementTeam({ verifier, signers, bytesOf: () => bytes })
  team.start()
  const value = team.decisions[0]?.value
  if (value?.type !== 'plain') throw new Error('nothing was decided')
  return value.bytes
}

function doubleVote(member: number, about = agreement): Evidence {
  return { kind: 'contradiction', first: vote(member, 'this', about), second: vote(member, 'that', about) }
}

function vote(member: number, text: string, about = agreement): Signed<Vote> {
  const statement = { type: 'vote1', view: 0, digest: hashOf(Buffer.from(text)) } as const
  return { member, statement, signature: sigSigner(member, keyOf(member)).sign(encodeStatement(about, statement)) }
}

function keyOf(member: number): (typeof keys)[number] {
  const own = keys[member]
  if (own === undefined) throw new Error(`no member ${member}`)
  return own
}
