/**
 * Iterative refinement: everybody says what it thinks, and only where that is contested each is shown what the others say and asked
 * anew, until they agree or it is of no use to go on. What it stopped for has a name, whatever participants do: who does not answer
 * stays where it was, and who jumps about for ever meets the last round.
 */

import type { RequestAnswer } from '../agents/agent-request.ts'
import type {
  Answer,
  AskCommand,
  EndReason,
  Participant,
  Protocol,
  ProtocolCommand,
  Turn,
} from '../sessions/protocol.ts'
import type { Assessment, Stance, StandingValue } from './ballot-contest.ts'
import { type CheckedIterative, checkIterative, type IterativeSpec } from './iterative-spec.ts'
import { exactWeights, reweighed } from './participant-weights.ts'
import { type RefinementStatus, type RoundMark, refinementStop } from './refinement-stop.ts'

/** How a refinement went. */
export interface RefinementFigures {
  readonly status: RefinementStatus
  /** Where the session had to end: why. */
  readonly limit?: EndReason
  /** The share of the weight behind the value; for numbers that within `spreadMax` of it. */
  readonly agreement: number
  /** Numbers: how far apart they were, trimmed. */
  readonly spread?: number
  /** The share of the weight that moved in the last round. */
  readonly change: number
  /** Rounds in which participants were asked anew. */
  readonly refinements: number
  /** The share of participants that have a ballot. */
  readonly turnout: number
  /** Answers of the right shape that were no values here. */
  readonly refused: number
  readonly standing: readonly StandingValue[]
}

/**
 * `decided`: numbers always, with the spread saying how far it can be relied on; else when more than half of the weight stands behind
 * the value. `contested`: no value has that. `too-few-ballots`: none, or of numbers not `2 traitors + 1`.
 */
export type IterativeOutcome =
  | ({ readonly type: 'decided'; readonly value: unknown } & RefinementFigures)
  | ({ readonly type: 'undecided'; readonly reason: 'contested' | 'too-few-ballots' } & RefinementFigures)

/** For those who watch, after each round. */
export interface RefinementProgress {
  readonly type: 'round-ended'
  readonly round: number
  readonly agreement: number
  readonly spread?: number
  readonly change: number
}

export interface IterativeState {
  readonly checked: CheckedIterative
  readonly participants: readonly Participant[]
  readonly weights: ReadonlyMap<string, number>
  /** Counted from 1. */
  readonly round: number
  readonly requests: number
  readonly stances: ReadonlyMap<string, Stance>
  /** Of this round, until all have come. */
  readonly heard: readonly Stance[]
  readonly refused: number
  readonly marks: readonly RoundMark[]
}

type IterativeTurn = Turn<IterativeState, IterativeOutcome>

/**
 * `decide(team, { kind: 'iterative', values: 'numeric', question, spreadMax })`. Agents answer `estimate` (numbers), `vote` (discrete with
 * options) or `ballot`, and `refine`. Confidence is not used. Feedback of type `weights` counts from the end of the round on.
 */
export const iterativeProtocol: Protocol<IterativeSpec, CheckedIterative, IterativeState, IterativeOutcome> = {
  name: 'iterative',
  version: 1,
  ownOptions: ['roundsMax'],
  check: checkIterative,
  begin({ spec: checked, participants }) {
    const state: IterativeState = {
      checked,
      participants,
      weights: checked.weights,
      round: 1,
      requests: participants.length,
      stances: new Map(),
      heard: [],
      refused: 0,
      marks: [],
    }
    return [state, [firstAsk(checked)]]
  },
  step(state, event) {
    switch (event.type) {
      case 'answers': {
        if (event.ask !== askName(state.round)) return [state, []]
        const next = taken(state, event.answers)
        return event.pending > 0 ? [next, []] : roundEnded(next)
      }
      case 'feedback':
        return [{ ...state, weights: reweighed(state.weights, event.feedback) }, []]
      case 'ended':
        return ended(state, event.reason)
      default:
        return [state, []]
    }
  },
}

function askName(round: number): string {
  return round === 1 ? 'ballot' : `refine-${round}`
}

function firstAsk({ spec }: CheckedIterative): ProtocolCommand<never> {
  const { question, context, unit, options } = spec
  const asked = { question, ...(context === undefined ? {} : { context }) }
  const ask = { type: 'ask', ask: askName(1), round: 1 } as const
  if (spec.values === 'numeric') {
    return { ...ask, request: 'estimate', question: { ...asked, ...(unit === undefined ? {} : { unit }) } }
  }
  if (options !== undefined) return { ...ask, request: 'vote', question: { ...asked, options: [...options] } }
  return { ...ask, request: 'ballot', question: asked }
}

/** Who is absent or abstains says nothing new. */
function taken(state: IterativeState, answers: readonly Answer[]): IterativeState {
  const heard: Stance[] = []
  let { refused } = state
  for (const answer of answers) {
    if ('absent' in answer) continue
    const said = answer.value as RequestAnswer<'vote'> | RequestAnswer<'ballot'>
    const given = 'option' in said ? said.option : said.value
    if ('option' in said && given === null) continue
    const value = state.checked.contest.read(given)
    if (value === undefined) refused++
    else heard.push({ from: answer.from, value, reason: said.reason })
  }
  return { ...state, heard: state.heard.concat(heard), refused }
}

function roundEnded(before: IterativeState): IterativeTurn {
  const [state, assessment, change] = settled(before)
  const { spec } = state.checked
  const nextRequests = state.requests + state.stances.size
  const status =
    assessment.value === undefined ? 'no-gain' : refinementStop(state.marks, spec, nextRequests <= spec.requestsMax)
  const progress: RefinementProgress = {
    type: 'round-ended',
    round: state.round,
    agreement: assessment.agreement,
    ...(assessment.spread === undefined ? {} : { spread: assessment.spread }),
    change,
  }
  const told = { type: 'progress', progress } as const
  if (status !== undefined) return [state, [told, done(state, assessment, { status, change })]]
  const round = state.round + 1
  return [{ ...state, round, requests: nextRequests }, [told, refineAsk(state, assessment, round)]]
}

/** Takes over what was heard; the mark of the round goes with the others. */
function settled(state: IterativeState): readonly [state: IterativeState, assessment: Assessment, change: number] {
  const stances = new Map(state.stances)
  const weights = exactWeights('iterative', state.weights)
  const heard = new Map(state.heard.map((stance) => [stance.from, stance]))
  let [moved, total] = [0, 0]
  // In the order of participants, so that it does not matter in which order they answered.
  for (const { id } of state.participants) {
    const [was, now] = [state.stances.get(id), heard.get(id)]
    if (now !== undefined) stances.set(id, now)
    const weight = stances.has(id) ? (weights.get(id) ?? 0) : 0
    total += weight
    if (now !== undefined && (was === undefined || state.checked.contest.hasMoved(was.value, now.value)))
      moved += weight
  }
  const change = total === 0 ? 0 : moved / total
  const weighed = [...stances.values()].map((stance) => ({ ...stance, weight: weights.get(stance.from) ?? 0 }))
  const assessment = state.checked.contest.assess(weighed)
  const mark = { isSettled: assessment.isSettled, discord: assessment.discord, change }
  return [{ ...state, stances, heard: [], marks: [...state.marks, mark] }, assessment, change]
}

/** Who never had a ballot is not asked again; each of the others is told what it said itself. */
function refineAsk({ checked, stances }: IterativeState, { standing }: Assessment, round: number): AskCommand {
  const { question, context } = checked.spec
  return {
    type: 'ask',
    ask: askName(round),
    round,
    request: 'refine',
    question: {
      question,
      ...(context === undefined ? {} : { context }),
      own: null,
      standing: standing.map((one) => ({ ...one, reasons: [...one.reasons] })),
    },
    own: Object.fromEntries(stances.values().map(({ from, value }) => [from, value])),
    to: [...stances.keys()],
  }
}

function ended(before: IterativeState, limit: EndReason): IterativeTurn {
  const [state, assessment, change] = settled(before)
  return [state, [done(state, assessment, { status: 'budget', change, limit })]]
}

function done(
  state: IterativeState,
  { value, agreement, spread, standing }: Assessment,
  end: Pick<RefinementFigures, 'status' | 'change' | 'limit'>,
): ProtocolCommand<IterativeOutcome> {
  const figures: RefinementFigures = {
    ...end,
    agreement,
    ...(spread === undefined ? {} : { spread }),
    refinements: state.round - 1,
    turnout: state.stances.size / state.participants.length,
    refused: state.refused,
    standing,
  }
  if (value === undefined) {
    return { type: 'done', outcome: { type: 'undecided', reason: 'too-few-ballots', ...figures } }
  }
  const isDecided = state.checked.spec.values === 'numeric' || agreement > 0.5
  if (!isDecided) return { type: 'done', outcome: { type: 'undecided', reason: 'contested', ...figures } }
  return { type: 'done', outcome: { type: 'decided', value, ...figures } }
}
