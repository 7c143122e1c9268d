/** Attacks in simulated worlds, whose network holds, delays and reorders as it likes until it stabilises: is agreement safe, and does it end? */

import { type AgreementRun, type Attack, runAgreement } from '@mabeam/coordination/testing'

export interface WorldsRow {
  readonly attack: string
  readonly worlds: number
  readonly honest: number
  readonly traitors: number
  /** Whatever must hold and did not, whichever law it was: among them that nobody honest is convicted. */
  readonly violations: number
  /** Worlds in which honest members decided on different things: there are none unless traitors are too many. */
  readonly forks: number
  /** Honest members that had not decided long after the network stabilised. */
  readonly undecided: number
  readonly p50Ms: number
  readonly p95Ms: number
  /** The share of traitors against whom there was proof in the end. */
  readonly convictedShare: number
  /** The fewest that a fork convicted, which are more than may be tolerated; nothing where there was no fork. */
  readonly convictedByForkMin: number | null
}

export interface WorldsOptions {
  readonly seed: string
  readonly worlds: number
  readonly members: number
  /** One traitor more than can be tolerated. @default false */
  readonly overrun?: boolean
}

/** Of the members as many are traitors as can be tolerated, each with one of these attacks. In every other world members crash and come back. */
export function attackWorlds(attack: string, attacks: readonly Attack[], options: WorldsOptions): WorldsRow {
  const { seed, worlds, members, overrun = false } = options
  const runs = Array.from({ length: worlds }, (_, world): AgreementRun => {
    return runAgreement({ seed: `${seed} ${attack} ${world}`, members, attacks, overrun, restarts: world % 2 === 1 })
  })
  const sum = (of: (run: AgreementRun) => number) => runs.reduce((all, run) => all + of(run), 0)
  const endedMs = runs.map((run) => run.endedMs).sort((a, b) => a - b)
  const forked = runs.filter(({ isForked }) => isForked)
  const traitors = sum((run) => run.traitors.length)
  return {
    attack,
    worlds,
    honest: members - traitors / worlds,
    traitors: traitors / worlds,
    violations: sum(({ violations }) => violations.length),
    forks: forked.length,
    undecided: overrun ? 0 : sum(({ honest, decided }) => honest - decided),
    p50Ms: Math.round(endedMs[Math.floor(worlds / 2)] ?? 0),
    p95Ms: Math.round(endedMs[Math.floor(worlds * 0.95)] ?? 0),
    // There is one piece of evidence for each who is convicted.
    convictedShare: sum(({ evidence }) => evidence.length) / traitors,
    convictedByForkMin: forked.length === 0 ? null : Math.min(...forked.map(({ evidence }) => evidence.length)),
  }
}
