/**
 * Pairs of two sides as a session: everybody ranks the other side, and nobody is matched so that two would rather have each other. The side
 * that proposes is served best.
 */

import { checkOptions, definedOptions, invalidOption, rule, unknownName } from '@mabeam/foundation'
import type { RequestAnswer } from '../../agents/agent-request.ts'
import { askedRules } from '../../agents/asked-text.ts'
import { marketTooLarge } from '../../errors/market-errors.ts'
import type { Answer, AskCommand, Outcome, Participant, Protocol, Turn } from '../../sessions/protocol.ts'
import { stableMatching } from '../stable-matching.ts'
import { counted, type RefusedStatements } from '../statement.ts'

export interface MatchingSpec {
  /** Ids of agents. */
  readonly proposers: readonly string[]
  /** Ids of agents; nobody is on both sides. */
  readonly receivers: readonly string[]
  /** How many a receiver takes, by its id. @default 1 of each */
  readonly capacities?: { readonly [receiver: string]: number }
  /** @default says what is asked for */
  readonly question?: string
  /** What agents should know besides. @default nothing */
  readonly context?: unknown
}

export const matchingDefaults = {
  capacities: {},
  question: 'Whom do you want to be matched with? Best first; leave out whom you do not want.',
} as const satisfies Omit<MatchingSpec, 'proposers' | 'receivers'>

/** Of each side, in one session. */
export const matchingSideMax = 1_000

export interface MatchingOutcome extends Outcome {
  readonly type: 'matched'
  /** By receiver: its proposers, best first. Stable for the rankings given; who gave none is matched with nobody. */
  readonly pairs: { readonly [receiver: string]: readonly string[] }
  readonly unmatched: readonly string[]
  readonly proposals: number
  readonly refused: RefusedStatements
}

interface CheckedMatching {
  readonly proposers: readonly string[]
  readonly receivers: readonly string[]
  readonly capacities: readonly number[]
  readonly question: string
  readonly context: unknown
}

interface MatchingState {
  readonly spec: CheckedMatching
  readonly rankings: ReadonlyMap<string, readonly string[]>
  readonly refused: RefusedStatements
  /** Asks that are not over. */
  readonly open: readonly string[]
}

/** `matching`. Fails to start with `foundation/invalid-option`, `foundation/unknown-name`, `coordination/market-too-large`. */
export const matching: Protocol<MatchingSpec, CheckedMatching, MatchingState, MatchingOutcome> = {
  name: 'matching',
  version: 1,
  check: checkMatching,
  begin({ spec }) {
    const { proposers, receivers, question, context } = spec
    const asked = (ask: string, to: readonly string[], options: readonly string[]): AskCommand => {
      return { type: 'ask', ask, round: 1, request: 'rank', to, question: { question, context, options: [...options] } }
    }
    const asks = [asked('proposers', proposers, receivers), asked('receivers', receivers, proposers)]
    return [{ spec, rankings: new Map(), refused: {}, open: ['proposers', 'receivers'] }, asks]
  },
  step(before, event) {
    if (event.type === 'ended') return finished(before)
    if (event.type !== 'answers') return [before, []]
    const state = event.answers.reduce(ranked, before)
    const open = event.pending > 0 ? state.open : state.open.filter((ask) => ask !== event.ask)
    return open.length > 0 ? [{ ...state, open }, []] : finished({ ...state, open })
  },
}

function checkMatching(spec: MatchingSpec, participants: readonly Participant[]): CheckedMatching {
  checkOptions('matching', spec, {
    proposers: rule.array(),
    receivers: rule.array(),
    capacities: rule.optional(rule.object()),
    ...askedRules,
  })
  const { proposers, receivers, capacities, question, context } = {
    ...matchingDefaults,
    context: undefined,
    ...definedOptions(spec),
  }
  const ids = participants.map(({ id }) => id)
  const named = [...proposers, ...receivers]
  for (const [side, own] of Object.entries({ proposers, receivers })) {
    if (own.length === 0) throw invalidOption('matching', side, 'at least one agent', own)
    if (own.length > matchingSideMax) throw marketTooLarge('matching', side, matchingSideMax, own.length)
  }
  for (const id of named) if (!ids.includes(id)) throw unknownName('matching', 'agent', String(id), ids)
  if (new Set(named).size < named.length)
    throw invalidOption('matching', 'receivers', 'each agent once, on one side', receivers)
  for (const [id, capacity] of Object.entries(capacities)) {
    if (!receivers.includes(id)) throw unknownName('matching', 'receiver', id, receivers)
    if (!Number.isSafeInteger(capacity) || (capacity as number) < 0) {
      throw invalidOption('matching', `capacities.${id}`, 'a whole number >= 0', capacity)
    }
  }
  const rooms: { readonly [receiver: string]: number } = capacities
  const taken = receivers.map((id) => (Object.hasOwn(rooms, id) ? (rooms[id] as number) : 1))
  return { proposers, receivers, capacities: taken, question, context }
}

/** A ranking that names whom there is not, or one twice, is none. */
function ranked(state: MatchingState, answer: Answer): MatchingState {
  if ('absent' in answer) {
    return { ...state, refused: counted(state.refused, answer.absent === 'malformed' ? 'malformed' : 'absent') }
  }
  const { proposers, receivers } = state.spec
  const others = new Set(proposers.includes(answer.from) ? receivers : proposers)
  // The loop has checked that it answers the request that was made.
  const { ranking } = answer.value as RequestAnswer<'rank'>
  if (!ranking.every((id) => others.has(id))) return { ...state, refused: counted(state.refused, 'unknown-good') }
  if (new Set(ranking).size < ranking.length) return { ...state, refused: counted(state.refused, 'malformed') }
  return { ...state, rankings: new Map(state.rankings).set(answer.from, ranking) }
}

function finished(state: MatchingState): Turn<MatchingState, MatchingOutcome> {
  const { proposers, receivers, capacities } = state.spec
  const places = (side: readonly string[], others: readonly string[]) => {
    const placeOf = new Map(others.map((id, place) => [id, place]))
    return side.map((id) => (state.rankings.get(id) ?? []).map((other) => placeOf.get(other) as number))
  }
  const found = stableMatching({
    proposers: places(proposers, receivers),
    receivers: places(receivers, proposers),
    capacities,
  })
  const pairs = receivers.map((id, at) => [id, (found.proposersOf[at] ?? []).map((one) => proposers[one] as string)])
  const unmatched = proposers.filter((_, at) => (found.receiverOf[at] as number) < 0)
  const outcome: MatchingOutcome = {
    type: 'matched',
    pairs: Object.fromEntries(pairs),
    unmatched,
    proposals: found.proposals,
    refused: state.refused,
  }
  return [state, [{ type: 'done', outcome }]]
}
