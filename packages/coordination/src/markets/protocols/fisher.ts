/**
 * A Fisher market as a session: each agent says what whole goods are worth to it, has a budget that whoever runs the market gave it, and gets
 * what is worth most to it at prices that sell everything out. With equal budgets nobody would rather have what another got.
 */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { z } from 'zod'
import { askedRules } from '../../agents/asked-text.ts'
import type { Protocol } from '../../sessions/protocol.ts'
import { fisherEquilibrium } from '../fisher-market.ts'
import {
  type ByGood,
  byGood,
  byGoodSchema,
  checkBudgets,
  checkGoods,
  type Goods,
  type GoodsGiven,
  goodsRule,
  isOfGoods,
  rowOf,
} from '../goods.ts'
import { largestRemainder } from '../largest-remainder.ts'
import { type AskedQuestion, type ClearedWith, type Stated, statementProtocol } from '../statement.ts'
import type { ClearedMarket, UnclearedMarket } from './market-outcome.ts'

export interface FisherSpec {
  readonly goods: GoodsGiven
  /** What an agent has to spend, by its id: whole numbers. @default budget */
  readonly budgets?: { readonly [agent: string]: number }
  /** Of agents without one of their own. @default 1000000 */
  readonly budget?: number
  /** More is called not converged. @default 1e-6 */
  readonly residualMax?: number
  /** @default says what is asked for */
  readonly question?: string
  /** What agents should know besides; they get it as `context.about`. @default nothing */
  readonly context?: unknown
}

export const fisherDefaults = {
  budgets: {},
  budget: 1_000_000,
  residualMax: 1e-6,
  question: 'What is each of these goods worth to you?',
} as const satisfies Omit<FisherSpec, 'goods'>

/**
 * What an agent answers where `context.market` is `fisher`, as the `value` of its ballot: worth of one unit of each good, in any unit of its
 * own, 0 for those not named.
 * @example { utilities: { cpu: 3, gpu: 10 } }
 */
export const utilitiesStatement = z.object({ utilities: byGoodSchema })

export interface FisherCleared extends ClearedMarket {
  /**
   * By agent and good: what it pays, in whole units of money. Each agent's sum to its budget, to the unit; so what a good earns may
   * differ from its price by less than one unit of money for each of its buyers.
   */
  readonly payments: { readonly [agent: string]: ByGood }
  /** By agent and good: whole units of what there is, where there is more than one; each good's sum to what there is of it. */
  readonly units: { readonly [agent: string]: ByGood }
}

export type FisherOutcome = FisherCleared | UnclearedMarket

interface CheckedFisher extends AskedQuestion {
  readonly goods: Goods
  readonly budgets: ReadonlyMap<string, number>
  readonly residualMax: number
}

type Utilities = z.infer<typeof utilitiesStatement>

/** `fisher`. Fails to start with `foundation/invalid-option`, `foundation/unknown-name`, `coordination/market-too-large`. */
export const fisher: Protocol<FisherSpec, CheckedFisher, unknown, FisherOutcome> = statementProtocol({
  name: 'fisher',
  schema: utilitiesStatement,
  check(spec: FisherSpec, participants): CheckedFisher {
    checkOptions('fisher', spec, {
      goods: goodsRule,
      budgets: rule.optional(rule.object()),
      budget: rule.optional(rule.int(1)),
      residualMax: rule.optional(rule.number(Number.MIN_VALUE)),
      ...askedRules,
    })
    const { budgets, budget, residualMax, question } = { ...fisherDefaults, ...definedOptions(spec) }
    const ids = participants.map(({ id }) => id)
    const goods = checkGoods('fisher', spec.goods, { participants: ids.length })
    const units = Object.fromEntries(goods.names.map((name, good) => [name, goods.units[good]]))
    const checked = checkBudgets('fisher', budgets, { ids, others: budget })
    const context = { market: 'fisher', goods: units, budgets: Object.fromEntries(checked), about: spec.context }
    return { goods, budgets: checked, residualMax, question, context }
  },
  refusalOf({ goods }, { utilities }: Utilities) {
    if (!isOfGoods(goods, utilities)) return 'unknown-good'
    return Object.values(utilities).some((worth) => worth > 0) ? undefined : 'wants-nothing'
  },
  clear: clearFisher,
})

function clearFisher(
  { goods, budgets, residualMax }: CheckedFisher,
  stated: readonly Stated<Utilities>[],
  { refused }: ClearedWith,
): FisherOutcome {
  if (stated.length === 0) return { type: 'uncleared', reason: 'no-statements', refused }
  const money = stated.map(({ from }) => budgets.get(from) as number)
  // Worth of all there is of each good, so that shares are of 1.
  const utilities = stated.map(({ said }) =>
    rowOf(goods, said.utilities).map((worth, good) => worth * (goods.units[good] as number)),
  )
  const market = { budgets: money, utilities }
  const { residual, iterations, prices, shares } = fisherEquilibrium(market, { residualMax: residualMax / 10 })
  if (!(residual <= residualMax)) return { type: 'uncleared', reason: 'not-converged', residual, refused }
  const payments = shares.map((own, at) =>
    largestRemainder(
      money[at] as number,
      own.map((share, good) => share * (prices[good] as number)),
    ),
  )
  const units = wholeUnits(goods, shares)
  const named = (table: readonly (readonly number[])[]) =>
    Object.fromEntries(stated.map(({ from }, at) => [from, byGood(goods, table[at] ?? [])]))
  return {
    type: 'cleared',
    prices: Object.fromEntries(
      goods.names.map((name, at) => [name, (prices[at] as number) / (goods.units[at] as number)]),
    ),
    shares: named(shares),
    payments: named(payments),
    units: named(units),
    residual,
    iterations,
    refused,
  }
}

/** [agent][good]: shares as whole units where there is more than one unit, else 0. */
function wholeUnits({ units }: Goods, shares: readonly (readonly number[])[]): number[][] {
  const table = shares.map((own) => own.map(() => 0))
  for (const [good, there] of units.entries()) {
    if (there === 1) continue
    const parts = largestRemainder(
      there,
      shares.map((own) => own[good] ?? 0),
    )
    for (const [agent, part] of parts.entries()) (table[agent] as number[])[good] = part
  }
  return table
}
