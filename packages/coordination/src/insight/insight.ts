/** What a node knows about its coordination: from the sessions that it remembers, and from what turned out to be true since. */

import { checkOptions, invalidOption, type Node, rule } from '@mabeam/foundation'
import { type Coordination, coordination } from '../coordination.ts'
import { unknownSession } from '../errors/insight-errors.ts'
import type { HistoryQuery } from '../sessions/session-history.ts'
import type { NamedVote } from '../voting/vote-outcome.ts'
import { type CoordinationReport, coordinationReportOf } from './coordination-report.ts'
import { forecastQuality, forecastsOf } from './decision-quality.ts'
import { type SessionFacts, sessionFacts } from './session-facts.ts'

export interface ReportQuery extends HistoryQuery {
  /** Agents shown, those that took part most often; figures are of all. @default 100 */
  readonly agentsMax?: number
}

export const reportDefaults = { agentsMax: 100 } as const satisfies Partial<ReportQuery>

/** What came of telling the truth about a session. */
export interface Learned {
  readonly session: string
  readonly truth: string
  /** What had been decided; `undefined` where nothing was, or not between options. */
  readonly option: string | undefined
  readonly isRight: boolean
  /** As `expertStep` takes them, for weights that follow how often each was right. */
  readonly votes: readonly NamedVote[]
}

/** There is one on a node, beside its coordination; it ends with it. */
export interface Insight extends AsyncDisposable {
  /**
   * Says which option was right in a session that has ended; said again, the last one counts. It is remembered as long as the session is.
   *
   * Throws: `coordination/unknown-session`; `foundation/invalid-option` for a truth that is no name.
   * @example insight.learned(decision.session, 'ship')
   */
  learned(session: string, truth: string): Learned
  /**
   * Worked out anew each time, at once: 0.3 s for 1,000 sessions of 200 votes each; `limit` bounds it.
   *
   * Throws: `foundation/invalid-option`, `foundation/unknown-name`.
   */
  report(query?: ReportQuery): CoordinationReport
}

/** The insight of a node. Rejects as `coordination` does. */
export async function insight(node: Node): Promise<Insight> {
  return await node.part('coordination-insight', async () => new NodeInsight(node, await coordination(node)))
}

/**
 * What there is to say about coordination on this node, as data; `coordinationReportTable` makes it a text.
 *
 * Rejects as `coordination` does, and with `foundation/invalid-option` and `foundation/unknown-name`.
 * @example console.log(coordinationReportTable(await coordinationReport(node, { protocol: 'majority' })))
 */
export async function coordinationReport(node: Node, query: ReportQuery = {}): Promise<CoordinationReport> {
  return (await insight(node)).report(query)
}

class NodeInsight implements Insight {
  readonly #node: Node
  readonly #coordination: Coordination
  /** Of sessions that are remembered: others are forgotten when there are twice as many. */
  readonly #truths = new Map<string, string>()

  constructor(node: Node, here: Coordination) {
    this.#node = node
    this.#coordination = here
  }

  learned(session: string, truth: string): Learned {
    if (typeof truth !== 'string' || truth === '' || truth.length > 1_024) {
      throw invalidOption('learned', 'truth', 'the name of an option', truth)
    }
    const reports = this.#coordination.history()
    const report = reports.find(({ id }) => id === session)
    if (report === undefined) throw unknownSession(session)
    this.#truths.set(session, truth)
    if (this.#truths.size > 2 * reports.length) {
      const remembered = new Set(reports.map(({ id }) => id))
      for (const id of this.#truths.keys()) if (!remembered.has(id)) this.#truths.delete(id)
    }
    const facts = sessionFacts(report)
    const isRight = facts.isResolved && facts.option === truth
    this.#tell(facts, isRight)
    const { option, votes } = facts
    return { session, truth, option: facts.isResolved ? option : undefined, isRight, votes }
  }

  report(query: ReportQuery = {}): CoordinationReport {
    const { agentsMax = reportDefaults.agentsMax, ...asked } = query ?? {}
    checkOptions('coordinationReport', { agentsMax }, { agentsMax: rule.int(0, 100_000) })
    return coordinationReportOf({
      node: this.#node.name,
      atMs: this.#node.clock.nowMs(),
      reports: this.#coordination.history(asked),
      truths: this.#truths,
      participationOf: (agent) => this.#coordination.participation(agent),
      agentsMax,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#truths.clear()
  }

  #tell(facts: SessionFacts, isRight: boolean): void {
    const { telemetry } = this.#node
    if (!telemetry.enabled) return
    const { id, protocol } = facts.report
    const { known, right, brier } = forecastQuality(forecastsOf(facts, this.#truths).map(({ forecast }) => forecast))
    const decided = isRight ? 'right' : facts.isResolved ? 'wrong' : 'undecided'
    telemetry.emit({
      name: 'coordination.truth-learned',
      measurements: { votes: known, right, ...(brier !== null && { brier }) },
      metadata: { session: id, protocol, decided },
    })
  }
}
