/**
 * A barrier: passed once enough have arrived. An agent arrives by answering `ballot`; it may take as long as it needs to, up to the
 * time-out of the ask.
 */

import { checkOptions, invalidOption, rule } from '@mabeam/foundation'
import { questionRule } from '../agents/asked-text.ts'
import type { Absence, Participant, Protocol, ProtocolEvent, Turn } from './protocol.ts'

export interface BarrierSpec {
  /** What is waited for: the question that agents are asked. */
  readonly label: string
  /** How many must arrive. @default all */
  readonly needed?: number
  /** For agents. @default none */
  readonly context?: unknown
  /** Who has not arrived by then is absent. @default answerTimeoutMs of the session */
  readonly timeoutMs?: number
}

export type BarrierOutcome =
  | { readonly type: 'passed'; readonly arrived: readonly string[] }
  /** Too many can't arrive any more, or time is up. */
  | {
      readonly type: 'broken'
      readonly arrived: readonly string[]
      readonly absent: { readonly [id: string]: Absence }
    }

type CheckedBarrier = BarrierSpec & { readonly needed: number }

interface BarrierState {
  readonly needed: number
  readonly arrived: readonly string[]
  readonly absent: { readonly [id: string]: Absence }
}

/** *Ensures*: passes with the first `needed` to arrive; is broken as soon as it can't be passed any more. */
export const barrier: Protocol<BarrierSpec, CheckedBarrier, BarrierState, BarrierOutcome> = {
  name: 'barrier',
  version: 1,
  check(spec, participants) {
    checkOptions('barrier', spec, {
      label: questionRule,
      needed: rule.optional(rule.int(1)),
      context: rule.optional(rule.any()),
      timeoutMs: rule.optional(rule.int(1)),
    })
    const { needed = participants.length } = spec
    if (needed > participants.length) throw neededTooMany(participants, needed)
    return { ...spec, needed }
  },
  begin({ spec: { label, needed, context, timeoutMs } }) {
    const question = { question: label, ...(context !== undefined && { context }) }
    const wait = { ...(timeoutMs !== undefined && { timeoutMs }) }
    return [
      { needed, arrived: [], absent: {} },
      [{ type: 'ask', ask: 'arrive', round: 1, request: 'ballot', question, ...wait }],
    ]
  },
  step(state, event) {
    if (event.type === 'ended') return [state, [{ type: 'done', outcome: broken(state) }]]
    return event.type === 'answers' ? onAnswers(state, event) : [state, []]
  },
}

function onAnswers(
  state: BarrierState,
  { answers, pending }: Extract<ProtocolEvent, { type: 'answers' }>,
): Turn<BarrierState, BarrierOutcome> {
  const [arrived, absent] = [[...state.arrived], { ...state.absent }]
  for (const answer of answers) {
    if ('absent' in answer) absent[answer.from] = answer.absent
    else arrived.push(answer.from)
  }
  const next = { ...state, arrived, absent }
  if (arrived.length >= state.needed) return [next, [{ type: 'done', outcome: { type: 'passed', arrived } }]]
  if (arrived.length + pending >= state.needed) return [next, []]
  return [next, [{ type: 'done', outcome: broken(next) }]]
}

function broken({ arrived, absent }: BarrierState): BarrierOutcome {
  return { type: 'broken', arrived, absent }
}

function neededTooMany(participants: readonly Participant[], needed: number) {
  return invalidOption('barrier', 'needed', `at most ${participants.length}, as many as take part`, needed)
}
