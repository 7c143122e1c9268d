/** What each agent has been in the sessions that are remembered: how it took part, with whom it sided, what it got. */

import type { Forecast } from '../voting/brier-score.ts'
import { type ForecastQuality, forecastQuality, forecastsOf, shareOf, type Truths } from './decision-quality.ts'
import type { SessionFacts } from './session-facts.ts'

export interface AgentRecord {
  readonly agent: string
  /** In which it took part. */
  readonly sessions: number
  /** Votes for an option, in sessions whose outcomes name who voted for what. */
  readonly votes: number
  /** Of its votes where something was decided, those for what was decided. */
  readonly agreement: number | null
  /**
   * Its part in what was decided: of each decision that it voted for, one in as many as voted for it, whatever they weigh. Over all agents, the
   * number of decisions that somebody voted for.
   */
  readonly influence: number
  readonly forecasts: ForecastQuality
  /** Sessions in which it got something: an award, a trade, a share that it paid for. */
  readonly wins: number
  /** In whole units of money; as digits, since sums may be larger than a number holds. */
  readonly paid: string
  readonly received: string
}

interface Tally {
  sessions: number
  votes: number
  /** Votes where something was decided, and those for it. */
  judged: number
  agreed: number
  influence: number
  wins: number
  paid: bigint
  received: bigint
  readonly forecasts: Forecast[]
}

/** By agent, in the order in which they first took part. */
export function agentRecords(all: readonly SessionFacts[], truths: Truths): readonly AgentRecord[] {
  const tallies = new Map<string, Tally>()
  for (const facts of all) {
    for (const agent of facts.report.participants) tallyOf(tallies, agent).sessions++
    countVotes(tallies, facts)
    for (const { agent, forecast } of forecastsOf(facts, truths)) tallyOf(tallies, agent).forecasts.push(forecast)
    for (const { agent, paid, received } of facts.settlements) {
      const tally = tallyOf(tallies, agent)
      tally.wins++
      tally.paid += paid
      tally.received += received
    }
  }
  return [...tallies].map(([agent, tally]) => recordOf(agent, tally))
}

function countVotes(tallies: Map<string, Tally>, { votes, option, isResolved }: SessionFacts): void {
  const decided = isResolved ? option : undefined
  const supporters = votes.filter((vote) => vote.option === decided).length
  for (const vote of votes) {
    const tally = tallyOf(tallies, vote.from)
    tally.votes++
    if (decided === undefined) continue
    tally.judged++
    if (vote.option !== decided) continue
    tally.agreed++
    tally.influence += 1 / supporters
  }
}

function recordOf(agent: string, tally: Tally): AgentRecord {
  const { sessions, votes, influence, wins } = tally
  return {
    agent,
    sessions,
    votes,
    agreement: shareOf(tally.agreed, tally.judged),
    influence,
    forecasts: forecastQuality(tally.forecasts),
    wins,
    paid: tally.paid.toString(),
    received: tally.received.toString(),
  }
}

function tallyOf(tallies: Map<string, Tally>, agent: string): Tally {
  const known = tallies.get(agent)
  if (known !== undefined) return known
  const tally: Tally = {
    sessions: 0,
    votes: 0,
    judged: 0,
    agreed: 0,
    influence: 0,
    wins: 0,
    paid: 0n,
    received: 0n,
    forecasts: [],
  }
  tallies.set(agent, tally)
  return tally
}
