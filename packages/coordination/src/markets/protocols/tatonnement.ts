/**
 * Prices called round by round as a session: each agent says what it would take at the prices called, and prices move until that is what there
 * is. Nobody need know what anybody's demand comes from; where goods are gross substitutes it ends.
 */

import { checkOptions, definedOptions, invalidOption, rule } from '@mabeam/foundation'
import { z } from 'zod'
import { askedRules } from '../../agents/asked-text.ts'
import type { Answer, Participant, Protocol, ProtocolCommand, Turn } from '../../sessions/protocol.ts'
import {
  type ByGood,
  byGood,
  byGoodSchema,
  checkGoods,
  type Goods,
  type GoodsGiven,
  goodsRule,
  isOfGoods,
  rowOf,
} from '../goods.ts'
import { counted, type RefusedStatements, type StatementRefusal, statementOf } from '../statement.ts'
import { type TatonnementState as Called, newTatonnement, tatonnementStep } from '../tatonnement.ts'
import type { ClearedMarket, UnclearedMarket } from './market-outcome.ts'

export interface TatonnementSpec {
  readonly goods: GoodsGiven
  /** To begin with, of one unit. @default 1 of each */
  readonly prices?: ByGood
  /** Demand this near to supply is a market that clears. @default 1e-6 */
  readonly residualMax?: number
  /** Prices called at most. @default 200 */
  readonly callsMax?: number
  /** @default says what is asked for */
  readonly question?: string
  /** What agents should know besides; they get it as `context.about`. @default nothing */
  readonly context?: unknown
}

export const tatonnementDefaults = {
  prices: {},
  residualMax: 1e-6,
  callsMax: 200,
  question: 'How much of each good would you take at these prices?',
} as const satisfies Omit<TatonnementSpec, 'goods'>

/**
 * What an agent answers where `context.market` is `tatonnement`, as the `value` of its ballot: units that it would
 * take, parts of units too. The prices, of one unit, are in `context.prices`.
 * @example { demand: { cpu: 3.25, ram: 16 } }
 */
export const demandStatement = z.object({ demand: byGoodSchema })

export type TatonnementOutcome = ClearedMarket | UnclearedMarket

interface CheckedTatonnement {
  readonly goods: Goods
  readonly prices: readonly number[]
  readonly residualMax: number
  readonly callsMax: number
  readonly question: string
  readonly context: unknown
}

interface SessionState {
  readonly spec: CheckedTatonnement
  readonly called: Called
  /** Counted from 1. */
  readonly call: number
  /** Who still takes part: who fails to answer once, or says what can't be, has left, so that prices do not chase what nobody takes. */
  readonly members: readonly string[]
  /** At the prices of this call. */
  readonly demands: ReadonlyMap<string, readonly number[]>
  readonly refused: RefusedStatements
}

type TatonnementTurn = Turn<SessionState, TatonnementOutcome>

/** `tatonnement`. Fails to start with `foundation/invalid-option`, `foundation/unknown-name`, `coordination/market-too-large`. */
export const tatonnementMarket: Protocol<TatonnementSpec, CheckedTatonnement, SessionState, TatonnementOutcome> = {
  name: 'tatonnement',
  version: 1,
  check: checkTatonnement,
  begin({ spec, participants }) {
    const members = participants.map(({ id }) => id)
    return nextCall({ spec, called: newTatonnement(spec.prices), call: 0, members, demands: new Map(), refused: {} })
  },
  step(before, event) {
    if (event.type === 'ended') {
      const { residual } = before.called
      return uncleared(before, 'ended', Number.isFinite(residual) ? residual : undefined)
    }
    if (event.type !== 'answers') return [before, []]
    const state = event.answers.reduce(demanded, before)
    return event.pending > 0 ? [state, []] : moved(state)
  },
}

function checkTatonnement(spec: TatonnementSpec, participants: readonly Participant[]): CheckedTatonnement {
  checkOptions('tatonnement', spec, {
    goods: goodsRule,
    prices: rule.optional(rule.object()),
    residualMax: rule.optional(rule.number(Number.MIN_VALUE)),
    callsMax: rule.optional(rule.int(1, 1_000_000)),
    ...askedRules,
  })
  const { prices, residualMax, callsMax, question, context } = {
    ...tatonnementDefaults,
    context: undefined,
    ...definedOptions(spec),
  }
  const goods = checkGoods('tatonnement', spec.goods, { participants: participants.length })
  const given: ByGood = prices
  for (const [name, price] of Object.entries(given)) {
    if (!goods.names.includes(name))
      throw invalidOption('tatonnement', `prices.${name}`, 'a good of this market', price)
    if (!(price >= 1e-9 && price <= 1e9))
      throw invalidOption('tatonnement', `prices.${name}`, 'a number from 1e-9 to 1e9', price)
  }
  const first = rowOf(goods, given).map((price) => price || 1)
  return { goods, prices: first, residualMax, callsMax, question, context }
}

function nextCall(state: SessionState): TatonnementTurn {
  const { spec, called, members } = state
  const call = state.call + 1
  const prices = byGood(spec.goods, called.prices)
  const ask: ProtocolCommand<TatonnementOutcome> = {
    type: 'ask',
    ask: `call ${call}`,
    round: call,
    request: 'ballot',
    question: { question: spec.question, context: { market: 'tatonnement', prices, call, about: spec.context } },
    to: members,
  }
  return [{ ...state, call, demands: new Map() }, [ask]]
}

function demanded(state: SessionState, answer: Answer): SessionState {
  const { goods } = state.spec
  const read = statementOf(demandStatement, answer)
  const refusal: StatementRefusal | undefined =
    typeof read === 'string' ? read : isOfGoods(goods, read.said.demand) ? undefined : 'unknown-good'
  if (refusal !== undefined || typeof read === 'string') {
    const members = state.members.filter((id) => id !== answer.from)
    return { ...state, members, refused: counted(state.refused, refusal ?? 'malformed') }
  }
  return { ...state, demands: new Map(state.demands).set(answer.from, rowOf(goods, read.said.demand)) }
}

function moved(state: SessionState): TatonnementTurn {
  const { spec, called, call, members, demands, refused } = state
  if (members.length === 0) return uncleared(state, 'no-statements')
  const { names, units } = spec.goods
  // In the order of members, so that sums do not depend on who answered first.
  const rows = members.map((id) => demands.get(id) ?? names.map(() => 0))
  const total = names.map((_, good) => rows.reduce((sum, own) => sum + (own[good] as number), 0))
  const next = tatonnementStep(called, total, units)
  const progress: ProtocolCommand<TatonnementOutcome> = {
    type: 'progress',
    progress: { call, residual: next.residual, prices: byGood(spec.goods, called.prices) },
  }
  if (next.residual <= spec.residualMax) {
    const shares = rows.map((own) =>
      byGood(
        spec.goods,
        own.map((amount, good) => amount / (units[good] as number)),
      ),
    )
    const outcome: TatonnementOutcome = {
      type: 'cleared',
      prices: byGood(spec.goods, called.prices),
      shares: Object.fromEntries(members.map((id, at) => [id, shares[at] as ByGood])),
      residual: next.residual,
      iterations: call,
      refused,
    }
    return [state, [progress, { type: 'done', outcome }]]
  }
  if (call >= spec.callsMax) return uncleared(state, 'not-converged', next.residual)
  const [asking, asks] = nextCall({ ...state, called: next })
  return [asking, [progress, ...asks]]
}

function uncleared(state: SessionState, reason: UnclearedMarket['reason'], residual?: number): TatonnementTurn {
  const { refused } = state
  const outcome: UnclearedMarket =
    residual === undefined ? { type: 'uncleared', reason, refused } : { type: 'uncleared', reason, residual, refused }
  return [state, [{ type: 'done', outcome }]]
}
