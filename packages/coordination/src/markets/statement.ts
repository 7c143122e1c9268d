/**
 * Markets to which everybody says once what it wants and has, and which then clear: what is asked, which statements count, and the protocol
 * around the arithmetic. What does not count is counted by why.
 */

import type { Random } from '@mabeam/foundation'
import type { z } from 'zod'
import type { RequestAnswer } from '../agents/agent-request.ts'
import type { Answer, Beginning, Outcome, Participant, Protocol, ProtocolEvent, Turn } from '../sessions/protocol.ts'

/** Why a statement does not count. */
export type StatementRefusal =
  /** It is not of the shape that the market documents. */
  | 'malformed'
  /** It names what this market does not trade, or whom it does not match. */
  | 'unknown-good'
  /** It is worth nothing to anybody: no utility above 0. */
  | 'wants-nothing'
  /** It has nothing to bring. */
  | 'has-nothing'
  /** There was no answer. */
  | 'absent'

/** Statements that do not count, by why; reasons that did not occur are not there. */
export type RefusedStatements = { readonly [reason in StatementRefusal]?: number }

export interface Stated<T> {
  readonly from: string
  readonly said: T
}

/** What is particular to a market of statements. `Asked` is what its check gives. */
export interface StatementMarket<Spec, Asked extends AskedQuestion, T, O extends Outcome> {
  readonly name: string
  readonly check: (spec: Spec, participants: readonly Participant[]) => Asked
  /** Of the `value` of a ballot. */
  readonly schema: z.ZodType<T>
  /** What is wrong with one, if anything. */
  readonly refusalOf: (asked: Asked, said: T) => StatementRefusal | undefined
  /** From those that count, in the order of participants. */
  readonly clear: (asked: Asked, stated: readonly Stated<T>[], besides: ClearedWith) => O
}

export interface AskedQuestion {
  readonly question: string
  readonly context: unknown
}

export interface ClearedWith {
  readonly refused: RefusedStatements
  readonly random: Random
}

interface StatementState<Asked, T> {
  readonly asked: Asked
  readonly participants: readonly string[]
  readonly random: Random
  readonly heard: ReadonlyMap<string, T>
  readonly refused: RefusedStatements
}

/**
 * The protocol: one `ballot` of each, and the market clears when all have answered or time is up, with what it has. The order in which
 * answers come makes no difference.
 */
export function statementProtocol<Spec, Asked extends AskedQuestion, T, O extends Outcome>(
  market: StatementMarket<Spec, Asked, T, O>,
): Protocol<Spec, Asked, unknown, O> {
  return {
    name: market.name,
    version: 1,
    check: market.check,
    begin: ({ spec: asked, participants, random }: Beginning<Asked>) => {
      const ids = participants.map(({ id }) => id)
      const state: StatementState<Asked, T> = { asked, participants: ids, random, heard: new Map(), refused: {} }
      const { question, context } = asked
      return [state, [{ type: 'ask', ask: 'statements', round: 1, request: 'ballot', question: { question, context } }]]
    },
    step: (state, event) => statementStep(market, state as StatementState<Asked, T>, event),
  }
}

function statementStep<Spec, Asked extends AskedQuestion, T, O extends Outcome>(
  market: StatementMarket<Spec, Asked, T, O>,
  before: StatementState<Asked, T>,
  event: ProtocolEvent,
): Turn<unknown, O> {
  if (event.type !== 'answers' && event.type !== 'ended') return [before, []]
  const state = event.type === 'answers' ? heard(market, before, event.answers) : before
  if (event.type === 'answers' && event.pending > 0) return [state, []]
  const { asked, refused, random } = state
  const stated = state.participants.flatMap((from) => {
    const said = state.heard.get(from)
    return said === undefined ? [] : [{ from, said }]
  })
  return [state, [{ type: 'done', outcome: market.clear(asked, stated, { refused, random }) }]]
}

function heard<Spec, Asked extends AskedQuestion, T, O extends Outcome>(
  market: StatementMarket<Spec, Asked, T, O>,
  state: StatementState<Asked, T>,
  answers: readonly Answer[],
): StatementState<Asked, T> {
  const all = new Map(state.heard)
  let { refused } = state
  for (const answer of answers) {
    const read = statementOf(market.schema, answer)
    const refusal = typeof read === 'string' ? read : market.refusalOf(state.asked, read.said)
    if (refusal !== undefined) refused = counted(refused, refusal)
    else if (typeof read !== 'string') all.set(answer.from, read.said)
  }
  return { ...state, heard: all, refused }
}

/** What a ballot says, or why it says nothing. */
export function statementOf<T>(schema: z.ZodType<T>, answer: Answer): { readonly said: T } | StatementRefusal {
  if ('absent' in answer) return answer.absent === 'malformed' ? 'malformed' : 'absent'
  // The loop has checked that it answers the request that was made.
  const parsed = schema.safeParse((answer.value as RequestAnswer<'ballot'>).value)
  return parsed.success ? { said: parsed.data } : 'malformed'
}

export function counted(refused: RefusedStatements, reason: StatementRefusal): RefusedStatements {
  return { ...refused, [reason]: (refused[reason] ?? 0) + 1 }
}
