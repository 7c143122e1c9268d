/** `optimize`: tunes a program on data, by whatever teleprompter, within a budget, and says how sure it is. */

import {
  type Clock,
  checkOptions,
  definedOptions,
  rule,
  seededRandom,
  silentTelemetry,
  systemClock,
  type Telemetry,
} from '@mabeam/foundation'
import type { Adapter } from '../adapters/adapter.ts'
import type { Example } from '../datasets/example.ts'
import type { Metric } from '../evaluation/metric.ts'
import { type BudgetOptions, createBudget } from '../models/budget/budget.ts'
import type { LanguageModel } from '../models/language-model.ts'
import { createModels } from '../models/models.ts'
import type { Program } from '../programs/program.ts'
import { definitionOf, type ProgramDefinition } from '../programs/program-definition.ts'
import type { ProgramState } from '../programs/program-state.ts'
import { nameOf, predictorsIn } from '../programs/program-walk.ts'
import { currentRun } from '../programs/run-context.ts'
import { type ModelSource, runRules } from '../programs/run-options.ts'
import type { Signature } from '../signatures/signature.ts'
import { type Evaluator, inlineEvaluator } from './evaluator.ts'
import { explainTuning } from './explanation.ts'
import { type TuningObjectives, tuningObjectives } from './objectives.ts'
import type { FrontProgram, Optimized } from './optimized.ts'
import type { Candidate, Teleprompter } from './teleprompter.ts'
import { givenState, type Tune, tuned } from './tune.ts'
import { type ReportSource, tuningReport } from './tuning-report.ts'
import { streamOf, tuningRows } from './tuning-rows.ts'
import { runTuning, type TuningOutcome } from './tuning-run.ts'
import { TuningSpending } from './tuning-spending.ts'

/** How a program is tuned. */
export interface OptimizeOptions {
  /** Rows that demonstrations and instructions may be made of. */
  readonly train: readonly Example[]
  /** Rows that candidates are judged by. @default half of `train` */
  readonly val?: readonly Example[]
  /** A metric, or the function of one. */
  readonly metric: Metric | Metric['score']
  readonly teleprompter: Teleprompter
  /** @default 'everything' */
  readonly tune?: Tune
  /** The first decides who wins, the others break ties and make the front. @default ['accuracy'] */
  readonly objectives?: TuningObjectives
  /** @default no limit */
  readonly budget?: BudgetOptions
  /** Of everything random. @default 0 */
  readonly seed?: number
  /** Rows that are tried at once. @default 16 */
  readonly concurrency?: number
  /** Who answers; needed unless the model is tuned or predictors name their own. @default that of `withLm` around, else `local/small` */
  readonly lm?: LanguageModel | string
  /** Where ids of models are looked up. @default createModels() */
  readonly models?: ModelSource
  /** Adapters of your own that may be named. @default {} */
  readonly adapters?: { readonly [name: string]: Adapter }
  /** Inputs and outputs of the whole program, checked where they are known. @default that of a program which is a predictor */
  readonly signature?: Signature
  /** Names the program in reports and errors. @default its class, or the name of a predictor */
  readonly name?: string
  /** Failed calls in one batch of proposals that are borne. @default 10 */
  readonly errorsMax?: number
  readonly signal?: AbortSignal
  /** @default systemClock */
  readonly clock?: Clock
  /** @default silentTelemetry */
  readonly telemetry?: Telemetry
}

export const optimizeDefaults = {
  tune: 'everything',
  objectives: ['accuracy'],
  budget: {},
  seed: 0,
  concurrency: 16,
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
  seed: rule.optional(rule.int(0)),
  concurrency: rule.optional(rule.int(1, 10_000)),
  lm: runRules.lm,
  models: runRules.models,
  adapters: runRules.adapters,
  signature: rule.optional(rule.object()),
  name: rule.optional(rule.string()),
  errorsMax: rule.optional(rule.int(0)),
  signal: rule.optional(rule.object()),
  clock: rule.optional(rule.object()),
  telemetry: rule.optional(rule.object()),
}

/**
 * Tunes a program. The program itself is not changed.
 *
 * Ensures: deterministic, as far as the models are: the same seed, rows and answers give the same winner.
 * Throws: `foundation/invalid-option`; `dspx/no-examples`, `dspx/too-few-rows`, `dspx/duplicate-row`; `dspx/price-unknown` where money
 * counts; `dspx/objective-unmeasured`, `dspx/too-many-errors`, errors of the metric, of the teleprompter; `signal.reason`.
 * @example
 * const better = await optimize(new Rag(), { train, val, metric: exactMatch('answer'), teleprompter: bootstrapRandomSearch() })
 * await better.best.save('rag.json')
 */
export async function optimize<P extends Program>(program: P, options: OptimizeOptions): Promise<Optimized<P>> {
  checkOptions('optimize', options, optimizeRules)
  options.signal?.throwIfAborted()
  const settings = { ...optimizeDefaults, ...definedOptions(options) }
  const { seed, teleprompter } = settings
  const metric = metricOf(options.metric)
  const rows = tuningRows({ train: options.train, ...(options.val && { val: options.val }) }, { metric, seed })
  const subject = subjectOf(program, { ...settings, metric })
  const signal = options.signal ?? new AbortController().signal
  const budget = createBudget(settings.budget)
  const spending = new TuningSpending({
    models: subject.models,
    budget,
    model: String(subject.initial.settings.model),
    signal,
  })
  const objectives = tuningObjectives(settings.objectives)
  const outcome = await runTuning({
    ...subject,
    ...rows,
    metric,
    objectives,
    teleprompter,
    evaluator: evaluatorOf(subject.definition, { ...settings, metric, spending }),
    spending,
    random: streamOf(seed, teleprompter.name),
    seed,
    errorsMax: settings.errorsMax,
    signal,
  })
  const report = tuningReport({
    program: subject.definition.name,
    teleprompter: teleprompter.name,
    objectives,
    seed,
    rows: { train: rows.train.length, val: rows.val.length },
    outcome,
    notes: rows.notes,
    spent: budget.spent,
    random: seededRandom(seed).fork('optimize intervals'),
  } satisfies ReportSource)
  return optimizedOf(program, { outcome, report, kept: subject.kept })
}

function metricOf(given: OptimizeOptions['metric']): Metric {
  return typeof given === 'function' ? { name: given.name || 'metric', score: given } : given
}

/** What is tuned. */
interface Subject {
  readonly definition: ProgramDefinition
  readonly initial: ProgramState
  readonly tunes: { readonly instructions: boolean; readonly demos: boolean }
  readonly models: ModelSource
  /** Settings that a compiled copy keeps: those that are tuned, and those the program had. */
  readonly kept: readonly string[]
}

type Settings = OptimizeOptions &
  Required<Pick<OptimizeOptions, keyof typeof optimizeDefaults>> & { readonly metric: Metric }

function subjectOf(program: Program, settings: Settings): Subject {
  const { metric, tune, adapters = {}, signature, name = nameOf(program), clock } = settings
  const around = currentRun()
  const lm = settings.lm ?? around?.lm
  const known = settings.models ?? around?.models ?? createModels({ clock })
  const now = program.state()
  const predictors = [...predictorsIn(program).values()]
  const hasModel =
    lm !== undefined || (predictors.length > 0 && predictors.every(({ options }) => options.lm !== undefined))
  const { variables, parts } = tuned(tune, now, { hasModel })
  const id = typeof lm === 'object' ? lm.modelId : lm
  const plain = definitionOf(program, {
    name,
    metric,
    variables,
    adapters,
    ...(signature && { signature }),
    ...(id !== undefined && { settings: { model: id } }),
  }) as unknown as ProgramDefinition
  const initial = givenState(plain.initialState(), now)
  const definition = Object.create(plain, { initialState: { value: () => initial } }) as ProgramDefinition
  const models: ModelSource =
    typeof lm === 'object' ? { get: (asked) => (asked === id ? lm : known.get(asked)) } : known
  return {
    definition,
    initial,
    tunes: parts,
    models,
    kept: [...Object.keys(variables), ...Object.keys(now.settings), ...(parts.demos ? ['demos'] : [])],
  }
}

function evaluatorOf(
  definition: ProgramDefinition,
  { metric, concurrency, clock, spending }: Settings & { readonly spending: TuningSpending },
): Evaluator {
  return inlineEvaluator({ definition, metric, binding: { models: spending.models, clock }, slots: concurrency, clock })
}

function optimizedOf<P extends Program>(
  program: P,
  {
    outcome,
    report,
    kept,
  }: { readonly outcome: TuningOutcome; readonly report: Optimized<P>['report']; readonly kept: readonly string[] },
): Optimized<P> {
  const compiled = (number: number): P => {
    const { settings, predictors } = (outcome.candidates.all[number] as Candidate).state
    const own = Object.entries(settings).filter(([name]) => kept.includes(name))
    return number === 0 ? program.compile({}) : program.compile({ settings: Object.fromEntries(own), predictors })
  }
  const front = report.front.map((candidate): FrontProgram<P> => {
    const { values = {}, settings: config = {} } = report.steps.find((step) => step.candidate === candidate) ?? {}
    return { program: compiled(candidate), candidate, values, config }
  })
  return {
    best: compiled(report.winner),
    verdict: report.verdict,
    front,
    report,
    spent: report.spent,
    explain: () => explainTuning(report),
  }
}
