/** Answers to a request for bids, as they come in. */

import type { RequestAnswer } from '../agents/agent-request.ts'
import type { Answer } from '../sessions/protocol.ts'
import { type AdmissionRules, type AdmittedBids, admitBids, joinBids } from './bid-admission.ts'

/** What answers add to the bids admitted so far; who is absent adds nothing. */
export function gatherBids(before: AdmittedBids, answers: readonly Answer[], rules: AdmissionRules): AdmittedBids {
  return joinBids(
    before,
    ...answers.flatMap((answer) => ('absent' in answer ? [] : [admitBids(answer.from, bidsOf(answer.value), rules)])),
  )
}

/** The loop has checked that it answers the request that was made. */
function bidsOf(value: RequestAnswer<'bid'> | object): RequestAnswer<'bid'> {
  return value as RequestAnswer<'bid'>
}
