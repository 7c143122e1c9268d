/** Laws of figures, for one drawn world each: `undefined`, or what was broken. So that planted bugs can be held against them. */

import { type Random, seededRandom } from '@mabeam/foundation'
import type { SessionReport, SessionStatus } from '../sessions/session.ts'
import type { agentRecords } from './agent-record.ts'
import type { decisionQuality } from './decision-quality.ts'
import type { SessionFacts } from './session-facts.ts'

export interface TestedFigures {
  readonly jain: (amounts: readonly number[]) => number
  readonly gini: (amounts: readonly number[]) => number
  readonly facts: (report: SessionReport) => SessionFacts
  readonly records: typeof agentRecords
  readonly quality: typeof decisionQuality
}

export type FigureLaw = (tested: TestedFigures, seed: number) => string | undefined

const near = (a: number, b: number) => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b))

export const figureLaws: { readonly [law: string]: FigureLaw } = {
  'an index lies between that of all alike and that of one who has all'({ jain, gini }, seed) {
    const amounts = drawnAmounts(seededRandom(`between ${seed}`))
    const n = amounts.length
    const [j, g] = [jain(amounts), gini(amounts)]
    if (!(j >= 1 / n - 1e-12 && j <= 1)) return `jain ${j} of ${amounts}`
    return g >= 0 && g <= (n - 1) / n + 1e-12 ? undefined : `gini ${g} of ${amounts}`
  },

  'all alike is 1 and 0, one who has all is 1 / n and (n - 1) / n'({ jain, gini }, seed) {
    const random = seededRandom(`ends ${seed}`)
    const n = 1 + random.int(30)
    const amount = 10 ** (random.int(300) - 150)
    const alike = Array.from({ length: n }, () => amount)
    const one = alike.map((each, at) => (at === 0 ? each : 0))
    if (!near(jain(alike), 1) || !near(gini(alike), 0)) return `${jain(alike)} and ${gini(alike)} of all alike`
    return near(jain(one), 1 / n) && near(gini(one), (n - 1) / n) ? undefined : `${jain(one)} and ${gini(one)} of one`
  },

  'neither order nor unit nor a second population like the first matters'({ jain, gini }, seed) {
    const random = seededRandom(`same ${seed}`)
    const amounts = drawnAmounts(random)
    const others = {
      'another order': random.shuffle(amounts),
      'another unit': amounts.map((amount) => amount * 1000),
      'twice as many': [...amounts, ...amounts],
    }
    for (const [what, other] of Object.entries(others)) {
      if (!near(jain(amounts), jain(other)) || !near(gini(amounts), gini(other))) return `${what} of ${amounts}`
    }
    return undefined
  },

  'what goes from the richer to the poorer makes it more even'({ jain, gini }, seed) {
    const random = seededRandom(`transfer ${seed}`)
    const amounts = [...drawnAmounts(random), 1 + random.int(50), 60 + random.int(50)]
    const [poor, rich] = [amounts.length - 2, amounts.length - 1]
    const moved = ((amounts[rich] ?? 0) - (amounts[poor] ?? 0)) / (2 + random.int(5))
    const after = amounts.map((one, at) => (at === poor ? one + moved : at === rich ? one - moved : one))
    if (!(jain(after) > jain(amounts))) return `jain of ${amounts} does not rise`
    return gini(after) < gini(amounts) ? undefined : `gini of ${amounts} does not fall`
  },

  'influence sums to the decisions that somebody voted for, payments to what was paid'({ facts, records }, seed) {
    const { reports, paid } = drawnHistory(seededRandom(`sums ${seed}`))
    const all = reports.map(facts)
    const agents = records(all, new Map())
    const decided = all.filter((one) => one.isResolved && one.votes.some(({ option }) => option === one.option))
    const influence = agents.reduce((sum, one) => sum + one.influence, 0)
    if (!near(influence, decided.length)) return `influence ${influence} of ${decided.length} decisions`
    const sum = agents.reduce((whole, one) => whole + BigInt(one.paid), 0n)
    if (sum !== paid) return `paid ${sum} of ${paid}`
    const votes = agents.reduce((whole, one) => whole + one.votes, 0)
    return votes === all.reduce((whole, one) => whole + one.votes.length, 0) ? undefined : `${votes} votes`
  },

  'shares are shares, parts are no more than the whole, and those of protocols sum'({ facts, quality }, seed) {
    const random = seededRandom(`parts ${seed}`)
    const { reports, truths, resolved } = drawnHistory(random)
    const all = reports.map(facts)
    const whole = quality(all, truths)
    if (whole.resolved !== resolved) return `${whole.resolved} resolved of ${resolved}`
    const parts = [...Map.groupBy(all, ({ report }) => report.protocol).values()].map((some) => quality(some, truths))
    for (const key of ['ended', 'resolved', 'known', 'right'] as const) {
      const sum = parts.reduce((all_, part) => all_ + part[key], 0)
      if (sum !== whole[key]) return `${key}: ${sum} of ${whole[key]}`
    }
    if (whole.resolved > whole.ended || whole.right > whole.known || whole.votes.right > whole.votes.known) {
      return `more than the whole: ${JSON.stringify(whole)}`
    }
    const { resolvedShare, meanSupport, meanMargin, meanTurnout, agreement, accuracy } = whole
    const shares = [resolvedShare, meanSupport, meanMargin, meanTurnout, agreement, accuracy, whole.votes.brier]
    const isFine = shares.every((share) => share === null || (share >= 0 && share <= 1))
    return isFine ? undefined : `no shares: ${shares}`
  },

  'who is always sure and right has accuracy 1 and Brier 0, who is always sure and wrong 0 and 1'(tested, seed) {
    const random = seededRandom(`sure ${seed}`)
    const { reports } = drawnHistory(random)
    const all = reports.map(tested.facts).filter(({ votes }) => votes.length > 0)
    const watched = all[0]?.votes[0]?.from
    if (watched === undefined) return undefined
    const isRight = random.int(2) === 0
    const sure = all.map((facts) => ({
      ...facts,
      votes: facts.votes.map((vote) => ({ ...vote, confidence: 1 })),
    }))
    const truths = new Map<string, string>()
    for (const { report, votes } of sure) {
      const said = votes.find(({ from }) => from === watched)
      if (said !== undefined) truths.set(report.id, isRight ? said.option : `not ${said.option}`)
    }
    const record = tested.records(sure, truths).find(({ agent }) => agent === watched)
    const { accuracy, brier, known } = record?.forecasts ?? {}
    if (known !== truths.size) return `${known} known of ${truths.size}`
    const isFine = accuracy === Number(isRight) && near(brier ?? -1, Number(!isRight))
    return isFine ? undefined : `${accuracy} and ${brier}`
  },
}

function drawnAmounts(random: Random): number[] {
  const isSparse = random.int(2) === 0
  return Array.from({ length: 1 + random.int(20) }, () => (isSparse && random.int(2) === 0 ? 0 : random.int(100)))
}

/** Votes of two protocols and auctions, some of which failed or decided nothing; some of the truths. */
function drawnHistory(random: Random) {
  const agents = Array.from({ length: 2 + random.int(6) }, (_, at) => `a${at}`)
  const truths = new Map<string, string>()
  let [paid, resolved] = [0n, 0]
  const reports = Array.from({ length: 1 + random.int(12) }, (_, at): SessionReport => {
    const id = `s${at}`
    if (random.int(2) === 0) truths.set(id, drawnOption(random))
    const awards = agents.slice(random.int(agents.length)).map((bidder) => ({ bidder, pays: random.int(2 ** 50) }))
    const outcome = random.int(3) === 0 ? { type: 'awarded', awards } : drawnVote(random, agents)
    const status: SessionStatus = random.int(6) === 0 ? 'failed' : 'done'
    if (status === 'done' && outcome.type !== 'undecided') resolved++
    if (status === 'done' && 'awards' in outcome) for (const { pays } of awards) paid += BigInt(pays)
    return {
      id,
      protocol: 'awards' in outcome ? 'auction' : (['majority', 'weighted'][random.int(2)] ?? ''),
      status,
      participants: agents,
      startedMs: at,
      rounds: 1,
      messages: random.int(100),
      bytes: 0,
      latencyMs: random.int(100),
      participation: 1,
      mode: 'direct',
      ...(status === 'done' && { outcome }),
    }
  })
  return { reports, truths, paid, resolved }
}

function drawnVote(random: Random, agents: readonly string[]) {
  const votes = agents.slice(random.int(agents.length)).map((from) => {
    return { from, option: drawnOption(random), confidence: random.next() }
  })
  const option = drawnOption(random)
  const support = votes.filter((vote) => vote.option === option).length / votes.length
  const figures = { votes, support, margin: support, turnout: votes.length / agents.length }
  return random.int(4) === 0
    ? { type: 'undecided', ...figures }
    : { type: 'decided', option, value: option, ...figures }
}

function drawnOption(random: Random): string {
  return ['ship', 'wait', 'stop'][random.int(3)] ?? ''
}
