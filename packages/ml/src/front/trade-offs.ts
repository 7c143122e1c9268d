/** Trade-offs: from one point of a front, where else to go, what that gains and what it takes. */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { checkAllMeasured, checkMeasured, lossesOf, type Measured, type Objective } from '../objective.ts'
import { normalise, rangeOf } from './normalise.ts'
import { paretoFront } from './pareto-front.ts'

export interface TradeOff<T> {
  readonly to: T
  /** By objective, how much better it gets; in its units, > 0. */
  readonly gains: { readonly [objective: string]: number }
  /** By objective, how much worse it gets; in its units, > 0. */
  readonly costs: { readonly [objective: string]: number }
  /** Scaled gains over scaled costs; above 1 it gives more than it takes. `Infinity` when it takes nothing. */
  readonly ratio: number
  /** For people. */
  readonly sentence: string
}

export interface TradeOffOptions {
  readonly objectives: readonly Objective[]
  /** The most suggestions, from 1 to 100. @default 3 */
  readonly count?: number
}

export const tradeOffDefaults = { count: 3 } satisfies Required<Omit<TradeOffOptions, 'objectives'>>

/**
 * The points of the front that give most for what they take, best first. Objectives are scaled to the range of the front, so
 * that gains and costs in different units can be compared.
 *
 * Ensures: at most `count`; `from` itself and points equal to it are left out. Throws: `foundation/invalid-option`.
 * Source: marginal rates of substitution, as Miettinen, Nonlinear Multiobjective Optimization, 1999, 2.3; summed over objectives.
 * @example tradeOffs(chosen, study.observedFront(), { objectives: study.objectives })[0]?.sentence // => 'costUsd 0.01 better for accuracy 0.02 worse'
 */
export function tradeOffs<T extends Measured>(
  from: Measured,
  points: readonly T[],
  options: TradeOffOptions,
): TradeOff<T>[] {
  checkMeasured('tradeOffs', 'from', from)
  checkOptions('tradeOffs', { points }, { points: rule.array() })
  checkAllMeasured('tradeOffs', 'points', points)
  checkOptions('tradeOffs', options, { objectives: rule.array(), count: rule.optional(rule.int(1, 100)) })
  const { objectives, count } = { ...tradeOffDefaults, ...definedOptions(options) }
  const usable = points.filter((point) => lossesOf(point, objectives).every(Number.isFinite))
  const front = paretoFront(usable, objectives)
  const start = lossesOf(from, objectives)
  if (front.length === 0 || !start.every(Number.isFinite)) return []
  const range = rangeOf([start, ...front.map((point) => lossesOf(point, objectives))])
  const scaledStart = normalise(start, range)
  const moves: TradeOff<T>[] = []
  for (const to of front) {
    const end = lossesOf(to, objectives)
    const scaled = normalise(end, range)
    const gains: { [name: string]: number } = {}
    const costs: { [name: string]: number } = {}
    let [given, taken] = [0, 0]
    for (const [m, { name }] of objectives.entries()) {
      const worse = (end[m] as number) - (start[m] as number)
      const move = (scaled[m] as number) - (scaledStart[m] as number)
      if (worse > 0) costs[name] = worse
      if (worse < 0) gains[name] = -worse
      given += Math.max(0, -move)
      taken += Math.max(0, move)
    }
    if (given === 0) continue
    moves.push({ to, gains, costs, ratio: taken === 0 ? Infinity : given / taken, sentence: sentenceOf(gains, costs) })
  }
  return moves.sort((a, b) => (a.ratio === b.ratio ? 0 : b.ratio - a.ratio)).slice(0, count)
}

function sentenceOf(gains: TradeOff<unknown>['gains'], costs: TradeOff<unknown>['costs']): string {
  const list = (amounts: TradeOff<unknown>['gains']) =>
    Object.entries(amounts)
      .map(([name, amount]) => `${name} ${Number(amount.toPrecision(3))}`)
      .join(', ')
  const taken = Object.keys(costs).length === 0 ? 'nothing' : `${list(costs)} worse`
  return `${list(gains)} better for ${taken}`
}
