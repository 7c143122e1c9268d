/** What there is to say about coordination on a node, as plain data: a pure function of the sessions that are remembered. */

import type { SessionReport } from '../sessions/session.ts'
import type { AgentParticipation } from '../sessions/session-history.ts'
import { type AgentRecord, agentRecords } from './agent-record.ts'
import { type Spread, spreadOf } from './concentration.ts'
import { type CoordinationEfficiency, coordinationEfficiency } from './coordination-efficiency.ts'
import { type DecisionQuality, decisionQuality, type Truths } from './decision-quality.ts'
import { type SessionFacts, sessionFacts } from './session-facts.ts'

/** An agent, with how it answered in all sessions of this node that are remembered of it, also those older than the others here. */
export interface ReportedAgent extends AgentRecord {
  readonly asked: number
  readonly answered: number
  /** Missed, by why. */
  readonly absences: AgentParticipation['absences']
  readonly meanLatencyMs: number
}

export interface ReportedProtocol {
  readonly protocol: string
  readonly sessions: number
  readonly failed: number
  readonly cancelled: number
  readonly quality: DecisionQuality
  readonly efficiency: CoordinationEfficiency
}

/** Over all agents that took part. */
export interface CoordinationFairness {
  readonly asked: Spread
  readonly wins: Spread
  readonly paid: Spread
  readonly influence: Spread
}

/** JSON. */
export interface CoordinationReport extends Omit<ReportedProtocol, 'protocol'> {
  readonly version: 1
  readonly node: string
  /** In milliseconds since the Unix epoch. */
  readonly atMs: number
  readonly fairness: CoordinationFairness
  /** By protocol, those of most sessions first. */
  readonly protocols: readonly ReportedProtocol[]
  /** Agents that took part, of which those are shown that did most often. */
  readonly agentCount: number
  readonly agents: readonly ReportedAgent[]
}

/** What a report is made of. */
export interface ReportSources {
  readonly node: string
  readonly atMs: number
  readonly reports: readonly SessionReport[]
  readonly truths: Truths
  readonly participationOf: (agent: string) => AgentParticipation | undefined
  /** Agents shown at most. */
  readonly agentsMax: number
}

export function coordinationReportOf(sources: ReportSources): CoordinationReport {
  const { node, atMs, reports, truths, agentsMax } = sources
  const all = reports.map(sessionFacts)
  const agents = agentRecords(all, truths).map((record): ReportedAgent => {
    const { asked = 0, answered = 0, absences = {}, meanLatencyMs = 0 } = sources.participationOf(record.agent) ?? {}
    return { ...record, asked, answered, absences, meanLatencyMs }
  })
  const byProtocol = Map.groupBy(all, ({ report }) => report.protocol)
  const protocols = [...byProtocol].map(([protocol, some]) => ({ protocol, ...figuresOf(some, truths) }))
  return {
    version: 1,
    node,
    atMs,
    ...figuresOf(all, truths),
    fairness: {
      asked: spreadOf(agents.map(({ asked }) => asked)),
      wins: spreadOf(agents.map(({ wins }) => wins)),
      paid: spreadOf(agents.map(({ paid }) => Number(paid))),
      influence: spreadOf(agents.map(({ influence }) => influence)),
    },
    protocols: protocols.sort((a, b) => b.sessions - a.sessions),
    agentCount: agents.length,
    agents: agents.toSorted((a, b) => b.sessions - a.sessions).slice(0, agentsMax),
  }
}

function figuresOf(all: readonly SessionFacts[], truths: Truths): Omit<ReportedProtocol, 'protocol'> {
  return {
    sessions: all.length,
    failed: all.filter(({ report }) => report.status === 'failed').length,
    cancelled: all.filter(({ report }) => report.status === 'cancelled').length,
    quality: decisionQuality(all, truths),
    efficiency: coordinationEfficiency(all),
  }
}
