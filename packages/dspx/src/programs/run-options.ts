/** How a program is run: what a caller says once and everything inside of the run goes by. */

import {
  type Clock,
  checkOptions,
  definedOptions,
  type OptionRule,
  rule,
  type Telemetry,
  unknownName,
} from '@mabeam/foundation'
import type { Adapter } from '../adapters/adapter.ts'
import type { Budget } from '../models/budget/budget.ts'
import { type CacheMode, cacheModes } from '../models/call-options.ts'
import type { LanguageModel } from '../models/language-model.ts'
import type { Models } from '../models/models.ts'

/** Where ids of models are looked up: what `createModels` gives, or anything that knows some. */
export type ModelSource = Pick<Models, 'get'>

/**
 * Flows from a run to all programs inside of it. What an inner program or an inner call says itself is stronger: options of
 * the call, then those a predictor was made with, then the settings of a compiled program, then the run around it.
 */
export interface RunOptions {
  /** Who answers: a model of any AI SDK provider, or an id such as `local/small`. @default none: asking throws `dspx/no-model` */
  readonly lm?: LanguageModel | string
  /** Where ids of models are looked up. @default createModels(), made anew for each predictor when it first asks by id */
  readonly models?: ModelSource
  /** An adapter, or the name of one. @default chatAdapter */
  readonly adapter?: Adapter | string
  /** Adapters of your own that may be named. @default those of this package */
  readonly adapters?: { readonly [name: string]: Adapter }
  /** @default the provider's own */
  readonly temperature?: number
  /** @default the provider's own */
  readonly maxOutputTokens?: number
  /** Sent to the model unless the temperature is 0. @default none */
  readonly seed?: number
  readonly signal?: AbortSignal
  /** How often an answer that cannot be read is asked for again; each is an attempt and counted in `usage.retries`. @default 1 */
  readonly answerRetriesMax?: number
  /** What the run may spend, shared by all that were given the same one; models are asked through it. @default no limit */
  readonly budget?: Budget
  /**
   * How the calls of the run use the cache of their models: as usual; not at all; asked anew and kept in place of what was there;
   * answered by what is there or asked, without keeping anything. @default 'use'
   */
  readonly cache?: CacheMode
  /** Measures latency where the model does not declare it. @default systemClock */
  readonly clock?: Clock
  /** Keeps prompts and texts in `trace`. @default false */
  readonly trace?: boolean
  /** The most answered questions that `trace` keeps; `traceOmitted` counts the others. @default 10_000 */
  readonly traceMax?: number
  /** Told where a run ends before what works in it: `dspx.inner-runs-aborted`. @default silentTelemetry */
  readonly telemetry?: Telemetry
}

/** The rules of {@link RunOptions}. */
export const runRules = {
  lm: rule.optional({
    expected: 'a language model of specification v4 or the id of a model',
    test: (value) => (typeof value === 'string' ? value !== '' : isLanguageModel(value)),
    optional: true,
  }),
  models: rule.optional(rule.having('get')),
  adapter: rule.optional({
    expected: 'an adapter or the name of one',
    test: (value) => (typeof value === 'string' && value !== '') || (typeof value === 'object' && value !== null),
    optional: true,
  }),
  adapters: rule.optional(rule.object()),
  temperature: rule.optional(rule.number(0, 2)),
  maxOutputTokens: rule.optional(rule.int(1)),
  seed: rule.optional(rule.int(0)),
  signal: rule.optional(rule.signal()),
  answerRetriesMax: rule.optional(rule.int(0, 10)),
  budget: rule.optional({
    expected: 'a budget, as createBudget({ calls: 100 }) makes it',
    test: (value) => typeof (value as Partial<Budget> | null)?.reserve === 'function',
    optional: true,
  }),
  cache: rule.optional(rule.oneOf(cacheModes)),
  clock: rule.optional(rule.having('nowMs', 'monotonicMs', 'setTimer')),
  trace: rule.optional(rule.boolean()),
  traceMax: rule.optional(rule.int(0, 10_000_000)),
  telemetry: rule.optional(rule.having('emit')),
} as const satisfies { readonly [option in keyof RunOptions]-?: OptionRule }

/** Throws `foundation/invalid-option` or `foundation/unknown-name`. */
export function checkRunOptions(owner: string, options: RunOptions): void {
  // what other libraries call it, and nearer to `models` than to what is meant
  if (Object.hasOwn(options ?? {}, 'model')) throw unknownName(owner, 'option', 'model', ['lm'])
  checkOptions(owner, options, runRules)
}

/** What options that say more say about running. */
export function runOptionsIn(options: RunOptions): RunOptions {
  const names = Object.keys(runRules) as (keyof RunOptions)[]
  return definedOptions(Object.fromEntries(names.map((name) => [name, options[name]])))
}

function isLanguageModel(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { specificationVersion, doGenerate } = value as Partial<LanguageModel>
  return specificationVersion === 'v4' && typeof doGenerate === 'function'
}
