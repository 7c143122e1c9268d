/** What was decided of an ask: the answers that count, and the proof for whoever was not there. */

import type { AskCertificate } from '../../sessions/collector.ts'
import type { Answer } from '../../sessions/protocol.ts'
import type { Authentication } from '../authentication.ts'
import { sigAuthentication } from '../authentications/sig.ts'
import type { DecideMessage } from '../message.ts'
import { Verifier } from '../verifier.ts'
import { type Ballot, BallotCodec } from './ballot.ts'
import { type AskQuestion, agreementOf, isAbout } from './opening.ts'

/** A member of the agreement who was asked or not, and what came of it. */
export interface DecidedBallot {
  readonly place: number
  /** `void`: it gave two, and neither counts. `undefined`: it is not in what was decided. */
  readonly ballot: Ballot | 'void' | undefined
}

/** By place, of all members. */
export function decidedBallots(
  codec: BallotCodec,
  { request }: Pick<AskQuestion, 'request'>,
  { decision, members }: { readonly decision: DecideMessage; readonly members: number },
): readonly DecidedBallot[] {
  const { value } = decision
  const entries = new Map(value.type === 'ballots' ? value.entries.map((entry) => [entry.member, entry]) : [])
  return Array.from({ length: members }, (_, place) => {
    const entry = entries.get(place)
    if (entry === undefined) return { place, ballot: undefined }
    return { place, ballot: entry.second === undefined ? codec.decode(request, entry.ballot) : 'void' }
  })
}

/**
 * A ballot as an answer of that member. Who is not in what was decided came too late for it. All took as long as the agreement: how long its agent
 * did is what the node of a member says, and nothing may follow from that.
 */
export function answerOf(from: string, ballot: DecidedBallot['ballot'], latencyMs: number): Answer {
  if (ballot === undefined) return { from, absent: 'late', latencyMs }
  if (ballot === 'void') return { from, absent: 'void', latencyMs }
  if ('value' in ballot) return { from, value: ballot.value, latencyMs }
  return { from, absent: ballot.absent === 'not-asked' ? 'failed' : ballot.absent, latencyMs }
}

/**
 * The answers to its question that a certificate proves, of all that were asked, or nothing when it proves none: its agreement is not what it
 * says, or not on that question, or no quorum of its members decided that. Trusts nobody; whether these are the right members, by their keys and
 * weights, and the right question of the right session, is the reader's to judge. For `sig`; for other modes give the authentication, which
 * only those who trust each other have.
 *
 * @example const answers = verifyAskCertificate(certificate); if (answers === undefined) throw new Error('no proof')
 */
export function verifyAskCertificate(
  certificate: AskCertificate,
  authentication?: Authentication,
): readonly Answer[] | undefined {
  try {
    const { terms, decision, question } = certificate
    const { request, asked } = question
    const agreement = agreementOf(terms)
    const believed = authentication ?? sigAuthentication(agreement.committee)
    if (agreement.id !== certificate.agreement || !isAbout(terms, believed.mode, question)) return undefined
    const codec = new BallotCodec()
    const verifier = new Verifier({
      agreement,
      authentication: believed,
      accepts: (bytes) => codec.decode(request, bytes) !== undefined,
    })
    const { certificate: votes, value } = decision
    const isProved = verifier.isDecision(votes) && verifier.digestOf(value) === votes.digest && verifier.isValue(value)
    if (!isProved) return undefined
    const { members } = agreement.committee
    const ballots = decidedBallots(codec, question, { decision, members: members.length })
    return [...new Set(asked)].flatMap((place) => {
      const member = members[place]
      return member === undefined ? [] : [answerOf(member.id, ballots[place]?.ballot, 0)]
    })
  } catch {
    // Whatever it is, it is no certificate.
    return undefined
  }
}
