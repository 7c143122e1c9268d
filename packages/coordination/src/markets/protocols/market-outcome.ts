/** What comes of markets in divisible goods. */

import type { ByGood } from '../goods.ts'
import type { RefusedStatements } from '../statement.ts'

export interface ClearedMarket {
  readonly type: 'cleared'
  /** Of one unit of each good; 0 where nobody wants it. */
  readonly prices: ByGood
  /** By agent and good: its part of all there is of the good, of 1. What is 0 is left out. */
  readonly shares: { readonly [agent: string]: ByGood }
  /** How far this is from an equilibrium: see `equilibriumResidual` and `excessDemandResidual`. */
  readonly residual: number
  readonly iterations: number
  readonly refused: RefusedStatements
}

export interface UnclearedMarket {
  readonly type: 'uncleared'
  readonly reason: /** Nobody's statement counts. */
    | 'no-statements'
    /** The residual stayed above what was asked for: mostly since there is no equilibrium. */
    | 'not-converged'
    /** Nobody has what others want. */
    | 'nothing-to-trade'
    /** The session had to end before. */
    | 'ended'
  /** The best that was reached; nothing where nothing was computed. */
  readonly residual?: number
  readonly refused: RefusedStatements
}
