import { describe, expect, test } from 'vitest'
import { AgreementTeam, type AgreementTeamOptions } from '../testing/agreement-team.ts'
import { type AgreementOptions, defineAgreement, leaderOf } from './agreement.ts'
import { kernelAuthentication } from './authentications/kernel.ts'
import { macAuthentication } from './authentications/mac.ts'
import { newSigningKeys, sigAuthentication, sigSigner } from './authentications/sig.ts'
import { hashOf } from './canonical-bytes.ts'
import { defineCommittee, weightOf } from './committee.ts'
import type { Message } from './message.ts'
import { countedBallots } from './proposed-value.ts'
import { encodeStatement } from './statement.ts'
import { Verifier } from './verifier.ts'

type Given = Partial<AgreementTeamOptions> & {
  readonly agreement?: Partial<AgreementOptions>
  readonly weights?: readonly number[]
  readonly macKey?: Uint8Array
}

function openTeam(members: number, { agreement: about, weights, macKey, ...options }: Given = {}) {
  const authentication = macKey === undefined ? kernelAuthentication() : macAuthentication(macKey)
  const given = Array.from({ length: members }, (_, at) => ({ id: `m${at}`, weight: weights?.[at] ?? 1 }))
  const committee = defineCommittee(given)
  const agreement = defineAgreement({ committee, nonce: 'step', fastPath: false, ...about })
  const verifier = new Verifier({ agreement, authentication })
  const signers = committee.members.map((_, place) => authentication.signer(place))
  const team = new AgreementTeam({ verifier, signers, bytesOf: (member) => Buffer.of(member), ...options })
  return { team, agreement, verifier, signers, authentication }
}

const digests = (team: AgreementTeam) => team.decisions.map((decision) => decision?.certificate.digest)

describe('replicaStep', () => {
  for (const members of [4, 5, 7, 13]) {
    test(`decides among ${members} in two phases, on ballots of a quorum`, () => {
      const { team, agreement } = openTeam(members)
      team.start()
      expect(new Set(digests(team)).size).toBe(1)
      const [decision] = team.decisions
      expect(decision?.certificate.phase).toBe(2)
      const counted = countedBallots(decision?.value ?? { type: 'plain', bytes: Buffer.of() })
      const weight = weightOf(
        agreement.committee,
        counted.map(({ member }) => member),
      )
      expect(weight).toBeGreaterThanOrEqual(agreement.committee.quorumWeight)
      expect(counted.every(({ member, ballot }) => ballot[0] === member)).toBe(true)
    })
  }

  test('decides with Ed25519 too, and a third party can check the certificate', () => {
    const keys = [0, 1, 2, 3].map(() => newSigningKeys())
    const committee = defineCommittee(keys.map(({ publicKey }, place) => ({ id: `m${place}`, publicKey })))
    const agreement = defineAgreement({ committee, nonce: 'signed' })
    const open = () => new Verifier({ agreement, authentication: sigAuthentication(committee) })
    const signers = keys.map((own, place) => sigSigner(place, own))
    const team = new AgreementTeam({ verifier: open(), signers, bytesOf: (member) => Buffer.of(member) })
    team.start()
    const decision = team.decisions[3]
    expect(decision && open().isDecision(decision.certificate)).toBe(true)
    expect(decision && open().isDecision({ ...decision.certificate, view: 1 })).toBe(false)
  })

  test('looks at each signature once, however many members are on the node', () => {
    const { team, verifier, agreement } = openTeam(13, { macKey: new Uint8Array(32) })
    team.start()
    expect(verifier.verifications).toBe(3 * agreement.committee.quorumWeight + 1)
  })

  test('decides at once with the votes of all, and saves the second phase', () => {
    const { team } = openTeam(7, { agreement: { fastPath: true } })
    team.start()
    expect(team.decisions.every((decision) => decision?.certificate.phase === 1)).toBe(true)
    expect(team.sent.some(({ message }) => message.type === 'prepared')).toBe(false)
  })

  test('goes on without the votes of all when they do not come', () => {
    const { team } = openTeam(4, {
      agreement: { fastPath: true },
      arrives: (from) => from !== 1 || isLeader(1, { fastPath: true }),
    })
    team.start()
    expect(team.decisions.every((decision) => decision === undefined)).toBe(true)
    team.expire('fast')
    expect(new Set(digests(team)).size).toBe(1)
    expect(team.decisions[0]?.certificate.phase).toBe(2)
  })

  test('does not wait for all when somebody was silent lately', () => {
    const { team } = openTeam(4, {
      agreement: { fastPath: true },
      silent: [1],
      arrives: (from) => from !== 1 || isLeader(1, { fastPath: true }),
    })
    team.start()
    expect(team.decisions[0]?.certificate.phase).toBe(2)
  })

  test('changes the leader when the first is silent, and the next', () => {
    for (const dead of [1, 2]) {
      const { agreement } = openTeam(7)
      const silent = Array.from({ length: dead }, (_, view) => leaderOf(agreement, view))
      const { team } = openTeam(7, { arrives: (from) => !silent.includes(from) })
      team.start()
      for (let view = 0; view < dead; view++) team.expire('view')
      const decided = digests(team).filter((_, member) => !silent.includes(member))
      expect(new Set(decided).size).toBe(1)
      expect(decided[0]).toBeDefined()
    }
  })

  test('keeps what all have voted for when the leader is gone before it says so', () => {
    const leader = leaderOf(openTeam(4, { agreement: { fastPath: true } }).agreement, 0)
    const hidden = (from: number, _to: number, message: Message) => from !== leader || message.type === 'propose'
    const { team } = openTeam(4, { agreement: { fastPath: true }, arrives: hidden })
    team.start()
    const [proposed] = team.sent.flatMap(({ message }) => (message.type === 'propose' ? [message.proposal.digest] : []))
    team.expire('view')
    // Its own second vote does not count, so the others wait for it in vain before they go on.
    team.expire('fast')
    const others = digests(team).filter((_, member) => member !== leader)
    expect(new Set(others)).toEqual(new Set([proposed]))
  })

  test('decides on a value that a leader proposes, and waits for one who has something to propose', () => {
    const { agreement, team } = openTeam(4, {
      agreement: { subject: 'value' },
      bytesOf: (member) => (isLeader(member, { subject: 'value' }) ? undefined : Buffer.of(member)),
    })
    team.start()
    expect(digests(team).every((digest) => digest === undefined)).toBe(true)
    team.expire('view')
    expect(team.decisions[0]?.value).toEqual({ type: 'plain', bytes: Buffer.of(leaderOf(agreement, 1)) })
  })

  test('refuses to begin with what all others would refuse, and takes a ballot as large as may be', () => {
    const large = (bytes: number) =>
      openTeam(4, { agreement: { bytesMax: 5 }, bytesOf: () => new Uint8Array(bytes) }).team
    large(5).start()
    expect(() => large(6).start()).toThrow('expected at most 5 bytes that the rule of this agreement accepts, got 6')
  })

  test('never proposes or votes for what the application does not accept', () => {
    const { agreement, signers, authentication, verifier: lax } = openTeam(4, { agreement: { subject: 'value' } })
    const verifier = new Verifier({ agreement, authentication, accepts: (bytes) => bytes[0] !== 9 })
    const bytesOf = (member: number) => (isLeader(member, { subject: 'value' }) ? undefined : Buffer.of(member))
    const team = new AgreementTeam({ verifier, signers, bytesOf })
    team.start()
    const leader = leaderOf(agreement, 0)
    const value = { type: 'plain', bytes: Buffer.of(9) } as const
    const digest = lax.digestOf(value)
    const statement = { type: 'propose', view: 0, digest, justification: '' } as const
    const signature = signers[leader]?.sign(encodeStatement(agreement, statement)) ?? new Uint8Array()
    const message = { type: 'propose', proposal: { view: 0, digest, tc: undefined, signature }, value } as const
    for (const to of [0, 1, 2, 3]) team.hear(leader, to, { agreement: agreement.id, epoch: 0, message })
    expect(team.replicas.map(({ refused }) => refused.unproved)).toEqual([1, 1, 1, 1])
  })

  test('counts weights, not heads', () => {
    // The three heavy ones are a quorum; any four of the light ones are none.
    const weights = [3, 3, 3, 1, 1, 1]
    const heavy = openTeam(6, { weights, arrives: (from) => from < 3 })
    heavy.team.start()
    for (let view = 0; view < 6; view++) heavy.team.expire('view')
    expect(heavy.team.decisions[0]).toBeDefined()
    const light = openTeam(6, { weights, arrives: (from) => from > 1 })
    light.team.start()
    for (let view = 0; view < 6; view++) light.team.expire('view')
    expect(light.team.decisions.every((decision) => decision === undefined)).toBe(true)
  })

  test('waits for more ballots when asked to, and voids those of who gave two', () => {
    const isHeard = (from: number, _to: number, { type }: Message) => type !== 'input' || from < 2
    const { team, agreement, signers } = openTeam(4, { gatherMs: 10, arrives: isHeard })
    team.start()
    const tell = (member: number, ballot: Uint8Array) => {
      const bytes = encodeStatement(agreement, { type: 'input', digest: hashOf(ballot) })
      const signature = signers[member]?.sign(bytes) ?? new Uint8Array()
      const message = { type: 'input', member, ballot, signature } as const
      team.hear(member, leaderOf(agreement, 0), { agreement: agreement.id, epoch: 0, message })
    }
    tell(3, Buffer.of(8))
    tell(3, Buffer.of(9))
    tell(2, Buffer.of(2))
    expect(team.decisions[0]).toBeUndefined()
    team.expire('gather')
    const value = team.decisions[0]?.value ?? { type: 'plain', bytes: Buffer.of() }
    expect(countedBallots(value).map(({ member }) => member)).toEqual([0, 1, 2])
    expect(value.type === 'ballots' && value.entries[3]?.second !== undefined).toBe(true)
  })

  test('says again what it had said when it comes back, and votes no second time', () => {
    const { team } = openTeam(4, { arrives: (_from, _to, { type }) => type !== 'prepared' })
    team.start()
    const before = team.replicas.map(({ durable }) => durable)
    for (const member of [0, 1, 2, 3]) team.restart(member)
    expect(team.replicas.map(({ durable }) => durable)).toEqual(before)
    team.expire('view')
    const votes = team.sent.flatMap(({ message }) =>
      message.type === 'vote1' ? [`${message.member} ${message.view}`] : [],
    )
    expect(new Set(votes).size).toBe(votes.length)
  })

  test('tells who comes late, once a view, and says again at its own start what it has decided', () => {
    let isCut = true
    const { team } = openTeam(4, { arrives: (_, to) => to !== 2 || !isCut })
    team.start()
    isCut = false
    expect(team.decisions[2]).toBeUndefined()
    team.expire('view')
    expect(digests(team)[2]).toBe(digests(team)[0])
    team.decisions[0] = undefined
    team.restart(0)
    expect(digests(team)[0]).toBe(digests(team)[1])
  })

  test('drops and counts what is of another agreement, another epoch, a past view, or not proved', () => {
    const { team, agreement, signers } = openTeam(4, { arrives: () => false })
    team.start()
    const vote = { type: 'vote1', view: 0, digest: hashOf(Buffer.of(1)) } as const
    const signature = signers[1]?.sign(encodeStatement(agreement, vote)) ?? new Uint8Array()
    const message = { ...vote, member: 1, signature } as const
    team.hear(1, 0, { agreement: hashOf(Buffer.of(2)), epoch: 0, message })
    team.hear(1, 0, { agreement: agreement.id, epoch: 1, message })
    expect(team.replicas[0]?.refused.foreign).toBe(2)
    team.hear(1, 0, { agreement: agreement.id, epoch: 0, message })
    expect(team.replicas[0]?.refused.late).toBe(1)
    const qc = { phase: 1, view: 0, digest: vote.digest, votes: [message, message, message] } as const
    team.hear(1, 0, { agreement: agreement.id, epoch: 0, message: { type: 'prepared', qc } })
    expect(team.replicas[0]?.refused.unproved).toBe(1)
  })
})

/** Whether that member leads the first view of an agreement of four about that. */
function isLeader(member: number, about: Partial<AgreementOptions>): boolean {
  return leaderOf(openTeam(4, { agreement: about }).agreement, 0) === member
}
