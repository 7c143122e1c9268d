/**
 * Who was right, by topic, over many sessions, and what weight follows: a pure step from data to data, so that it can be kept in a cell
 * or a file. What was voted in a session and what turned out to be right later is all that it needs.
 */

import { checkOptions, definedOptions, invalidOption, type OptionRule, rule } from '@mabeam/foundation'
import { brierLoss } from './brier-score.ts'
import { hedgeRate, hedgeStep } from './hedge.ts'
import { logOddsWeight, shrunkRate } from './log-odds.ts'
import type { NamedVote } from './vote-outcome.ts'

export interface ExpertOptions {
  /**
   * `hedge`: weights follow losses, whatever the agents do, also when they change or conspire. `log-odds`: the best weights for two options
   * and agents that err independently. @default 'hedge'
   */
  readonly method?: 'hedge' | 'log-odds'
  /** Of `hedge`: how many outcomes of a topic are expected; fewer learn faster. @default 100 */
  readonly horizon?: number
  /** Of `hedge`: the share of weight that is spread evenly after each outcome. @default 0 */
  readonly drift?: number
  /** Of `log-odds`: how often an agent is right of whom nothing is known. @default 0.6 */
  readonly priorRate?: number
  /** Of `log-odds`: how many votes that is worth. @default 4 */
  readonly priorVotes?: number
  /** @default 1000 */
  readonly topicsMax?: number
  /** Agents of one topic at most. @default 10000 */
  readonly expertsMax?: number
}

export const expertDefaults = {
  method: 'hedge',
  horizon: 100,
  drift: 0,
  priorRate: 0.6,
  priorVotes: 4,
  topicsMax: 1_000,
  expertsMax: 10_000,
} as const satisfies Required<ExpertOptions>

const expertRules: { readonly [K in keyof Required<ExpertOptions>]: OptionRule } = {
  method: rule.optional(rule.oneOf(['hedge', 'log-odds'])),
  horizon: rule.optional(rule.int(1)),
  drift: rule.optional(rule.number(0, 1)),
  priorRate: rule.optional(rule.number(0.01, 0.99)),
  priorVotes: rule.optional(rule.number(0.01, 1_000_000)),
  topicsMax: rule.optional(rule.int(1)),
  expertsMax: rule.optional(rule.int(1)),
}

/** One agent in one topic. */
export interface ExpertRecord {
  /** Votes whose outcome is known. */
  readonly seen: number
  /** Those that were right. */
  readonly right: number
  /** The sum of their Brier losses. */
  readonly brierSum: number
  /** Of its weight by `hedge`. */
  readonly logWeight: number
}

/** Plain data. */
export interface ExpertState {
  readonly version: 1
  readonly options: Required<ExpertOptions>
  readonly topics: { readonly [topic: string]: { readonly [id: string]: ExpertRecord } }
}

/** It is known now which option was right. */
export interface OutcomeKnown {
  readonly topic: string
  readonly truth: string
  /** As the outcome of a vote has them; of one agent the last counts. */
  readonly votes: readonly NamedVote[]
}

/** An agent's record in a topic, for people. */
export interface ExpertReport {
  readonly id: string
  readonly seen: number
  readonly right: number
  /** The mean Brier loss: 0 is perfect, 0.25 is what always saying "half" gives. */
  readonly brier: number
  readonly weight: number
}

/** Nothing known of anybody. Throws: `foundation/invalid-option`, `foundation/unknown-name`. */
export function newExperts(options: ExpertOptions = {}): ExpertState {
  checkOptions('newExperts', options, expertRules)
  return { version: 1, options: { ...expertDefaults, ...definedOptions(options) }, topics: {} }
}

/**
 * The state after an outcome has become known. Who did not vote keeps its share of the weight.
 *
 * Losses are Brier losses: 0 for right and 1 for wrong where an agent was sure, or said nothing of how sure it was.
 * Throws: `foundation/invalid-option` for a state or votes of another shape, and beyond `topicsMax` and `expertsMax`.
 */
export function expertStep(state: ExpertState, { topic, truth, votes }: OutcomeKnown): ExpertState {
  const known = recordsOf(state, topic)
  const { topicsMax, expertsMax } = state.options
  if (!Object.hasOwn(state.topics, topic) && Object.keys(state.topics).length >= topicsMax) {
    throw invalidOption('expertStep', 'topic', `at most ${topicsMax} topics`, topic)
  }
  const forecasts = new Map(
    votes.map(({ from, option, confidence }) => [from, { confidence, isRight: option === truth }]),
  )
  const records = new Map(Object.entries(known))
  const logNew = logMean([...records.values()])
  for (const id of forecasts.keys()) {
    if (!records.has(id)) records.set(id, { seen: 0, right: 0, brierSum: 0, logWeight: logNew })
  }
  if (records.size > expertsMax) {
    throw invalidOption('expertStep', 'votes', `at most ${expertsMax} agents in a topic`, records.size)
  }
  const ids = [...records.keys()]
  const losses = ids.map((id) => {
    const forecast = forecasts.get(id)
    return forecast && brierLoss(forecast)
  })
  const { horizon, drift } = state.options
  const logWeights = hedgeStep(
    [...records.values()].map(({ logWeight }) => logWeight),
    losses,
    { rate: hedgeRate(Math.max(1, ids.length), horizon), drift },
  )
  const next = [...records].map(([id, { seen, right, brierSum }], at) => {
    const logWeight = logWeights[at] ?? 0
    const forecast = forecasts.get(id)
    if (forecast === undefined) return [id, { seen, right, brierSum, logWeight }] as const
    const added = { seen: seen + 1, right: right + Number(forecast.isRight), brierSum: brierSum + (losses[at] ?? 0) }
    return [id, { ...added, logWeight }] as const
  })
  return { ...state, topics: { ...state.topics, [topic]: Object.fromEntries(next) } }
}

/**
 * What each of some agents weighs in a topic. Who is not known there weighs as much as those known do on average (`hedge`), or as was
 * thought before (`log-odds`). Where nobody has any weight, all have the same.
 *
 * Shapes: `ids` [n] → [n].   Ensures: finite, >= 0, one above 0.   Throws: `foundation/invalid-option` for a state of another shape.
 */
export function expertWeights(state: ExpertState, topic: string, ids: readonly string[]): readonly number[] {
  const known = recordsOf(state, topic)
  const logNew = logMean(Object.values(known))
  const weights = ids.map((id) => weightOf(state, Object.hasOwn(known, id) ? known[id] : undefined, logNew))
  return weights.some((weight) => weight > 0) ? weights : ids.map(() => 1)
}

/** The records of a topic, those of most weight first. */
export function expertReports(state: ExpertState, topic: string): readonly ExpertReport[] {
  const known = recordsOf(state, topic)
  const ids = Object.keys(known)
  const weights = expertWeights(state, topic, ids)
  const reports = ids.map((id, at): ExpertReport => {
    const { seen = 0, right = 0, brierSum = 0 } = known[id] ?? {}
    return { id, seen, right, brier: seen === 0 ? 0.25 : brierSum / seen, weight: weights[at] ?? 0 }
  })
  return reports.sort((a, b) => b.weight - a.weight)
}

function weightOf({ options }: ExpertState, record: ExpertRecord | undefined, logNew: number): number {
  if (options.method === 'hedge') return Math.exp(record?.logWeight ?? logNew)
  return logOddsWeight(shrunkRate(record?.right ?? 0, record?.seen ?? 0, options))
}

/** The logarithm of the mean weight; 0 of none. */
function logMean(records: readonly ExpertRecord[]): number {
  if (records.length === 0) return 0
  return Math.log(records.reduce((sum, { logWeight }) => sum + Math.exp(logWeight), 0) / records.length)
}

function recordsOf(state: ExpertState, topic: string): { readonly [id: string]: ExpertRecord } {
  if (state?.version !== 1 || typeof state.options !== 'object' || typeof state.topics !== 'object') {
    throw invalidOption('experts', 'state', 'a state of version 1, as newExperts and expertStep give it', state)
  }
  const records = Object.hasOwn(state.topics, topic) ? (state.topics[topic] ?? {}) : {}
  for (const [id, record] of Object.entries(records)) {
    const { seen, right, brierSum, logWeight } = record
    const isSound =
      seen >= right && right >= 0 && brierSum >= 0 && logWeight <= 0 && logWeight > Number.NEGATIVE_INFINITY
    if (!isSound) throw invalidOption('experts', `state of ${id}`, 'a record of numbers as expertStep gives it', record)
  }
  return records
}
