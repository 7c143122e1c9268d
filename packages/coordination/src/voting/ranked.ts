/** Ranked choice: everybody puts the options in order, and a method finds the winner. */

import { checkOptions, invalidOption, type OptionRule, rule } from '@mabeam/foundation'
import type { Answer, EndReason, Participant, Protocol, ProtocolEvent, Turn } from '../sessions/protocol.ts'
import { type BallotPaper, ballotPaper, type PaperSpec, paperOptions, paperQuestion } from './ballot-paper.ts'
import { bordaCount } from './borda.ts'
import { voterIds } from './equal-vote.ts'
import { instantRunoff } from './instant-runoff.ts'
import {
  type RankedBallot,
  type RankedCount,
  type RankedSteps,
  type RankedVerdict,
  rankedUnits,
} from './ranked-ballots.ts'
import { schulze } from './schulze.ts'
import { reaches, type Share, type ShareNeeded, shareOf } from './share.ts'
import { drawnPriority, type TiePolicy } from './vote-rule.ts'

export type RankedMethod = 'instant-runoff' | 'schulze' | 'borda'

const methods: { readonly [M in RankedMethod]: (count: RankedCount) => RankedVerdict } = {
  'instant-runoff': instantRunoff,
  schulze,
  borda: bordaCount,
}

export interface RankedSpec<V> extends Omit<PaperSpec<V>, 'proposal'> {
  /** At most 128. */
  readonly options: readonly V[]
  /** @default 'instant-runoff' */
  readonly method?: RankedMethod | undefined
  /** The share of participants that must give a ranking or abstain. @default { moreThan: 1 / 2 } */
  readonly quorum?: ShareNeeded | 'none' | undefined
  /** What decides where a method finds options equal. @default 'undecided' */
  readonly tie?: TiePolicy | undefined
}

export const rankedDefaults = {
  method: 'instant-runoff',
  quorum: { moreThan: 1 / 2 },
  tie: 'undecided',
} as const satisfies Omit<RankedSpec<never>, 'options'>

/** All pairs are compared, on each ballot. */
export const rankedOptionsMax = 128

const { options: _, proposal: __, ...sharedOptions } = paperOptions
const rankedOptions: { readonly [K in keyof Required<RankedSpec<unknown>>]: OptionRule } = {
  ...sharedOptions,
  options: rule.array(),
  method: rule.optional(rule.oneOf(Object.keys(methods))),
  quorum: rule.optional(rule.any()),
  tie: rule.optional(rule.oneOf(['undecided', 'first', 'random'])),
}

/** How a ranked choice came about; participants by what they did. */
export interface RankedTally {
  readonly ballots: number
  /** Ranked nothing. */
  readonly abstained: number
  readonly absent: number
  /** Named what is no option, or one twice. */
  readonly spoiled: number
  /** Counts are in the order of the options. */
  readonly steps: RankedSteps
}

interface RankedFigures {
  /** By method, see there. */
  readonly support: number
  readonly margin: number
  /** The share of participants that ranked or abstained. */
  readonly turnout: number
  readonly tally: RankedTally
}

export type RankedOutcome<V> =
  | ({ readonly type: 'decided'; readonly option: string; readonly value: V } & RankedFigures)
  | ({
      readonly type: 'undecided'
      readonly reason: 'tie' | 'no-quorum' | 'below-threshold' | EndReason
      /** Options that are tied. */
      readonly tied: readonly string[]
    } & RankedFigures)

interface RankedPlan {
  readonly paper: BallotPaper<unknown>
  readonly voters: readonly string[]
  readonly method: RankedMethod
  readonly quorum: Share | undefined
  readonly tie: TiePolicy
}

interface RankedState {
  readonly plan: RankedPlan
  readonly places: ReadonlyMap<string, number>
  readonly priority: readonly number[] | undefined
  /** Rankings as places, and others as what they are. */
  readonly papers: readonly (readonly number[] | 'abstained' | 'absent' | 'spoiled')[]
}

/** *Requests*: `rank`, once; all that answer are waited for. Reason `below-threshold`: nobody ranked anything. */
export const ranked: Protocol<RankedSpec<unknown>, RankedPlan, RankedState, RankedOutcome<unknown>> = {
  name: 'ranked',
  version: 1,
  check: (spec, participants) => checkRanked(spec, participants),
  begin({ spec, random }) {
    const { options } = spec.paper
    const places = new Map(options.map((option, place) => [option, place]))
    const state = { plan: spec, places, priority: drawnPriority(spec.tie, options.length, random), papers: [] }
    return [state, [{ type: 'ask', ask: 'rank', round: 1, request: 'rank', question: paperQuestion(spec.paper) }]]
  },
  step: stepRanked,
}

function checkRanked(spec: RankedSpec<unknown>, participants: readonly Participant[]): RankedPlan {
  checkOptions('ranked', spec, rankedOptions)
  const { method, quorum, tie } = rankedDefaults
  if (spec.options.length > rankedOptionsMax) {
    throw invalidOption('ranked', 'options', `at most ${rankedOptionsMax} options`, spec.options.length)
  }
  const needed = spec.quorum ?? quorum
  return {
    paper: ballotPaper('ranked', spec),
    voters: voterIds('ranked', participants),
    method: spec.method ?? method,
    quorum: needed === 'none' ? undefined : shareOf('ranked', 'quorum', needed),
    tie: spec.tie ?? tie,
  }
}

function stepRanked(state: RankedState, event: ProtocolEvent): Turn<RankedState, RankedOutcome<unknown>> {
  switch (event.type) {
    case 'answers': {
      const papers = event.answers.map((answer) => paperOf(state, answer as Answer<'rank'>))
      const next = { ...state, papers: state.papers.concat(papers) }
      return [next, event.pending > 0 ? [] : [{ type: 'done', outcome: outcomeOf(next) }]]
    }
    case 'ended': {
      const outcome = outcomeOf(state)
      const isOpen = outcome.type === 'undecided'
      return [state, [{ type: 'done', outcome: isOpen ? { ...outcome, reason: event.reason } : outcome }]]
    }
    case 'feedback':
      return [state, [{ type: 'progress', progress: { type: 'feedback-refused', why: 'a ranked choice takes none' } }]]
    default:
      return [state, []]
  }
}

function paperOf({ places }: RankedState, answer: Answer<'rank'>): RankedState['papers'][number] {
  if ('absent' in answer) return 'absent'
  const { ranking } = answer.value
  if (ranking.length === 0) return 'abstained'
  const known = ranking.flatMap((name) => places.get(name) ?? [])
  return known.length < ranking.length || new Set(known).size < known.length ? 'spoiled' : known
}

function outcomeOf({ plan, papers, priority }: RankedState): RankedOutcome<unknown> {
  const { paper, voters, method, quorum } = plan
  const ballots = papers.flatMap((one): RankedBallot[] => (typeof one === 'string' ? [] : [{ ranking: one, units: 1 }]))
  const { winners, support, margin, steps } = methods[method]({ options: paper.options.length, ballots, priority })
  const countOf = (what: string) => papers.filter((one) => one === what).length
  const [abstained, spoiled] = [countOf('abstained'), countOf('spoiled')]
  const absent = voters.length - ballots.length - abstained - spoiled
  const present = ballots.length + abstained
  const tally: RankedTally = { ballots: ballots.length, abstained, absent, spoiled, steps }
  const figures: RankedFigures = { support, margin, turnout: present / voters.length, tally }
  const names = winners.map((place) => paper.options[place] ?? '')
  const undecided = { type: 'undecided', tied: winners.length > 1 ? names : [], ...figures } as const
  if (quorum !== undefined && !reaches(quorum, present, voters.length)) return { ...undecided, reason: 'no-quorum' }
  if (rankedUnits(ballots) === 0) return { ...undecided, reason: 'below-threshold' }
  const [winner = 0, ...others] = winners
  if (others.length > 0) return { ...undecided, reason: 'tie' }
  return { type: 'decided', option: names[0] ?? '', value: paper.values[winner], ...figures }
}
