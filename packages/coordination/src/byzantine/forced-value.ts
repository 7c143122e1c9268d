/** What a leader must propose after a view that was given up, so that nothing that may have been decided is undone. */

import type { Agreement } from './agreement.ts'
import type { Digest } from './canonical-bytes.ts'
import type { SignedReport, TimeoutCertificate } from './message.ts'

export interface Forced {
  readonly digest: Digest
  readonly view: number
}

/**
 * The digest that those time-outs force, or nothing: then the leader is free.
 *
 * Candidate A is the highest quorum that was prepared. Candidate B, for the fast path, is each digest that more than traitors
 * may hold report as their last vote, at the highest view that as much of them reach: what all members voted for is there with
 * at least that weight in each quorum. The higher view wins, a tie goes to A; two of B in one view were split, so
 * neither was decided, and the smaller digest is taken.
 */
export function forcedValue(agreement: Agreement, tc: TimeoutCertificate): Forced | undefined {
  const prepared: Forced | undefined = tc.qc && { digest: tc.qc.digest, view: tc.qc.view }
  if (!agreement.fastPath) return prepared
  let best = prepared
  for (const candidate of votedCandidates(agreement, tc.reports)) {
    if (best === undefined || candidate.view > best.view) best = candidate
  }
  return best
}

/** Whether that digest may be proposed after those time-outs. */
export function isAllowed(forced: Forced | undefined, digest: Digest): boolean {
  return forced === undefined || forced.digest === digest
}

/** In the order of digests, so that ties are broken the same way by all. */
function votedCandidates({ committee }: Agreement, reports: readonly SignedReport[]): readonly Forced[] {
  const byDigest = Map.groupBy(
    reports.filter(({ voteView }) => voteView >= 0),
    ({ voteDigest }) => voteDigest,
  )
  const candidates: Forced[] = []
  for (const digest of [...byDigest.keys()].sort()) {
    let weight = 0
    const sorted = (byDigest.get(digest) ?? []).toSorted((a, b) => b.voteView - a.voteView)
    for (const { member, voteView } of sorted) {
      weight += committee.members[member]?.weight ?? 0
      if (weight <= committee.faultyWeight) continue
      candidates.push({ digest, view: voteView })
      break
    }
  }
  return candidates
}
