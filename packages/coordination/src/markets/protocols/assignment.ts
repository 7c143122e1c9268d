/**
 * Who gets which of some things, one each, as a session: each agent says what each is worth to it, and the sum of worths is made the
 * largest. The prices found are such that nobody would rather pay for another one.
 */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { z } from 'zod'
import { askedRules } from '../../agents/asked-text.ts'
import { marketTooLarge } from '../../errors/market-errors.ts'
import type { Protocol } from '../../sessions/protocol.ts'
import { assignment, assignmentMax, assignmentValueMax } from '../assignment.ts'
import { type ByGood, byGood, checkGoods, type Goods, isOfGoods, rowOf } from '../goods.ts'
import {
  type AskedQuestion,
  type ClearedWith,
  type RefusedStatements,
  type Stated,
  statementProtocol,
} from '../statement.ts'
import type { UnclearedMarket } from './market-outcome.ts'

export interface AssignmentSpec {
  /** Of each there is one, and each agent gets one at most. */
  readonly items: readonly string[]
  /** @default says what is asked for */
  readonly question?: string
  /** What agents should know besides; they get it as `context.about`. @default nothing */
  readonly context?: unknown
}

export const assignmentDefaults = {
  question: 'What is each of these worth to you, in whole units of money? You get one at most.',
} as const satisfies Omit<AssignmentSpec, 'items'>

/**
 * What an agent answers where `context.market` is `assignment`, as the `value` of its ballot: whole worths; what is not named is worth nothing
 * to it.
 * @example { values: { 'shift-1': 30, 'shift-2': 10 } }
 */
export const valuesStatement = z.object({
  values: z.record(z.string().min(1).max(1_024), z.number().int().min(0).max(assignmentValueMax)),
})

export type AssignmentOutcome =
  | {
      readonly type: 'cleared'
      /** By agent: its item. Who has none, or one that is worth nothing to it, is not named. */
      readonly items: { readonly [agent: string]: string }
      /** The sum of worths: the largest there is. */
      readonly value: number
      /** Whole; of items that somebody has. Advice, or what they are sold for. */
      readonly prices: ByGood
      readonly refused: RefusedStatements
    }
  | UnclearedMarket

interface CheckedAssignment extends AskedQuestion {
  readonly goods: Goods
}

type Values = z.infer<typeof valuesStatement>

/** `assignment`. Fails to start with `foundation/invalid-option`, `foundation/unknown-name`, `coordination/market-too-large`. */
export const assignmentMarket: Protocol<AssignmentSpec, CheckedAssignment, unknown, AssignmentOutcome> =
  statementProtocol({
    name: 'assignment',
    schema: valuesStatement,
    check(spec: AssignmentSpec, participants): CheckedAssignment {
      checkOptions('assignment', spec, {
        items: rule.array(),
        ...askedRules,
      })
      const { question } = { ...assignmentDefaults, ...definedOptions(spec) }
      if (participants.length > assignmentMax) {
        throw marketTooLarge('assignment', 'participants', assignmentMax, participants.length)
      }
      const goods = checkGoods('assignment', spec.items, { participants: participants.length, key: 'items' })
      return { goods, question, context: { market: 'assignment', items: goods.names, about: spec.context } }
    },
    refusalOf({ goods }, { values }: Values) {
      if (!isOfGoods(goods, values)) return 'unknown-good'
      return Object.values(values).some((worth) => worth > 0) ? undefined : 'wants-nothing'
    },
    clear: clearAssignment,
  })

function clearAssignment(
  { goods }: CheckedAssignment,
  stated: readonly Stated<Values>[],
  { refused, random }: ClearedWith,
): AssignmentOutcome {
  if (stated.length === 0) return { type: 'uncleared', reason: 'no-statements', refused }
  // Among assignments of equal value the order of rows decides: drawn, so that nobody is favoured.
  const drawn = random.shuffle(stated.toSorted((a, b) => (a.from < b.from ? -1 : 1)))
  const values = drawn.map(({ said }) => rowOf(goods, said.values))
  const best = assignment(values)
  const items = drawn.flatMap(({ from }, agent) => {
    const item = best.items[agent] as number
    const name = goods.names[item]
    return name === undefined || values[agent]?.[item] === 0 ? [] : [[from, name] as const]
  })
  return {
    type: 'cleared',
    items: Object.fromEntries(items.toSorted(([a], [b]) => (a < b ? -1 : 1))),
    value: best.value,
    prices: byGood(goods, best.prices),
    refused,
  }
}
