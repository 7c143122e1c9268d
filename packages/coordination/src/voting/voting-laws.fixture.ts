/** What holds of the arithmetic of votes, whoever wrote it: laws that find the planted bugs. */

import type { Random } from '@mabeam/foundation'
import type { instantRunoff } from './instant-runoff.ts'
import type { reaches, shareOf } from './share.ts'
import type { unitWeights } from './unit-weights.ts'
import type { earlyVerdict, finalVerdict, soundAgainst } from './vote-standing.ts'

/** All of it, so that one part can be another. */
export interface VotingArithmetic {
  readonly finalVerdict: typeof finalVerdict
  readonly earlyVerdict: typeof earlyVerdict
  readonly soundAgainst: typeof soundAgainst
  readonly reaches: typeof reaches
  readonly shareOf: typeof shareOf
  readonly unitWeights: typeof unitWeights
  readonly instantRunoff: typeof instantRunoff
  readonly bordaCount: typeof instantRunoff
  readonly schulze: typeof instantRunoff
  readonly cappedWeights: (weights: readonly number[], shareMax: number) => readonly number[]
  readonly discountedWeights: (
    weights: readonly number[],
    families: readonly (string | undefined)[],
    correlation: number,
  ) => readonly number[]
  readonly hedgeStep: (
    logWeights: readonly number[],
    losses: readonly (number | undefined)[],
    rules: { readonly rate: number; readonly drift: number },
  ) => readonly number[]
  readonly logOddsWeight: (rate: number) => number
}

/** Looks once, at something drawn; a sentence of what is wrong, or nothing. */
export type Law = (arithmetic: VotingArithmetic, random: Random) => string | undefined

/** All ways to put `count` alike into so many cells. */
export function* waysToSplit(count: number, cells: number): Generator<readonly number[]> {
  if (cells === 1) {
    yield [count]
    return
  }
  for (let first = 0; first <= count; first++) {
    for (const rest of waysToSplit(count - first, cells - 1)) yield [first, ...rest]
  }
}

/** All sequences of that length of numbers below `cells`. */
export function* sequences(length: number, cells: number): Generator<readonly number[]> {
  if (length === 0) {
    yield []
    return
  }
  for (const rest of sequences(length - 1, cells)) {
    for (let first = 0; first < cells; first++) yield [first, ...rest]
  }
}

export function drawn<T>(random: Random, from: readonly T[]): T {
  return from[random.int(from.length)] as T
}

export function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0)
}
