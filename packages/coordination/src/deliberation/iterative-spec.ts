/** What a user says of an iterative refinement, and what the steps are given. */

import { checkOptions, definedOptions, invalidOption, rule } from '@mabeam/foundation'
import { nameRule, questionRule } from '../agents/asked-text.ts'
import { tooFewParticipants } from '../errors/deliberation-errors.ts'
import type { Participant } from '../sessions/protocol.ts'
import { optionsMax } from '../voting/ballot-paper.ts'
import type { BallotContest } from './ballot-contest.ts'
import { discreteContest } from './contests/discrete-contest.ts'
import { numericContest } from './contests/numeric-contest.ts'
import { textContest } from './contests/text-contest.ts'
import { participantWeights, type WeightsById } from './participant-weights.ts'

export interface IterativeSpec {
  readonly question: string
  /** What else agents should know. */
  readonly context?: unknown
  /** What ballots are: numbers, data that is the same or not, or texts that are more or less alike. */
  readonly values: 'numeric' | 'discrete' | 'text'
  /** Numbers: in what unit. */
  readonly unit?: string
  /** Discrete: what may be chosen. @default anything that is JSON */
  readonly options?: readonly string[]
  /** Numbers: converged when the trimmed values are no farther apart than this. Required for numbers. */
  readonly spreadMax?: number
  /** Numbers: as many may be lies, and are trimmed from each end. @default ⌊(n - 1) / 3⌋ */
  readonly traitors?: number
  /** Numbers: what the result is, of the trimmed values. @default 'median' */
  readonly result?: 'median' | 'trimmed-mean'
  /** Discrete and texts: converged when one value has this share of the weight; above a half. @default 0.8 */
  readonly agreementMin?: number
  /** Texts: from here on two are alike. @default 0.6 */
  readonly similarityMin?: number
  /** Texts: how alike two are, from 0 to 1. @default words in both over words in either */
  readonly similarity?: (a: string, b: string) => number
  /** How much participants count, by id. @default all the same */
  readonly weights?: WeightsById
  /** Rounds at most, the first one among them. @default 8 */
  readonly roundsMax?: number
  /** Requests to agents at most. @default 100000 */
  readonly requestsMax?: number
  /** Stable when no more than this share of the weight moved in a round. @default 0 */
  readonly changeMax?: number
  /** No gain when within `patience` rounds discord (spread, or what is missing of agreement) fell by less than this share. @default 0.05 */
  readonly gainMin?: number
  /** @default 2 */
  readonly patience?: number
}

export const iterativeDefaults = {
  result: 'median',
  agreementMin: 0.8,
  similarityMin: 0.6,
  roundsMax: 8,
  requestsMax: 100_000,
  changeMax: 0,
  gainMin: 0.05,
  patience: 2,
} as const satisfies Partial<IterativeSpec>

/** Texts are compared each with each, so that there is a limit to how many. */
export const textParticipantsMax = 200
/** Rounds that may be asked for at most. */
export const refinementRoundsMax = 100

export interface CheckedIterative {
  readonly spec: IterativeSpec & Required<Pick<IterativeSpec, keyof typeof iterativeDefaults>>
  readonly contest: BallotContest
  readonly weights: ReadonlyMap<string, number>
}

const owner = 'iterative'

/** Keys that mean something for one kind of value only. */
const kindKeys = {
  numeric: ['unit', 'spreadMax', 'traitors', 'result'],
  discrete: ['options', 'agreementMin'],
  text: ['agreementMin', 'similarityMin', 'similarity'],
} as const

/**
 * Throws: `foundation/invalid-option`, `foundation/unknown-name`; what `participantWeights` throws; `coordination/too-few-participants` where there
 * are none, or not `2 traitors + 1` for numbers.
 */
export function checkIterative(given: IterativeSpec, participants: readonly Participant[]): CheckedIterative {
  checkOptions(owner, given, rules)
  checkKind(given)
  const { length } = participants
  const spec = { ...iterativeDefaults, ...definedOptions(given) } as CheckedIterative['spec']
  const traitors = given.traitors ?? Math.max(0, Math.floor((length - 1) / 3))
  const needed = given.values === 'numeric' ? 2 * traitors + 1 : 1
  if (length < needed) throw tooFewParticipants(owner, needed, length)
  if (given.values === 'text' && length > textParticipantsMax) {
    throw invalidOption(owner, 'participants', `at most ${textParticipantsMax} where texts are compared`, length)
  }
  const contest = contestOf({ ...spec, traitors })
  return { spec, contest, weights: participantWeights(owner, given.weights, participants) }
}

const rules = {
  question: questionRule,
  context: rule.optional(rule.any()),
  values: rule.oneOf(Object.keys(kindKeys)),
  unit: rule.optional(questionRule),
  options: rule.optional(rule.array()),
  spreadMax: rule.optional(rule.number(0, Number.MAX_VALUE)),
  traitors: rule.optional(rule.int(0)),
  result: rule.optional(rule.oneOf(['median', 'trimmed-mean'])),
  agreementMin: rule.optional(rule.number(0, 1)),
  similarityMin: rule.optional(rule.number(0, 1)),
  similarity: rule.optional(rule.fn()),
  weights: rule.optional(rule.object()),
  roundsMax: rule.optional(rule.int(1, refinementRoundsMax)),
  requestsMax: rule.optional(rule.int(1)),
  changeMax: rule.optional(rule.number(0, 1)),
  gainMin: rule.optional(rule.number(0, 1)),
  patience: rule.optional(rule.int(1, refinementRoundsMax)),
}

function checkKind(given: IterativeSpec): void {
  const { values, options, agreementMin = 1, spreadMax } = given
  const own: readonly string[] = kindKeys[values]
  for (const key of new Set(Object.values(kindKeys).flat())) {
    if (given[key] !== undefined && !own.includes(key)) {
      throw invalidOption(owner, key, `nothing where values are ${values}`, given[key])
    }
  }
  if (values === 'numeric' && spreadMax === undefined) {
    throw invalidOption(owner, 'spreadMax', 'how far apart numbers may be that agree', spreadMax)
  }
  // At a half or less two values could be converged on at once.
  if (agreementMin <= 0.5) throw invalidOption(owner, 'agreementMin', 'a share above 0.5', agreementMin)
  if (options === undefined) return
  const isFine = options.length > 0 && options.length <= optionsMax && options.every(nameRule.test)
  if (!isFine || new Set(options).size !== options.length) {
    throw invalidOption(owner, 'options', `1 to ${optionsMax} names, each once and ${nameRule.expected}`, options)
  }
}

function contestOf(spec: CheckedIterative['spec'] & { readonly traitors: number }): BallotContest {
  switch (spec.values) {
    case 'numeric':
      return numericContest({ ...spec, spreadMax: spec.spreadMax ?? 0 })
    case 'text':
      return textContest({ ...spec, similarity: spec.similarity })
    case 'discrete':
      return discreteContest(spec)
  }
}
