/**
 * Votes in which everybody chooses one option: asks all once, counts as answers come, and ends as soon as nothing can change any
 * more. Majority, quorum, weighted and Byzantine votes are this step with other rules and weights.
 */

import type { Beginning, Feedback, ProtocolCommand, ProtocolEvent, Turn } from '../sessions/protocol.ts'
import { type BallotBox, type BoxSetup, emptyBox, reweighed, withAnswers } from './ballot-box.ts'
import { type BallotPaper, paperQuestion } from './ballot-paper.ts'
import { isWeight, unitsOf } from './unit-weights.ts'
import { type Ending, earlyOutcome, finalOutcome, type VoteOutcome } from './vote-outcome.ts'
import { drawnPriority, type RulePlan } from './vote-rule.ts'
import { earlyVerdict, leaderOf, type VoteRule } from './vote-standing.ts'
import { type Weighing, weighed } from './weighing.ts'

/** A vote that has been checked. */
export interface VotePlan {
  readonly paper: BallotPaper<unknown>
  readonly rules: RulePlan
  readonly weighing: Weighing
  /** By participant, as given: before discounts and caps. */
  readonly weights: readonly number[]
  /** Whether weights may change while it runs. */
  readonly isWeighted: boolean
  /** Of the weights as weighed. */
  readonly traitorWeight: number
  readonly traitorsCan: VoteRule['traitorsCan']
  readonly confidence: 'ignore' | 'scale'
}

export interface VoteState {
  readonly plan: VotePlan
  readonly setup: BoxSetup
  readonly weights: readonly number[]
  readonly box: BallotBox
  readonly priority: readonly number[] | undefined
}

/** For those who watch: where a vote stands after some answers, or that it was told something it can't use. */
export type VoteProgress =
  | {
      readonly type: 'standing'
      readonly leading: string
      /** Of all weight. */
      readonly share: number
      /** The share of all weight that has not been heard of. */
      readonly remaining: number
    }
  | { readonly type: 'feedback-refused'; readonly why: string }

const ask = 'vote'

export function beginVote({ spec, random }: Beginning<VotePlan>): Turn<VoteState, VoteOutcome<unknown>> {
  const { paper, rules, weighing, weights, confidence } = spec
  const setup: BoxSetup = {
    places: new Map(weighing.ids.map((id, place) => [id, place])),
    optionPlaces: new Map(paper.options.map((option, place) => [option, place])),
    confidence,
  }
  const priority = drawnPriority(rules.tie, paper.options.length, random)
  const state = { plan: spec, setup, weights, box: emptyBox(setup, weighed(weighing, weights)), priority }
  return [state, [{ type: 'ask', ask, round: 1, request: 'vote', question: paperQuestion(paper) }]]
}

export function stepVote(state: VoteState, event: ProtocolEvent): Turn<VoteState, VoteOutcome<unknown>> {
  switch (event.type) {
    case 'answers': {
      const next = { ...state, box: withAnswers(state.setup, state.box, event.answers) }
      if (event.pending > 0) return early(next)
      return [next, [{ type: 'done', outcome: finalOutcome(endingOf(next)) }]]
    }
    case 'feedback':
      return told(state, event.feedback)
    case 'ended':
      return [state, [{ type: 'done', outcome: finalOutcome(endingOf(state), event.reason) }]]
    default:
      return [state, []]
  }
}

function early(state: VoteState): Turn<VoteState, VoteOutcome<unknown>> {
  const { plan, box } = state
  const ending = endingOf(state)
  const verdict = plan.rules.earlyStop ? earlyVerdict(ending.rule, box.standing) : undefined
  if (verdict === undefined) return [state, [standingOf(state)]]
  const done = { type: 'done', outcome: earlyOutcome(ending, verdict) } as const
  return [state, [{ type: 'close-ask', ask }, done]]
}

function told(state: VoteState, feedback: Feedback): Turn<VoteState, VoteOutcome<unknown>> {
  const weights = changedWeights(state, feedback)
  if (typeof weights === 'string') {
    const progress: VoteProgress = { type: 'feedback-refused', why: weights }
    return [state, [{ type: 'progress', progress }]]
  }
  const box = reweighed(state.setup, state.box, weighed(state.plan.weighing, weights))
  return early({ ...state, weights, box })
}

/** The weights as told, or why they can't be that. */
function changedWeights(state: VoteState, feedback: Feedback): readonly number[] | string {
  if (feedback.type !== 'weights') return 'a vote understands weights only'
  if (!state.plan.isWeighted) return 'in this vote all weigh the same'
  const weights = [...state.weights]
  for (const [id, weight] of Object.entries(feedback.weights)) {
    const place = state.setup.places.get(id)
    if (place === undefined) return `nobody is called ${JSON.stringify(id.slice(0, 100))}`
    if (!isWeight(weight)) return `the weight of ${JSON.stringify(id)} is no finite number from 0`
    weights[place] = weight
  }
  return weights.some((weight) => weight > 0) ? weights : 'all weights are 0'
}

function standingOf({ plan, box, priority }: VoteState): ProtocolCommand<never> {
  const { counts, total, remaining } = box.standing
  const first = leaderOf({ priority }, counts)
  const progress: VoteProgress = {
    type: 'standing',
    leading: plan.paper.options[first] ?? '',
    share: (counts[first] ?? 0) / total,
    remaining: remaining / total,
  }
  return { type: 'progress', progress }
}

function endingOf({ plan, box, priority }: VoteState): Ending {
  const traitorUnits = unitsOf(plan.traitorWeight, box.weights)
  const rule: VoteRule = { ...plan.rules.rule, priority, traitorUnits, traitorsCan: plan.traitorsCan }
  return { paper: plan.paper, rule, ids: plan.weighing.ids, box }
}
