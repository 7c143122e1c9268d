/** How `optimize` is told what to do. */

import {
  type Clock,
  checkOptions,
  definedOptions,
  invalidOption,
  rule,
  silentTelemetry,
  systemClock,
  type Telemetry,
} from '@mabeam/foundation'
import type { Adapter } from '../adapters/adapter.ts'
import type { ExampleRow } from '../datasets/example.ts'
import { type Metric, metricOf } from '../evaluation/metric.ts'
import type { BudgetOptions } from '../models/budget/budget.ts'
import type { LanguageModel } from '../models/language-model.ts'
import type { ProgramDefinition } from '../programs/program-definition.ts'
import { type ModelSource, runRules } from '../programs/run-options.ts'
import type { Signature, Values } from '../signatures/signature.ts'
import type { Evaluator } from './evaluator.ts'
import type { TuningObjectives } from './objectives.ts'
import type { OptimizeProgress } from './optimize-progress.ts'
import type { Teleprompter } from './teleprompter.ts'
import type { Tune } from './tune.ts'

/** What a tuning run may spend, earlier runs of resumed work included. A part that is not named has no limit. */
export interface TuningBudget extends Omit<BudgetOptions, 'waitingMax'> {
  /**
   * Wall time. What is under way when it is over is given up. Its last 15 % are for trying the best on all validation rows, where
   * that is still to be done. @default no limit
   */
  readonly ms?: number
}

/** How a program is tuned. */
export interface OptimizeOptions<I = Values, O = Values> {
  /** Rows that demonstrations and instructions may be made of. */
  readonly train: readonly ExampleRow[]
  /** Rows that candidates are judged by. @default half of `train` */
  readonly val?: readonly ExampleRow[]
  /** A metric, or the function of one; it sees the inputs and outputs of the program. */
  readonly metric: Metric<I, O> | Metric<I, O>['score']
  readonly teleprompter: Teleprompter
  /** @default 'everything' */
  readonly tune?: Tune
  /** The first decides who wins, the others break ties and make the front. @default ['accuracy'] */
  readonly objectives?: TuningObjectives
  /** Holds for all calls: the worst case is set aside before a call is made. @default no limit */
  readonly budget?: TuningBudget
  /**
   * A folder where finished work is kept, and gone on with when it is there already: nothing that is in it is asked again. Rows,
   * program, metric, objectives, seed and what is tuned must be those it began with; the budget may be another. @default none
   */
  readonly resume?: string
  /** Of everything random. @default 0 */
  readonly seed?: number
  /** Rows that are tried at once. @default 16 */
  readonly concurrency?: number
  /** Candidates that are tried on all validation rows in the end, at least. @default 2 */
  readonly finalists?: number
  /** Candidates that are tried, the program as given included; a batch that needs more ends the search. @default 10_000 */
  readonly candidatesMax?: number
  /** Who answers; needed unless the model is tuned or predictors name their own. @default that of `withLm` around, else `local/small` */
  readonly lm?: LanguageModel | string
  /** Where ids of models are looked up. @default createModels() */
  readonly models?: ModelSource
  /**
   * The most tokens of an answer, in place of what predictors say: as much is set aside for a call where the budget limits tokens or
   * money. Rows that an evaluator of your own tries go by what it says itself. May be another when work is resumed.
   * @default that of the predictor, else the provider's own, 8,192 under such a budget
   */
  readonly maxOutputTokens?: number
  /** Adapters of your own that may be named. @default {} */
  readonly adapters?: { readonly [name: string]: Adapter }
  /**
   * Where rows are tried. One of your own looks after its models itself: each of their calls spends from the budget that it is given
   * where it says `takesBudget`. Else the budget goes by what rows say that they took, and what the dearest so far took is set aside
   * before a row is tried. The first of all is tried alone where tokens or money are limited.
   * @default this process
   */
  readonly evaluator?: Evaluator
  /** Inputs and outputs of the whole program, checked where they are known. @default that of a program which is a predictor */
  readonly signature?: Signature
  /** Names the program in reports and errors. @default its class, or the name of a predictor */
  readonly name?: string
  /** Failed calls in one batch of proposals that are borne. @default 10 */
  readonly errorsMax?: number
  readonly signal?: AbortSignal
  /** Called after each row that was asked, each batch, and while a teleprompter asks its teacher or proposer. Must not throw. */
  readonly onProgress?: (progress: OptimizeProgress) => void
  /** @default systemClock */
  readonly clock?: Clock
  /** @default silentTelemetry */
  readonly telemetry?: Telemetry
}

/** What of a definition is tuned beside its variables. */
export interface DefinitionTune {
  /** @default true */
  readonly instructions?: boolean
  /** @default true */
  readonly demos?: boolean
}

/** How a definition is tuned. Name, signature, adapters and variables are its own. */
export interface OptimizeDefinitionOptions<I = Values, O = Values>
  extends Omit<OptimizeOptions<I, O>, 'metric' | 'tune' | 'name' | 'signature' | 'adapters' | 'lm'> {
  /** @default that of the definition */
  readonly metric?: OptimizeOptions<I, O>['metric']
  /** @default 'everything': all variables, instructions and demonstrations */
  readonly tune?: 'everything' | DefinitionTune
  /** Who answers, where the definition has no variable `model`. @default that of `withLm` around, else its setting `model` */
  readonly lm?: LanguageModel | string
}

export const optimizeDefaults = {
  tune: 'everything',
  objectives: ['accuracy'],
  budget: {},
  seed: 0,
  concurrency: 16,
  finalists: 2,
  candidatesMax: 10_000,
  errorsMax: 10,
  clock: systemClock,
  telemetry: silentTelemetry,
} as const satisfies Partial<OptimizeOptions>

const optimizeRules = {
  train: rule.array(),
  val: rule.optional(rule.array()),
  metric: rule.any(),
  teleprompter: rule.having('propose'),
  tune: rule.optional(rule.any()),
  objectives: rule.optional(rule.object()),
  budget: rule.optional(rule.object()),
  resume: rule.optional(rule.string()),
  seed: rule.optional(rule.int(0)),
  concurrency: rule.optional(rule.int(1, 10_000)),
  finalists: rule.optional(rule.int(1, 1_000)),
  candidatesMax: rule.optional(rule.int(1, 1_000_000)),
  lm: runRules.lm,
  models: runRules.models,
  maxOutputTokens: runRules.maxOutputTokens,
  adapters: runRules.adapters,
  evaluator: rule.optional(rule.having('evaluate')),
  signature: rule.optional(rule.object()),
  name: rule.optional(rule.string()),
  errorsMax: rule.optional(rule.int(0)),
  signal: runRules.signal,
  onProgress: rule.optional(rule.fn()),
  clock: runRules.clock,
  telemetry: runRules.telemetry,
}

/** Options with their defaults, and the metric as one. */
export type OptimizeSettings = OptimizeOptions &
  Required<Pick<OptimizeOptions, keyof typeof optimizeDefaults>> & { readonly metric: Metric }

/** Options for a definition, as those for any program. Throws: as {@link optimizeSettings}. */
export function definitionSettings(program: ProgramDefinition, options: OptimizeDefinitionOptions): OptimizeSettings {
  const { name: _, signature: __, adapters: ___, ...rules } = optimizeRules
  checkTeleprompter(options)
  checkOptions('optimize', options, { ...rules, metric: rule.optional(rule.any()) })
  const { tune = 'everything', metric = program.metric } = options
  if (tune !== 'everything') {
    checkOptions('optimize: tune', tune, {
      instructions: rule.optional(rule.boolean()),
      demos: rule.optional(rule.boolean()),
    })
  }
  return optimizeSettings({ ...options, tune, metric })
}

/** Throws: `foundation/invalid-option`, `foundation/unknown-name`. */
export function optimizeSettings(options: OptimizeOptions): OptimizeSettings {
  checkTeleprompter(options)
  checkOptions('optimize', options, optimizeRules)
  const settings = { ...optimizeDefaults, ...definedOptions(options) }
  checkOptions('optimize: budget', settings.budget, {
    calls: rule.optional(rule.int(0)),
    tokens: rule.optional(rule.int(0)),
    usd: rule.optional(rule.number(0)),
    ms: rule.optional(rule.number(0)),
  })
  return { ...settings, metric: metricOf('optimize', options.metric) }
}

/** `teleprompter: beacon` is the function that makes one. */
function checkTeleprompter(options: Pick<OptimizeOptions, 'teleprompter'> | undefined): void {
  const given: unknown = options?.teleprompter
  if (typeof given !== 'function') return
  throw invalidOption('optimize', 'teleprompter', `a teleprompter; call it: ${given.name || 'teleprompter'}()`, given)
}
