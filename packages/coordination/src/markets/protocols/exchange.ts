/**
 * An exchange without money as a session: each agent says what it brings and what goods are worth to it, sells what it brings at the prices
 * found and gets what is worth most to it for the proceeds.
 */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { z } from 'zod'
import { askedRules } from '../../agents/asked-text.ts'
import type { Protocol } from '../../sessions/protocol.ts'
import { exchangeEquilibrium } from '../exchange-market.ts'
import {
  type ByGood,
  byGood,
  byGoodSchema,
  checkGoods,
  exchangeCellsMax,
  type Goods,
  isOfGoods,
  rowOf,
} from '../goods.ts'
import { largestRemainder } from '../largest-remainder.ts'
import { type AskedQuestion, type ClearedWith, type Stated, statementProtocol } from '../statement.ts'
import type { ClearedMarket, UnclearedMarket } from './market-outcome.ts'

export interface ExchangeSpec {
  /** Their names. */
  readonly goods: readonly string[]
  /** More is called not converged. @default 1e-6 */
  readonly residualMax?: number
  /** @default says what is asked for */
  readonly question?: string
  /** What agents should know besides; they get it as `context.about`. @default nothing */
  readonly context?: unknown
}

export const exchangeDefaults = {
  residualMax: 1e-6,
  question: 'What do you bring, in whole units, and what is one unit of each good worth to you?',
} as const satisfies Omit<ExchangeSpec, 'goods'>

/**
 * What an agent answers where `context.market` is `exchange`, as the `value` of its ballot: whole units that it gives
 * away, and worth of a unit of each good to it.
 * @example { endowment: { apple: 10 }, utilities: { apple: 1, pear: 3 } }
 */
export const exchangeStatement = z.object({
  endowment: z.record(z.string().min(1).max(1_024), z.number().int().min(0).max(1e9)),
  utilities: byGoodSchema,
})

export interface ExchangeCleared extends ClearedMarket {
  /**
   * By agent and good: whole units that it ends up with; each good's sum to what was brought. `shares` balance exactly with what was
   * brought; whole units within one of each good.
   */
  readonly units: { readonly [agent: string]: ByGood }
}

export type ExchangeOutcome = ExchangeCleared | UnclearedMarket

interface CheckedExchange extends AskedQuestion {
  readonly goods: Goods
  readonly residualMax: number
}

type Offer = z.infer<typeof exchangeStatement>

/** `exchange`. Prices are such that all that was brought is worth 1. Fails to start with `foundation/invalid-option`, `foundation/unknown-name`, `coordination/market-too-large`. */
export const exchange: Protocol<ExchangeSpec, CheckedExchange, unknown, ExchangeOutcome> = statementProtocol({
  name: 'exchange',
  schema: exchangeStatement,
  check(spec: ExchangeSpec, participants): CheckedExchange {
    checkOptions('exchange', spec, {
      goods: rule.array(),
      residualMax: rule.optional(rule.number(Number.MIN_VALUE)),
      ...askedRules,
    })
    const { residualMax, question } = { ...exchangeDefaults, ...definedOptions(spec) }
    const goods = checkGoods('exchange', spec.goods, { participants: participants.length, cellsMax: exchangeCellsMax })
    return { goods, residualMax, question, context: { market: 'exchange', goods: goods.names, about: spec.context } }
  },
  refusalOf({ goods }, { endowment, utilities }: Offer) {
    if (!isOfGoods(goods, endowment) || !isOfGoods(goods, utilities)) return 'unknown-good'
    if (!Object.values(endowment).some((units) => units > 0)) return 'has-nothing'
    return Object.values(utilities).some((worth) => worth > 0) ? undefined : 'wants-nothing'
  },
  clear: clearExchange,
})

function clearExchange(
  { goods, residualMax }: CheckedExchange,
  stated: readonly Stated<Offer>[],
  { refused }: ClearedWith,
): ExchangeOutcome {
  if (stated.length === 0) return { type: 'uncleared', reason: 'no-statements', refused }
  const brought = stated.map(({ said }) => rowOf(goods, said.endowment))
  const supply = goods.names.map((_, good) => brought.reduce((sum, own) => sum + (own[good] as number), 0))
  // What nobody brings is not traded.
  const there = supply.flatMap((units, good) => (units > 0 ? [good] : []))
  const traded: Goods = { names: pick(goods.names, there), units: pick(supply, there) }
  const endowments = brought.map((own) => pick(own, there))
  const utilities = stated.map(({ said }) => rowOf(traded, said.utilities))
  const found = exchangeEquilibrium({ endowments, utilities }, { residualMax: residualMax / 10 })
  if (!(found.residual <= residualMax)) {
    return { type: 'uncleared', reason: 'not-converged', residual: found.residual, refused }
  }
  if (!found.prices.some((price) => price > 0)) return { type: 'uncleared', reason: 'nothing-to-trade', refused }
  const named = (table: readonly (readonly number[])[]) =>
    Object.fromEntries(stated.map(({ from }, at) => [from, byGood(traded, table[at] ?? [])]))
  const prices = Object.fromEntries(
    traded.names.map((name, good) => [name, (found.prices[good] as number) / (traded.units[good] as number)]),
  )
  return {
    type: 'cleared',
    prices,
    shares: named(found.shares),
    units: named(settled(traded, endowments, found.shares)),
    residual: found.residual,
    iterations: found.iterations,
    refused,
  }
}

/** Whole units; of what nobody takes everybody keeps its own. */
function settled(
  goods: Goods,
  endowments: readonly (readonly number[])[],
  shares: readonly (readonly number[])[],
): number[][] {
  const table = shares.map((own) => own.map(() => 0))
  for (const [good, there] of goods.units.entries()) {
    const parts = shares.map((own) => own[good] ?? 0)
    const isTraded = parts.some((part) => part > 0)
    const units = isTraded ? largestRemainder(there, parts) : endowments.map((own) => own[good] ?? 0)
    for (const [agent, part] of units.entries()) (table[agent] as number[])[good] = part
  }
  return table
}

function pick<T>(row: readonly T[], places: readonly number[]): T[] {
  return places.map((place) => row[place] as T)
}
