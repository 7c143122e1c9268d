/** `optimize`: tunes a program on data, by whatever teleprompter, within a budget, and says how sure it is. */

import { type Clock, seededRandom } from '@mabeam/foundation'
import type { JudgedInputs, JudgedOutputs } from '../evaluation/judged-program.ts'
import { type Ledger, noLedger, openLedger } from '../evaluation/ledger.ts'
import { checkRows } from '../evaluation/row-check.ts'
import {
  type Budget,
  type BudgetAmounts,
  type BudgetOptions,
  budgetDefaults,
  restBudget,
} from '../models/budget/budget.ts'
import { asInnerRun } from '../programs/inner-work.ts'
import type { Program } from '../programs/program.ts'
import { isProgramDefinition, type ProgramDefinition } from '../programs/program-definition.ts'
import { checkProgram } from '../programs/program-walk.ts'
import { timeIsUp } from './budget-end.ts'
import { type Evaluator, inlineEvaluator } from './evaluator.ts'
import { tuningObjectives } from './objectives.ts'
import {
  definitionSettings,
  type OptimizeDefinitionOptions,
  type OptimizeOptions,
  type OptimizeSettings,
  optimizeSettings,
  type TuningBudget,
} from './optimize-options.ts'
import { ProgressTeller } from './optimize-progress.ts'
import {
  checkModels,
  definedSubject,
  type OptimizeSubject,
  optimizeDigests,
  optimizeSubject,
} from './optimize-subject.ts'
import {
  type Compiling,
  compiledCopies,
  type Optimized,
  optimizedOf,
  type TuningFound,
  tunedDefinitions,
} from './optimized.ts'
import type { TunedDefinition } from './tuned-definition.ts'
import { type TuningBudgetReport, tuningReport } from './tuning-report.ts'
import { tuningRows } from './tuning-rows.ts'
import { runTuning, type TuningOutcome } from './tuning-run.ts'
import { TuningSpending } from './tuning-spending.ts'

/**
 * Tunes a program, or a definition, whose variables say what is tuned beside instructions and demonstrations. It itself is not changed.
 *
 * Ensures: deterministic, as far as the models are: the same seed, rows and answers give the same winner. The budget holds, but for
 * an evaluator that does not take it. Work that is resumed asks for no row and no answer again that it has.
 * Throws: `foundation/invalid-option`; `dspx/no-examples`, `dspx/too-few-rows`, `dspx/duplicate-row`, `dspx/row-mismatch`,
 * `dspx/metric-label-missing`; `dspx/unknown-model`, `dspx/missing-setting`; `dspx/price-unknown` where money
 * counts; `dspx/objective-unmeasured`; `dspx/too-many-errors`; `dspx/resume-mismatch`, `foundation/journal-locked`; errors of the
 * metric and of the teleprompter; `signal.reason`; `dspx/run-ended` where it is begun in a run that ends before it.
 * @example
 * const better = await optimize(new Rag(), { train, val, metric: exactMatch('answer'), teleprompter: bootstrapRandomSearch() })
 * await better.best.save('rag.json')
 */
export async function optimize<I, O>(
  program: ProgramDefinition<I, O>,
  options: OptimizeDefinitionOptions<NoInfer<I>, NoInfer<O>>,
): Promise<Optimized<TunedDefinition<I, O>>>
export async function optimize<P extends Program>(
  program: P,
  options: OptimizeOptions<JudgedInputs<P>, JudgedOutputs<P>>,
): Promise<Optimized<P>>
export async function optimize(
  program: Program | ProgramDefinition,
  options: OptimizeOptions | OptimizeDefinitionOptions,
): Promise<unknown> {
  if (isProgramDefinition(program)) {
    const settings = definitionSettings(program, options as OptimizeDefinitionOptions)
    const subject = () => definedSubject(program, settings)
    return await begun({ settings, subject, compiling: (found) => tunedDefinitions(program, found) })
  }
  checkProgram('optimize', program)
  const settings = optimizeSettings(options as OptimizeOptions)
  const subject = () => optimizeSubject(program, settings)
  return await begun({ settings, subject, compiling: (found) => compiledCopies(program, found) })
}

/** What is optimised, and what programs are made of the states that are found. */
interface Optimizing<P> {
  readonly settings: OptimizeSettings
  readonly subject: () => OptimizeSubject
  readonly compiling: (found: TuningFound) => Compiling<P>
}

async function begun<P>(what: Optimizing<P>): Promise<Optimized<P>> {
  const { settings } = what
  return await asInnerRun(settings.signal, (signal) =>
    optimizing({ ...what, settings: { ...settings, ...(signal && { signal }) } }),
  )
}

async function optimizing<P>({ settings, subject: subjectOf, compiling }: Optimizing<P>): Promise<Optimized<P>> {
  settings.signal?.throwIfAborted()
  const { seed, metric, clock } = settings
  const { train, val } = settings
  const rows = tuningRows({ train, ...(val && { val }) }, { metric, seed })
  const objectives = tuningObjectives(settings.objectives)
  const subject = subjectOf()
  const { signature } = subject.definition
  checkRows([...rows.train, ...rows.val], { owner: 'optimize', metric, signature })
  checkModels(subject, { objectives, usdMax: settings.budget.usd ?? Number.POSITIVE_INFINITY })
  const digests = optimizeDigests(subject, { rows, settings, objectives })
  const { resume } = settings
  await using ledger =
    resume === undefined
      ? noLedger
      : await openLedger({ owner: 'optimize', path: resume, kind: 'tuning', digests, clock })
  return await new Optimization({ settings, rows, objectives, subject, ledger }).run(compiling)
}

/** Signals that abort when all of the time is over, and when that of the search is. */
type TuningTime = Pick<Parameters<typeof runTuning>[0], 'timeUp' | 'searchUp'>

/** Of the time that a budget allows, where the best must still be tried on all validation rows after it. */
const searchShare = 0.85

interface OptimizationParts {
  readonly settings: OptimizeSettings
  readonly rows: ReturnType<typeof tuningRows>
  readonly objectives: ReturnType<typeof tuningObjectives>
  readonly subject: OptimizeSubject
  readonly ledger: Ledger
}

class Optimization {
  readonly #with: OptimizationParts
  readonly #limits: Required<TuningBudget>
  readonly #budget: Budget
  readonly #startMs: number

  constructor(parts: OptimizationParts) {
    this.#with = parts
    const { budget, clock } = parts.settings
    this.#startMs = clock.monotonicMs()
    const { waitingMax: _, ...none } = budgetDefaults
    this.#limits = { ...none, ms: Number.POSITIVE_INFINITY, ...budget }
    this.#budget = restBudget(restOf(this.#limits, parts.ledger.spentBefore), this.#limits)
  }

  async run<P>(compiling: Optimizing<P>['compiling']): Promise<Optimized<P>> {
    const { settings, objectives } = this.#with
    const { teleprompter, telemetry, clock } = settings
    const [timeUp, searchUp] = [new AbortController(), new AbortController()]
    const cancels = [
      this.#armTime(clock, 1, () => timeUp.abort(timeIsUp())),
      this.#armTime(clock, searchShare, () => searchUp.abort(timeIsUp())),
    ]
    if (telemetry.enabled) telemetry.emit(beganEvent(this.#with))
    const teller = new ProgressTeller({
      objectives,
      teleprompter: teleprompter.name,
      telemetry,
      budget: () => this.#budgetReport(),
      onProgress: settings.onProgress,
    })
    try {
      const found = await this.#tune({ teller, timeUp: timeUp.signal, searchUp: searchUp.signal })
      const optimized = optimizedOf(found, compiling(found))
      if (telemetry.enabled) telemetry.emit(endedEvent(optimized))
      return optimized
    } finally {
      for (const cancel of cancels) cancel()
    }
  }

  async #tune(by: TuningTime & { readonly teller: ProgressTeller }): Promise<TuningFound> {
    const { teller, timeUp, searchUp } = by
    const { settings, rows, objectives, subject, ledger } = this.#with
    const { seed, teleprompter, metric, errorsMax, finalists, candidatesMax } = settings
    const signals = [ledger.failure, ...(settings.signal ? [settings.signal] : [])]
    const signal = AbortSignal.any(signals)
    const spending = new TuningSpending({
      models: subject.models,
      budget: ledger.keeping(this.#budget),
      rowBudget: this.#budget,
      limits: this.#limits,
      ledger,
      model: String(subject.initial.settings.model),
      maxOutputTokens: settings.maxOutputTokens,
      signal: AbortSignal.any([...signals, timeUp]),
      telemetry: settings.telemetry,
    })
    const outcome = await runTuning({
      ...subject,
      ownDefinition: subject.ownDefinition((model) => spending.own(model)),
      ...rows,
      metric,
      objectives,
      teleprompter,
      evaluator: settings.evaluator ?? this.#inline(spending),
      isCountedByRows: settings.evaluator !== undefined,
      spending,
      ledger,
      random: seededRandom(seed).fork(`optimize ${teleprompter.name}`),
      seed,
      errorsMax,
      finalists,
      candidatesMax,
      signal,
      timeUp,
      searchUp,
      onRow: (done, total) => teller.row(done, total),
      onBatch: (ended) => teller.batch(ended),
      onFailedProposal: ({ count }, failure) => teller.failedProposal(count, failure),
      onAsking: (progress) => teller.asking(progress),
    })
    return { outcome, report: this.#report(outcome, spending), subject }
  }

  #inline(spending: TuningSpending): Evaluator {
    const { subject, settings } = this.#with
    const { metric, clock, concurrency: slots, maxOutputTokens } = settings
    const binding = { models: spending.models, clock, ...(maxOutputTokens !== undefined && { maxOutputTokens }) }
    return inlineEvaluator({ definition: subject.definition, metric, binding, slots, clock })
  }

  #report(outcome: TuningOutcome, spending: TuningSpending) {
    const { settings, rows, objectives, subject, ledger } = this.#with
    const { rowsReused, unknown } = ledger
    return tuningReport({
      program: subject.definition.name,
      teleprompter: settings.teleprompter.name,
      objectives,
      seed: settings.seed,
      rows: { train: rows.train.length, val: rows.val.length },
      outcome,
      notes: rows.notes,
      ownUsage: spending.ownUsage,
      budget: this.#budgetReport(),
      ...(ledger.isResumed && { resumed: { rows: rowsReused, unknown } }),
      random: seededRandom(settings.seed).fork('optimize intervals'),
    })
  }

  #budgetReport(): TuningBudgetReport {
    const { ledger, settings } = this.#with
    const { calls, tokens, usd } = this.#budget.spent
    const before = ledger.spentBefore
    const known = (limit: number) => (Number.isFinite(limit) ? limit : null)
    const limits = this.#limits
    return {
      limits: {
        calls: known(limits.calls),
        tokens: known(limits.tokens),
        usd: known(limits.usd),
        ms: known(limits.ms),
      },
      spent: {
        calls: before.calls + calls,
        tokens: before.tokens + tokens,
        usd: before.usd + usd,
        ms: ledger.elapsedBeforeMs + settings.clock.monotonicMs() - this.#startMs,
      },
    }
  }

  /** Calls back when a share of the time is over, at once where earlier runs took it all; returns what cancels that. */
  #armTime(clock: Clock, share: number, over: () => void): () => void {
    const leftMs = share * this.#limits.ms - this.#with.ledger.elapsedBeforeMs
    if (leftMs === Number.POSITIVE_INFINITY) return () => {}
    if (leftMs > 0) return clock.setTimer(leftMs, over, { unref: true })
    over()
    return () => {}
  }
}

/** What earlier runs leave. */
function restOf(limits: Required<TuningBudget>, spent: BudgetAmounts): BudgetOptions {
  const rest = {
    calls: Math.max(0, limits.calls - Math.ceil(spent.calls)),
    tokens: Math.max(0, limits.tokens - Math.ceil(spent.tokens)),
    usd: Math.max(0, limits.usd - spent.usd),
  }
  return Object.fromEntries(Object.entries(rest).filter(([, limit]) => Number.isFinite(limit)))
}

function beganEvent({ settings, rows, ledger, subject }: OptimizationParts) {
  return {
    name: 'dspx.optimize-began',
    measurements: { trainRows: rows.train.length, valRows: rows.val.length, unknownCalls: ledger.unknown.calls },
    metadata: { program: subject.definition.name, teleprompter: settings.teleprompter.name, resumed: ledger.isResumed },
  }
}

function endedEvent({ report, verdict }: Optimized<unknown>) {
  const { calls, tokens, usd, ms } = report.budget.spent
  return {
    name: 'dspx.optimize-ended',
    measurements: {
      candidates: report.steps.length,
      winner: report.winner,
      calls,
      tokens,
      costUsd: usd,
      durationMs: ms,
    },
    metadata: {
      program: report.program,
      teleprompter: report.teleprompter,
      ended: report.ended,
      verdict: verdict.type,
    },
  }
}
