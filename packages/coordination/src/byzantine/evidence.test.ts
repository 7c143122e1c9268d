import { describe, expect, test } from 'vitest'
import { type Agreement, defineAgreement, leaderOf } from './agreement.ts'
import { findEvidence } from './audit.ts'
import { newSigningKeys, sigAuthentication, sigSigner } from './authentications/sig.ts'
import { hashOf, noDigest } from './canonical-bytes.ts'
import { defineCommittee } from './committee.ts'
import { type Evidence, type EvidenceJudge, type Signed, type TimeoutStatement, verifyEvidence } from './evidence.ts'
import type { Proposal, SignedReport, TimeoutCertificate, VoteMessage } from './message.ts'
import { encodeStatement, type Statement, type Vote } from './statement.ts'
import { Verifier } from './verifier.ts'

const keys = [0, 1, 2, 3].map(() => newSigningKeys())
const committee = defineCommittee(keys.map(({ publicKey }, place) => ({ id: `m${place}`, publicKey })))
const agreement = defineAgreement({ committee, nonce: 'evidence' })
/** A third party: it has nothing but public keys. */
const judge: EvidenceJudge = { agreement, authentication: sigAuthentication(committee) }
const digests = ['this', 'that'].map((text) => hashOf(Buffer.from(text)))
const [one = '', other = ''] = digests

describe('verifyEvidence', () => {
  test('convicts who said two things where one is allowed, of every type', () => {
    for (const type of ['vote1', 'vote2'] as const) {
      const first = signed(2, { type, view: 3, digest: one })
      expect(verifyEvidence(judge, contradiction(first, signed(2, { type, view: 3, digest: other })))).toBe(2)
      expect(verifyEvidence(judge, contradiction(first, first))).toBeUndefined()
      expect(verifyEvidence(judge, contradiction(first, signed(2, { type, view: 4, digest: other })))).toBeUndefined()
      expect(verifyEvidence(judge, contradiction(first, signed(1, { type, view: 3, digest: other })))).toBeUndefined()
    }
    const ballots = digests.map((digest) => signed(1, { type: 'input', digest }))
    expect(verifyEvidence(judge, contradiction(ballots[0], ballots[1]))).toBe(1)
    const timeouts = [reported(4, -1, noDigest), reported(4, 2, one)].map((report) => signed(0, report))
    expect(verifyEvidence(judge, contradiction(timeouts[0], timeouts[1]))).toBe(0)
    const phases = [
      signed(2, { type: 'vote1', view: 3, digest: one }),
      signed(2, { type: 'vote2', view: 3, digest: other }),
    ]
    expect(verifyEvidence(judge, contradiction(phases[0], phases[1]))).toBeUndefined()
  })

  test('convicts a leader that proposed two things, and nobody by proposals of a view that he does not lead', () => {
    const leader = leaderOf(agreement, 0)
    const propose = (member: number) =>
      digests.map((digest) => signed(member, { type: 'propose', view: 0, digest, justification: noDigest }))
    const [first, second] = propose(leader)
    expect(verifyEvidence(judge, contradiction(first, second))).toBe(leader)
    const [third, fourth] = propose((leader + 1) % 4)
    expect(verifyEvidence(judge, contradiction(third, fourth))).toBeUndefined()
  })

  test('convicts who forgot a vote when it gave up that view or a later one, and nobody who voted afterwards', () => {
    for (const type of ['vote1', 'vote2'] as const) {
      const vote = signed<Vote>(1, { type, view: 2, digest: one })
      const amnesia = (view: number, said: number): Evidence => {
        const timeout = signed(1, type === 'vote1' ? reported(view, said, one) : reported(view, view, one, said))
        return { kind: 'amnesia', vote, timeout }
      }
      expect(verifyEvidence(judge, amnesia(2, 1))).toBe(1)
      expect(verifyEvidence(judge, amnesia(5, 1))).toBe(1)
      expect(verifyEvidence(judge, amnesia(2, 2))).toBeUndefined()
      expect(verifyEvidence(judge, amnesia(1, 1))).toBeUndefined()
    }
  })

  test('convicts who reports a vote for something else', () => {
    const vote = signed<Vote>(3, { type: 'vote1', view: 2, digest: one })
    const report = (digest: string, view = 2): Evidence => {
      return { kind: 'false-report', vote, timeout: signed(3, reported(4, view, digest)) }
    }
    expect(verifyEvidence(judge, report(other))).toBe(3)
    expect(verifyEvidence(judge, report(one))).toBeUndefined()
    expect(verifyEvidence(judge, report(other, 3))).toBeUndefined()
  })

  test('convicts a leader that proposed what its own time-outs forbid, and none that was allowed to', () => {
    const leader = leaderOf(agreement, 1)
    const first = proposed(0, one, undefined)
    const tc = timeoutCertificate(first, [0, 1, 2])
    expect(verifyEvidence(judge, { kind: 'forbidden-proposal', proposal: proposed(1, other, tc) })).toBe(leader)
    expect(verifyEvidence(judge, { kind: 'forbidden-proposal', proposal: proposed(1, one, tc) })).toBeUndefined()
    expect(verifyEvidence(judge, { kind: 'forbidden-proposal', proposal: proposed(1, one, undefined) })).toBe(leader)
    expect(verifyEvidence(judge, { kind: 'forbidden-proposal', proposal: first })).toBeUndefined()
  })

  test('is not fooled by a leader’s word with other time-outs, or by time-outs whose signatures were broken', () => {
    const first = proposed(0, one, undefined)
    const tc = timeoutCertificate(first, [0, 1, 2])
    const allowed = proposed(1, other, timeoutCertificate(undefined, [0, 1, 2]))
    expect(verifyEvidence(judge, { kind: 'forbidden-proposal', proposal: { ...allowed, tc } })).toBeUndefined()
    const reports = tc.reports.map((report) => ({ ...report, signature: new Uint8Array(64) }))
    const broken = { ...proposed(1, other, tc), tc: { ...tc, reports } }
    expect(verifyEvidence(judge, { kind: 'forbidden-proposal', proposal: broken })).toBeUndefined()
  })

  test('proves nothing in another agreement, another epoch, or with a signature of somebody else', () => {
    const [first, second] = digests.map((digest) => signed(2, { type: 'vote1', view: 3, digest }))
    const evidence = contradiction(first, second)
    const elsewhere = defineAgreement({ committee, nonce: 'another' })
    expect(verifyEvidence({ ...judge, agreement: elsewhere }, evidence)).toBeUndefined()
    expect(verifyEvidence({ ...judge, agreement: { ...agreement, epoch: 1 } }, evidence)).toBeUndefined()
    const framed = [first, second].map((said) => said && { ...said, member: 1 })
    expect(verifyEvidence(judge, contradiction(framed[0], framed[1]))).toBeUndefined()
    const nobody = [first, second].map((said) => said && { ...said, member: 9 })
    expect(verifyEvidence(judge, contradiction(nobody[0], nobody[1]))).toBeUndefined()
  })
})

describe('findEvidence', () => {
  test('finds what several members have seen of a liar, and names one piece for each', () => {
    const verifier = new Verifier(judge)
    const votes = digests.map((digest) => voted(2, digest))
    const evidence = findEvidence(verifier, [...votes, voted(1, one), ...digests.map((digest) => voted(3, digest))])
    expect(evidence.map((piece) => verifyEvidence(judge, piece))).toEqual([2, 3])
  })

  test('hears nothing that is not signed by whom it names', () => {
    const votes = digests.map((digest) => ({ ...voted(2, digest), member: 1 }))
    expect(findEvidence(new Verifier(judge), votes)).toEqual([])
  })
})

function signed<S extends Statement>(member: number, statement: S): Signed<S> {
  return { member, statement, signature: sign(member, statement) }
}

function sign(member: number, statement: Statement, about: Agreement = agreement): Uint8Array {
  const own = keys[member]
  if (own === undefined) throw new Error(`no member ${member}`)
  return sigSigner(member, own).sign(encodeStatement(about, statement))
}

function contradiction(first: Signed | undefined, second: Signed | undefined): Evidence {
  if (first === undefined || second === undefined) throw new Error('nothing said')
  return { kind: 'contradiction', first, second }
}

function reported(view: number, voteView: number, voteDigest: string, qcView = -1): TimeoutStatement {
  const vote = { voteView, voteDigest: voteView < 0 ? noDigest : voteDigest }
  return { type: 'timeout', view, qcView, qcDigest: qcView < 0 ? noDigest : one, ...vote }
}

function voted(member: number, digest: string): VoteMessage {
  const vote = { type: 'vote1', view: 1, digest } as const
  return { ...vote, member, signature: sign(member, vote) }
}

function proposed(view: number, digest: string, tc: TimeoutCertificate | undefined): Proposal {
  const justification = new Verifier(judge).justificationOf(tc)
  return {
    view,
    digest,
    tc,
    signature: sign(leaderOf(agreement, view), { type: 'propose', view, digest, justification }),
  }
}

/** Those members gave up view 0, having voted for that. */
function timeoutCertificate(behind: Proposal | undefined, members: readonly number[]): TimeoutCertificate {
  const { type: _, view, ...report } = reported(0, behind === undefined ? -1 : 0, behind?.digest ?? noDigest)
  const reports = members.map((member): SignedReport => {
    return { member, ...report, signature: sign(member, { type: 'timeout', view, ...report }) }
  })
  return { view, reports, qc: undefined, proposals: behind === undefined ? [] : [behind] }
}
