/** The goods of a market, and numbers about them by name: as users and agents write them, and as tables that arithmetic takes. */

import { invalidOption, type OptionRule, unknownName } from '@mabeam/foundation'
import { z } from 'zod'
import { nameRule } from '../agents/asked-text.ts'
import { invalidMarket, marketTooLarge } from '../errors/market-errors.ts'

/** Names of goods of which there is one whole each, or how many whole units there are of each. */
export type GoodsGiven = readonly string[] | { readonly [good: string]: number }

const goodsGiven = 'names of goods, or units by name'

export const goodsRule: OptionRule = {
  expected: goodsGiven,
  test: (value) => typeof value === 'object' && value !== null,
  optional: false,
}

export interface Goods {
  readonly names: readonly string[]
  readonly units: readonly number[]
}

/** Numbers by good; 0 for those that are not named. */
export type ByGood = { readonly [good: string]: number }

/** Different goods of one session. */
export const goodsMax = 200
/** Participants times goods of one session, since they are computed in one turn of the node: some tenths of a second at most. */
export const sessionCellsMax = 20_000
/** The same of an exchange, which is solved as many markets with money in turn. */
export const exchangeCellsMax = 5_000

/** Numbers >= 0 by good, as agents state them. */
export const byGoodSchema = z.record(z.string().min(1).max(1_024), z.number().min(0).max(1e15))

/** `key` is what a specification calls them. Throws: `foundation/invalid-option`, `coordination/market-too-large`, `coordination/invalid-market`. */
export function checkGoods(
  owner: string,
  given: GoodsGiven,
  { participants, cellsMax = sessionCellsMax, key = 'goods' }: GoodsLimits,
): Goods {
  const isList = Array.isArray(given)
  if (!isList && (typeof given !== 'object' || given === null)) {
    throw invalidOption(owner, key, goodsGiven, given)
  }
  const entries = isList ? (given as readonly unknown[]).map((name) => [name, 1] as const) : Object.entries(given)
  if (entries.length === 0) throw invalidOption(owner, key, 'at least one name', given)
  if (entries.length > goodsMax) throw marketTooLarge(owner, key, goodsMax, entries.length)
  for (const [name, units] of entries) {
    if (!nameRule.test(name)) throw invalidOption(owner, key, `names, each ${nameRule.expected}`, name)
    if (!Number.isSafeInteger(units) || units < 1)
      throw invalidOption(owner, `${key}.${name}`, 'a whole number >= 1', units)
  }
  const names = entries.map(([name]) => name as string)
  if (new Set(names).size < names.length) throw invalidOption(owner, key, 'each name once', given)
  if (participants === 0) throw invalidMarket(owner, 'participants', 'at least one', 0)
  const cells = participants * names.length
  if (cells > cellsMax) throw marketTooLarge(owner, `participants times ${key}`, cellsMax, cells)
  return { names, units: entries.map(([, units]) => units as number) }
}

interface GoodsLimits {
  readonly participants: number
  readonly cellsMax?: number
  readonly key?: string
}

/** A whole number for each participant: those given, and for all others the same. Throws: `foundation/invalid-option`, `foundation/unknown-name`. */
export function checkBudgets(
  owner: string,
  given: { readonly [agent: string]: number },
  { ids, others }: { readonly ids: readonly string[]; readonly others: number },
): ReadonlyMap<string, number> {
  const known = new Set(ids)
  for (const [id, budget] of Object.entries(given)) {
    if (!known.has(id)) throw unknownName(owner, 'agent', id, ids)
    if (!Number.isSafeInteger(budget) || budget < 1) {
      throw invalidOption(owner, `budgets.${id}`, 'a whole number >= 1', budget)
    }
  }
  return new Map(ids.map((id) => [id, Object.hasOwn(given, id) ? (given[id] as number) : others]))
}

/** Whether all that it names is traded. */
export function isOfGoods({ names }: Goods, numbers: ByGood): boolean {
  return Object.keys(numbers).every((name) => names.includes(name))
}

/** As a row of a table. */
export function rowOf({ names }: Goods, numbers: ByGood): number[] {
  return names.map((name) => (Object.hasOwn(numbers, name) ? (numbers[name] as number) : 0))
}

/** A row by name; what is 0 is left out. */
export function byGood({ names }: Goods, row: readonly number[]): ByGood {
  return Object.fromEntries(names.flatMap((name, good) => (row[good] ? [[name, row[good]]] : [])))
}
