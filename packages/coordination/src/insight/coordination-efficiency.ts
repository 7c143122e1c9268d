/** What decisions cost. */

import { meanOf, shareOf } from './decision-quality.ts'
import type { SessionFacts } from './session-facts.ts'

/** `null` where there is nothing to say it of. */
export interface CoordinationEfficiency {
  /** Requests and answers of all sessions, also of those of which nothing came, for each of which something did. */
  readonly messagesPerDecision: number | null
  readonly bytesPerDecision: number | null
  /** Of sessions that ran to their end. */
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly max: number } | null
  readonly meanRounds: number | null
  /** The mean share of requests that were answered. */
  readonly meanParticipation: number | null
  /** The share of the best possible value that awards had at least, where a solver said: the mean, and the least. */
  readonly valueShare: { readonly mean: number; readonly min: number } | null
}

export function coordinationEfficiency(all: readonly SessionFacts[]): CoordinationEfficiency {
  const ended = all.filter(({ report }) => report.status === 'done').map(({ report }) => report)
  const resolved = all.filter(({ report, isResolved }) => report.status === 'done' && isResolved).length
  const sumOf = (key: 'messages' | 'bytes') => all.reduce((sum, { report }) => sum + report[key], 0)
  const shares = all.flatMap(({ valueShareMin }) => valueShareMin ?? [])
  const mean = meanOf(shares)
  return {
    messagesPerDecision: shareOf(sumOf('messages'), resolved),
    bytesPerDecision: shareOf(sumOf('bytes'), resolved),
    latencyMs: quantilesOf(ended.map(({ latencyMs }) => latencyMs)),
    meanRounds: meanOf(ended.map(({ rounds }) => rounds)),
    meanParticipation: meanOf(ended.map(({ participation }) => participation)),
    valueShare: mean === null ? null : { mean, min: shares.reduce((least, share) => Math.min(least, share), 1) },
  }
}

/** By nearest rank: each is a time that was measured. */
function quantilesOf(values: readonly number[]): CoordinationEfficiency['latencyMs'] {
  const ordered = values.toSorted((a, b) => a - b)
  const at = (share: number) => ordered[Math.max(0, Math.ceil(share * ordered.length) - 1)]
  const [p50, p95, max] = [at(0.5), at(0.95), ordered.at(-1)]
  return p50 === undefined || p95 === undefined || max === undefined ? null : { p50, p95, max }
}
