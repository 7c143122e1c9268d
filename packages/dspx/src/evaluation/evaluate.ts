/**
 * Evaluation: runs a program over examples and scores every answer. Results stand in the order of the examples,
 * whatever order they were answered in. An answer that cannot be read scores 0, as it would for a user; a call that
 * failed scores 0 too and counts against `errorsMax`, because a broken connection says nothing about a program. Rows that do not
 * fit, and a run that nobody could answer (no model, no key), are mistakes of the caller: they reject at once.
 */

import {
  type Clock,
  checkOptions,
  definedOptions,
  fromWireError,
  type Random,
  rule,
  seededRandom,
  systemClock,
} from '@mabeam/foundation'
import type { Example, ExampleRow } from '../datasets/example.ts'
import { checkExamples, checkIds } from '../datasets/example-check.ts'
import { identified } from '../datasets/example-ids.ts'
import { eventLoopTurns } from '../event-loop-turns.ts'
import type { BoundProgram } from '../programs/bound-program.ts'
import { asInnerRun } from '../programs/inner-work.ts'
import type { Program } from '../programs/program.ts'
import { type RunOptions, runRules } from '../programs/run-options.ts'
import { SignalFan } from '../signal-fan.ts'
import type { Values } from '../signatures/signature.ts'
import { noExamples, tooManyErrors } from './errors.ts'
import { evaluatedSubject } from './evaluated-subject.ts'
import { type EvaluatedExample, type EvaluationSummary, isFailedCall, summarise } from './evaluation-summary.ts'
import type { JudgedInputs, JudgedOutputs, JudgedProgram } from './judged-program.ts'
import { type Ledger, noLedger, openLedger } from './ledger.ts'
import type { UnknownWork } from './ledger-state.ts'
import type { Metric } from './metric.ts'
import { checkRows } from './row-check.ts'
import { RowReading } from './row-reading.ts'
import { type Evaluated, type ScoredRun, scoredRun } from './scored-run.ts'

/** How a program is evaluated. What is said about running counts for a `Program`; a bound program has it all. */
export interface EvaluateOptions<I = Values, O = Values>
  extends Omit<RunOptions, 'seed' | 'signal' | 'trace' | 'traceMax' | 'clock'> {
  /**
   * A metric, or the function of one; it sees the inputs and outputs of the program. Needed for a `Program`. @default that of the bound
   * program's definition
   */
  readonly metric?: Metric<I, O> | Metric<I, O>['score']
  /** Examples in flight at once. @default 16 */
  readonly concurrency?: number
  /**
   * Failed calls that are borne in this evaluation; one more rejects with `dspx/too-many-errors`. Who evaluates in pieces
   * adds up their `failedCalls`. @default 10
   */
  readonly errorsMax?: number
  /** For models that sample; each example gets its own seed from it. @default 0 */
  readonly seed?: number
  /**
   * A folder where rows are kept as they end, and gone on with when it is there already: none that is in it is run again. Program,
   * examples, metric and seed must be those it began with. @default none
   */
  readonly resume?: string
  readonly signal?: AbortSignal
  /** Called after every example that was run. */
  readonly onProgress?: (progress: EvaluationProgress) => void
  /** @default systemClock */
  readonly clock?: Clock
}

export const evaluateDefaults = {
  concurrency: 16,
  errorsMax: 10,
  seed: 0,
  clock: systemClock,
} as const satisfies Required<Pick<EvaluateOptions, 'concurrency' | 'errorsMax' | 'seed' | 'clock'>>

export interface EvaluationProgress {
  readonly done: number
  readonly total: number
  /** Mean score so far. */
  readonly accuracy: number
  readonly errors: number
}

/** An evaluation's rows and their summary. Plain JSON. */
export interface Evaluation extends EvaluationSummary {
  readonly metric: string
  /** In the order of the examples. */
  readonly predictions: readonly EvaluatedExample[]
  /** Wall time. */
  readonly seconds: number
  /** What one should know of how it was run: options in front of what the program says itself. */
  readonly notes: readonly string[]
  /** Where work was resumed: the rows that were not run again, and what was under way when it had ended. */
  readonly resumed?: { readonly rows: number; readonly unknown: UnknownWork }
}

/**
 * Scores a program on `examples`.
 *
 * Of a program that says nowhere what it takes the first row is run alone: an input that it reads and the row lacks is a mismatch.
 * A function that is generic in the program calls `evaluate<Program>(program, …)`, since the compiler can't tell there what a metric sees;
 * and `optimize<Program>(…)` in the same way.
 *
 * Throws: `dspx/no-examples`; `dspx/row-mismatch`, `dspx/metric-label-missing`, `dspx/metric-field-unknown` before anything is asked;
 * `dspx/no-model`, `dspx/unknown-model`, `dspx/missing-setting`, and `dspx/model-failed` where a key is refused; `dspx/too-many-errors`; `dspx/budget-exhausted`; `dspx/metric-failed`, `dspx/metric-score-invalid`,
 * `dspx/metric-value-invalid`; `dspx/resume-mismatch`, `foundation/journal-locked`; `signal.reason`; and
 * `dspx/run-ended` where it is begun in a run that ends before it. After all of these a `resume` goes on.
 * @example const { accuracy, ci95 } = await evaluate(rag, test, { metric: exactMatch('answer'), lm, resume: 'runs/rag-test' })
 */
export async function evaluate<P extends JudgedProgram>(
  program: P,
  examples: readonly ExampleRow[],
  options?: EvaluateOptions<JudgedInputs<P>, JudgedOutputs<P>>,
): Promise<Evaluation>
export async function evaluate(
  program: BoundProgram | Program,
  rows: readonly ExampleRow[],
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  checkOptions('evaluate', options, evaluateRules)
  checkExamples('evaluate', 'examples', rows)
  const examples = identified('evaluate', 'examples', rows)
  checkIds('evaluate', 'examples', examples)
  if (examples.length === 0) throw noExamples('evaluate')
  const settings = { ...evaluateDefaults, ...definedOptions(options) }
  return await asInnerRun(settings.signal, (signal) =>
    evaluating(program, examples, { ...settings, ...(signal && { signal }) }),
  )
}

async function evaluating(
  program: BoundProgram | Program,
  examples: readonly Example[],
  settings: EvaluateOptions & DefaultedOptions,
): Promise<Evaluation> {
  const { clock, seed, resume } = settings
  const startMs = clock.monotonicMs()
  const subject = evaluatedSubject(program, settings)
  checkRows(examples, { owner: 'evaluate', metric: subject.metric, signature: subject.signature })
  const digests = resume === undefined ? {} : subject.digests(examples, seed)
  await using ledger =
    resume === undefined
      ? noLedger
      : await openLedger({ owner: 'evaluate', path: resume, kind: 'evaluation', digests, clock })
  const evaluated = subject.runner(ledger)
  const isOpen = subject.signature === undefined || subject.signature.inputs.length === 0
  const run = new EvaluationRun({ ...settings, metric: subject.metric, ledger, evaluated, isOpen }, examples)
  const predictions = await run.run()
  return {
    metric: subject.metric.name,
    predictions,
    ...summarise(predictions, { random: seededRandom(seed).fork('interval') }),
    seconds: (clock.monotonicMs() - startMs) / 1_000,
    notes: [...subject.notes, ...run.notes],
    ...(ledger.isResumed && { resumed: { rows: ledger.rowsReused, unknown: ledger.unknown } }),
  }
}

const { seed: _, trace: __, traceMax: ___, ...runnerRules } = runRules
const evaluateRules = {
  ...runnerRules,
  metric: rule.optional(rule.any()),
  concurrency: rule.optional(rule.int(1, 10_000)),
  errorsMax: rule.optional(rule.int(0)),
  seed: rule.optional(rule.int(0)),
  resume: rule.optional(rule.string()),
  onProgress: rule.optional(rule.fn()),
}

type DefaultedOptions = Required<Pick<EvaluateOptions, keyof typeof evaluateDefaults>>

type Settings = Omit<EvaluateOptions, 'metric'> &
  DefaultedOptions & {
    readonly metric: Metric
    readonly ledger: Ledger
    readonly evaluated: Evaluated
    /** Whether nobody knows which inputs the program takes. */
    readonly isOpen: boolean
  }

/** One evaluation under way. */
class EvaluationRun {
  readonly #with: Settings
  readonly #examples: readonly Example[]
  readonly #results: EvaluatedExample[]
  readonly #stop = new AbortController()
  readonly #signal: AbortSignal
  readonly #fan: SignalFan
  readonly #random: Random
  readonly #turn: () => Promise<void> | undefined
  /** Rows whose call failed: durable only in the end, so that an evaluation which fails tries them again. */
  readonly #failed: number[] = []
  /** What looks odd in how the first row was read. */
  notes: readonly string[] = []
  #next = 0
  #done = 0
  #sum = 0
  #errors = 0

  constructor(settings: Settings, examples: readonly Example[]) {
    this.#with = settings
    this.#examples = examples
    this.#results = new Array(examples.length)
    const { signal, ledger } = settings
    this.#signal = AbortSignal.any([this.#stop.signal, ledger.failure, ...(signal ? [signal] : [])])
    this.#fan = new SignalFan(this.#signal)
    this.#random = seededRandom(settings.seed)
    this.#turn = eventLoopTurns(settings.clock)
  }

  async run(): Promise<EvaluatedExample[]> {
    const { signal, concurrency, ledger, isOpen } = this.#with
    signal?.throwIfAborted()
    // Alone, so that a name which is wrong in all rows is told before more than one is spent on.
    if (isOpen) await this.#lane(1)
    const lanes = Array.from({ length: Math.min(concurrency, this.#examples.length) }, () =>
      this.#lane().catch((thrown: unknown) => this.#stop.abort(thrown)),
    )
    await Promise.all(lanes)
    signal?.throwIfAborted()
    this.#signal.throwIfAborted()
    for (const index of this.#failed)
      await ledger.rowEnded(this.#keyOf(index), this.#results[index] as EvaluatedExample)
    return this.#results
  }

  /** Takes the next example as soon as it is free; the first that throws stops the others. */
  async #lane(until = this.#examples.length): Promise<void> {
    while (this.#next < until) {
      const index = this.#next++
      const known = this.#with.ledger.row(this.#keyOf(index))
      if (known !== undefined) this.#count(index, known)
      else await this.#run(index)
    }
  }

  async #run(index: number): Promise<void> {
    const { ledger, isOpen, metric } = this.#with
    const example = this.#examples[index] as Example
    await this.#turn()
    this.#signal.throwIfAborted()
    await ledger.rowBegan(this.#keyOf(index))
    const reading = index === 0 ? new RowReading(example, isOpen ? 'evaluate' : undefined) : undefined
    const { evaluated: row, thrown } = await this.#scored(example, reading)
    if (reading) this.notes = reading.notes(metric.name)
    if (row.error?.code === 'dspx/budget-exhausted') {
      await ledger.rowLeft(this.#keyOf(index))
      throw thrown
    }
    if (isFailedCall(row)) this.#failed.push(index)
    else await ledger.rowEnded(this.#keyOf(index), row)
    this.#count(index, row)
    const { onProgress, errorsMax } = this.#with
    const failed = this.#failed.length
    if (failed > errorsMax) {
      const cause = thrown ?? (row.error && fromWireError(row.error))
      throw tooManyErrors({ errors: failed, errorsMax, examples: this.#examples.length, exampleId: row.id, cause })
    }
    onProgress?.({
      done: this.#done,
      total: this.#examples.length,
      accuracy: this.#sum / this.#done,
      errors: this.#errors,
    })
  }

  /** With a signal of its own. */
  async #scored(example: Example, reading: RowReading | undefined): Promise<ScoredRun> {
    const { evaluated, metric } = this.#with
    const own = this.#fan.take()
    const seed = rowSeed(this.#random, example.id)
    try {
      return await scoredRun(evaluated, example, { metric, seed, signal: own.signal, reading })
    } finally {
      this.#fan.giveBack(own)
    }
  }

  #count(index: number, row: EvaluatedExample): void {
    this.#results[index] = row
    this.#done++
    this.#sum += row.score
    if (row.error !== undefined) this.#errors++
  }

  #keyOf(index: number): string {
    return `${index} ${this.#examples[index]?.id}`
  }
}

/** The seed of a row: the same in every evaluation with the same seed, so that programs are compared under the same draws. */
export function rowSeed(random: Random, id: string): number {
  return random.fork(id).int(2 ** 31)
}
