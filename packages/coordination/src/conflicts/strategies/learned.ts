/** The strategy that did best so far with conflicts of that kind, once that is sure enough. */

import { checkOptions, definedOptions, invalidOption, type Random, rule, unknownName } from '@mabeam/foundation'
import { chancesOfBest, rateAt } from '../beta-posterior.ts'
import type { Conflict } from '../claim.ts'
import type { ConflictStrategy, ConflictVerdict } from '../conflict-strategy.ts'
import { type ResolutionRecord, rateOf } from '../resolution-record.ts'

export interface LearnedOptions {
  /** To choose from, 2 to 20, each of another name. */
  readonly strategies: readonly ConflictStrategy[]
  /** The name of the one to use while it is not sure which is best. */
  readonly fallback: string
  /** What is known by now: called for each conflict. */
  readonly record: () => ResolutionRecord
  /** How sure it must be that a strategy is the best, to use it. @default 0.9 */
  readonly confidenceMin?: number
  /**
   * The share of conflicts in which it tries the strategy that is drawn as the best (Thompson), since what is never tried is never
   * learned. Needs `random`. @default 0
   */
  readonly exploration?: number
  /** @default none */
  readonly random?: Random
}

export const learnedDefaults = { confidenceMin: 0.9, exploration: 0 } as const satisfies Partial<LearnedOptions>

/** How a strategy stands. */
export interface LearnedStanding {
  readonly strategy: string
  /** Outcomes known. */
  readonly seen: number
  /** The chance that it has the highest rate of success of all. */
  readonly confidence: number
}

interface Choice {
  readonly strategy: ConflictStrategy
  readonly confidence: number
}

/**
 * `learned`: uses the strategy that is best with a chance of `confidenceMin` or more by the outcomes recorded for that kind of conflict, else the
 * declared fallback; so too where the chosen one passes. The verdict says which it used and its chance of being the best.
 *
 * Throws: `foundation/invalid-option`, `foundation/unknown-name`.
 */
export function byLearned(options: LearnedOptions): ConflictStrategy {
  const { strategies, fallback, random, exploration, confidenceMin } = checkedLearned(options)
  const declared = strategies.find(({ name }) => name === fallback)
  if (declared === undefined)
    throw unknownName(
      'byLearned',
      'strategy',
      fallback,
      strategies.map(({ name }) => name),
    )
  return {
    name: 'learned',
    async resolve(conflict, signal) {
      const record = options.record()
      const standings = learnedStandings(
        record,
        conflict.kind,
        strategies.map(({ name }) => name),
      )
      const choiceOf = (name: string): Choice => ({
        strategy: strategies.find((one) => one.name === name) ?? declared,
        confidence: standings.find((one) => one.strategy === name)?.confidence ?? 0,
      })
      const isTry = random !== undefined && exploration > 0 && random.next() < exploration
      const best = standings.reduce((one, other) => (other.confidence > one.confidence ? other : one))
      const chosen = isTry
        ? choiceOf(drawnBest(record, conflict.kind, { strategies, random }))
        : choiceOf(best.confidence >= confidenceMin ? best.strategy : fallback)
      const verdict = await chosen.strategy.resolve(conflict, signal)
      if (verdict.type !== 'passed' || chosen.strategy === declared) return stated(verdict, chosen)
      return stated(await declared.resolve(conflict, signal), choiceOf(fallback))
    },
  }
}

/** How those strategies stand with conflicts of that kind. */
export function learnedStandings(
  record: ResolutionRecord,
  kind: Conflict['kind'],
  strategies: readonly string[],
): LearnedStanding[] {
  const rates = strategies.map((strategy) => rateOf(record, kind, strategy))
  const chances = chancesOfBest(rates)
  return strategies.map((strategy, at) => {
    const { hits = 0, misses = 0 } = rates[at] ?? {}
    return { strategy, seen: Math.round(hits + misses), confidence: chances[at] ?? 0 }
  })
}

function stated(verdict: ConflictVerdict, { strategy, confidence }: Choice): ConflictVerdict {
  return verdict.type === 'passed' ? verdict : { ...verdict, confidence, used: strategy.name }
}

/** A rate drawn for each by what is known of it; the highest. */
function drawnBest(
  record: ResolutionRecord,
  kind: Conflict['kind'],
  { strategies, random }: { readonly strategies: readonly ConflictStrategy[]; readonly random: Random },
): string {
  const drawn = strategies.map(({ name }) => ({ name, rate: rateAt(rateOf(record, kind, name), random.next()) }))
  return drawn.reduce((one, other) => (other.rate > one.rate ? other : one)).name
}

function checkedLearned(options: LearnedOptions) {
  checkOptions('byLearned', options, {
    strategies: rule.array(),
    fallback: rule.string(),
    record: rule.fn(),
    confidenceMin: rule.optional(rule.number(0, 1)),
    exploration: rule.optional(rule.number(0, 1)),
    random: rule.optional(rule.having('next')),
  })
  const { strategies, exploration = 0, random } = options
  const names = strategies.map(({ name }) => name)
  if (names.length < 2 || names.length > 20) throw invalidOption('byLearned', 'strategies', '2 to 20', names.length)
  if (new Set(names).size < names.length) throw invalidOption('byLearned', 'strategies', 'each name once', names)
  if (exploration > 0 && random === undefined) {
    throw invalidOption('byLearned', 'random', 'a source of randomness where exploration is above 0', random)
  }
  return { ...learnedDefaults, ...definedOptions(options) }
}
