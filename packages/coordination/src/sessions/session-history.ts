/** What has been: reports of sessions that ended, and how each agent took part. Both are bounded; the oldest go first. */

import { sizedCopy } from '../agents/sized-copy.ts'
import type { Absence, Answer, Outcome } from './protocol.ts'
import type { SessionReport } from './session.ts'

/** How one agent took part in sessions that this node started, as far as they are remembered. */
export interface AgentParticipation {
  readonly agent: string
  /** Requests it was sent and has answered or missed. */
  readonly asked: number
  readonly answered: number
  /** Missed, by why. */
  readonly absences: { readonly [A in Absence]?: number }
  /** The last one, and why in words where that is known: what it threw, or what was wrong with what it said. */
  readonly lastAbsence?: { readonly absent: Absence; readonly because?: string }
  /** Of its answers; 0 without any. */
  readonly meanLatencyMs: number
}

export interface HistoryQuery {
  /** Of this protocol only. */
  readonly protocol?: string
  /** Of sessions in which this agent took part only. */
  readonly agent?: string
  /** The last ones. @default all that are kept */
  readonly limit?: number
}

/** The longest outcome that is kept whole. */
const outcomeBytesMax = 65_536
/** Agents that are remembered. */
const agentsMax = 100_000

interface Tally {
  asked: number
  answered: number
  latencyMs: number
  readonly absences: { [A in Absence]?: number }
  lastAbsence: AgentParticipation['lastAbsence']
}

export class SessionHistory {
  readonly #reportsMax: number
  /** A ring, once it is full. */
  readonly #reports: SessionReport[] = []
  #next = 0
  readonly #agents = new Map<string, Tally>()

  constructor(reportsMax: number) {
    this.#reportsMax = reportsMax
  }

  /** Of an outcome a copy; where it is too long to be kept, or no data, its type. */
  add(report: SessionReport): void {
    if (this.#reportsMax === 0) return
    const { outcome } = report
    this.#reports[this.#next] = outcome === undefined ? report : { ...report, outcome: keptOutcome(outcome) }
    this.#next = (this.#next + 1) % this.#reportsMax
  }

  /** The last ones last. */
  list({ protocol, agent, limit = Number.POSITIVE_INFINITY }: HistoryQuery): readonly SessionReport[] {
    const ordered = [...this.#reports.slice(this.#next), ...this.#reports.slice(0, this.#next)]
    const found = ordered.filter(
      (report) =>
        (protocol === undefined || report.protocol === protocol) &&
        (agent === undefined || report.participants.includes(agent)),
    )
    return found.slice(Math.max(0, found.length - limit))
  }

  heard(answer: Answer): void {
    const known = this.#agents.get(answer.from)
    const tally = known ?? { asked: 0, answered: 0, latencyMs: 0, absences: {}, lastAbsence: undefined }
    if (known === undefined) this.#remember(answer.from, tally)
    tally.asked++
    if ('absent' in answer) {
      const { absent, because } = answer
      tally.absences[absent] = (tally.absences[absent] ?? 0) + 1
      tally.lastAbsence = because === undefined ? { absent } : { absent, because }
      return
    }
    tally.answered++
    tally.latencyMs += answer.latencyMs
  }

  participation(agent: string): AgentParticipation | undefined {
    const tally = this.#agents.get(agent)
    if (tally === undefined) return undefined
    const { asked, answered, latencyMs, absences, lastAbsence } = tally
    const meanLatencyMs = answered === 0 ? 0 : latencyMs / answered
    return { agent, asked, answered, absences: { ...absences }, ...(lastAbsence && { lastAbsence }), meanLatencyMs }
  }

  #remember(agent: string, tally: Tally): void {
    if (this.#agents.size >= agentsMax) {
      const [oldest] = this.#agents.keys()
      if (oldest !== undefined) this.#agents.delete(oldest)
    }
    this.#agents.set(agent, tally)
  }
}

function keptOutcome(outcome: Outcome): Outcome {
  const copy = sizedCopy(outcome, outcomeBytesMax)
  return typeof copy === 'string' ? { type: outcome.type } : (copy.value as Outcome)
}
