/** Votes that weigh differently: by what was given, or by how often each was right before. */

import { checkOptions, invalidOption, nearest, type OptionRule, rule, unknownName } from '@mabeam/foundation'
import { weightMissing } from '../errors/voting-errors.ts'
import type { Participant, Protocol } from '../sessions/protocol.ts'
import { ballotPaper, type PaperSpec, paperOptions } from './ballot-paper.ts'
import { voterIds } from './equal-vote.ts'
import { type ExpertState, expertWeights } from './expert-weights.ts'
import { beginVote, stepVote, type VotePlan, type VoteState } from './option-vote.ts'
import type { VoteOutcome } from './vote-outcome.ts'
import { type RuleSpec, ruleOptions, rulePlan } from './vote-rule.ts'
import { type Weighing, weighed } from './weighing.ts'

export interface WeightedSpec<V> extends PaperSpec<V>, RuleSpec {
  /** Of each participant, by id: finite, from 0, one above 0 at least. @default all 1, where there are no `experts` either */
  readonly weights?: { readonly [id: string]: number } | undefined
  /** How good each was before: weights are those of the `topic`. */
  readonly experts?: ExpertState | undefined
  /** @default 'all' */
  readonly topic?: string | undefined
  /** The family of participants that err together, such as the model they run. @default none */
  readonly families?: { readonly [id: string]: string } | undefined
  /** How much the errors of a family correlate: 0 not at all, 1 as one. @default 0.5 */
  readonly correlation?: number | undefined
  /** The most that one participant may have of all weight. @default 1 */
  readonly shareMax?: number | undefined
  /** `scale`: a vote counts by the confidence it was given with, and abstains with the rest. @default 'ignore' */
  readonly confidence?: 'ignore' | 'scale' | undefined
  /** Weight that may be traitors': it is ended early only when they could not change anything either. @default 0 */
  readonly traitorWeight?: number | undefined
  /** Whether votes of traitors that were counted may turn out void, or may yet be others. @default 'switch' */
  readonly traitorsCan?: 'be-voided' | 'switch' | undefined
}

export const weightedDefaults = {
  topic: 'all',
  correlation: 0.5,
  shareMax: 1,
  confidence: 'ignore',
  traitorWeight: 0,
  traitorsCan: 'switch',
} as const satisfies WeightedSpec<never>

const weightedOptions: { readonly [K in keyof Required<WeightedSpec<unknown>>]: OptionRule } = {
  ...paperOptions,
  ...ruleOptions,
  weights: rule.optional(rule.object()),
  experts: rule.optional(rule.object()),
  topic: rule.optional(rule.string()),
  families: rule.optional(rule.object()),
  correlation: rule.optional(rule.number(0, 1)),
  shareMax: rule.optional(rule.number(0, 1)),
  confidence: rule.optional(rule.oneOf(['ignore', 'scale'])),
  traitorWeight: rule.optional(rule.number(0, Number.MAX_VALUE)),
  traitorsCan: rule.optional(rule.oneOf(['be-voided', 'switch'])),
}

/**
 * *Requests*: `vote`, once. By default whoever has most wins, with no threshold and no quorum.
 * Weights can be changed while it runs, by `feedback` of type `weights`: all votes are then weighed anew, also those that were cast.
 */
export const weighted: Protocol<WeightedSpec<unknown>, VotePlan, VoteState, VoteOutcome<unknown>> = {
  name: 'weighted',
  version: 1,
  check(spec, participants) {
    checkOptions('weighted', spec, weightedOptions)
    const { traitorWeight, traitorsCan, confidence } = weightedDefaults
    const weights = weightsOf(spec, participants)
    const weighing = weighingOf(spec, participants)
    // Refuses weights that can't be before anybody is asked.
    weighed(weighing, weights)
    return {
      paper: ballotPaper('weighted', spec),
      rules: rulePlan('weighted', spec),
      weighing,
      weights,
      isWeighted: true,
      traitorWeight: spec.traitorWeight ?? traitorWeight,
      traitorsCan: spec.traitorsCan ?? traitorsCan,
      confidence: spec.confidence ?? confidence,
    }
  },
  begin: beginVote,
  step: stepVote,
}

function weightsOf(spec: WeightedSpec<unknown>, participants: readonly Participant[]): readonly number[] {
  const { weights, experts, topic = weightedDefaults.topic } = spec
  const ids = voterIds('weighted', participants)
  if (weights !== undefined && experts !== undefined) {
    throw invalidOption('weighted', 'weights', 'weights or experts, one of the two', 'both')
  }
  if (experts !== undefined) return expertWeights(experts, topic, ids)
  if (weights === undefined) return ids.map(() => 1)
  refuseUnknown('weight of', weights, ids)
  return ids.map((id) => {
    const weight = Object.hasOwn(weights, id) ? weights[id] : undefined
    if (weight === undefined) throw weightMissing('weighted', id)
    return weight
  })
}

function weighingOf(spec: WeightedSpec<unknown>, participants: readonly Participant[]): Weighing {
  const { families = {}, correlation = weightedDefaults.correlation, shareMax = weightedDefaults.shareMax } = spec
  if (shareMax === 0) throw invalidOption('weighted', 'shareMax', 'a share above 0 up to 1', shareMax)
  const ids = participants.map(({ id }) => id)
  refuseUnknown('family of', families, ids)
  const familyOf = (id: string): string | undefined => {
    const family: unknown = Object.hasOwn(families, id) ? families[id] : undefined
    if (family === undefined || typeof family === 'string') return family
    throw invalidOption('weighted', 'families', 'a text by participant', family)
  }
  return { owner: 'weighted', ids, families: ids.map(familyOf), correlation, shareMax }
}

function refuseUnknown(kind: string, byId: object, ids: readonly string[]): void {
  const known = new Set(ids)
  for (const id of Object.keys(byId)) {
    if (known.has(id)) continue
    const near = nearest(id, ids)
    // Of thousands of participants some are enough to say what they are called like.
    throw unknownName('weighted', kind, id, near === undefined ? ids.slice(0, 10) : [near])
  }
}
