/** The contract of evaluators: where states of a program are tried on rows. The loop owns order, journal and budget. */

import { setMaxListeners } from 'node:events'
import { type Clock, checkOptions, fromWireError, type Random, rule, seededRandom } from '@mabeam/foundation'
import type { Example } from '../datasets/example.ts'
import { tooManyErrors } from '../evaluation/errors.ts'
import { rowSeed } from '../evaluation/evaluate.ts'
import { isFailedCall } from '../evaluation/evaluation-summary.ts'
import type { Metric } from '../evaluation/metric.ts'
import { RowReading } from '../evaluation/row-reading.ts'
import { plainValues, scoredRun } from '../evaluation/scored-run.ts'
import { stateFault } from '../evaluation/state-fault.ts'
import { eventLoopTurns } from '../event-loop-turns.ts'
import type { Budget } from '../models/budget/budget.ts'
import { noUsage } from '../models/usage.ts'
import type { BindOptions, BoundProgram } from '../programs/bound-program.ts'
import type { ProgramDefinition } from '../programs/program-definition.ts'
import type { ProgramState } from '../programs/program-state.ts'
import { currentRun, enterRun, overlaid } from '../programs/run-context.ts'
import { runRules } from '../programs/run-options.ts'
import type { ScoredRow, TracedStep } from './teleprompter.ts'

/** How rows are tried. */
export interface TryOptions {
  /** Of the run; the seed of a row is drawn from it by the id of the row. */
  readonly seed: number
  readonly signal: AbortSignal
  readonly trace: boolean
  /** Those of the rows that demonstrations may be made of: no predictor is shown one of the row that it is run on. @default [] */
  readonly trainIds?: readonly string[]
  /** Given to evaluators that take it: every call of a model spends from it, so that the worst case of each is set aside before it. */
  readonly budget?: Budget
}

/** Tries states on rows. */
export interface Evaluator {
  /** Calls of `evaluate` at once, at most. */
  readonly slots: number
  /** Rows of one state in a call, at most: where a call is a message, many rows share what it takes. @default 1 */
  readonly rowsPerCall?: number
  /**
   * Whether every call of a model, judges included, spends from the budget that `evaluate` is given. For one that does not, as where
   * rows are tried on other machines, there is set aside for a row what the dearest so far took, which a dearer one may exceed.
   * @default false
   */
  readonly takesBudget?: boolean
  /**
   * Runs a state on rows and judges the answers. Called up to `slots` times at once, with 1 to `rowsPerCall` rows.
   *
   * Ensures: one result for each row, in their order; the same state, row and seed give the same result as far as the models do. A
   * run that fails is a row with an error; one of code `dspx/budget-exhausted` was not asked, and ends the search.
   * Throws: errors of the metric, and what makes all work vain; `signal.reason`. The rows of the call count as not tried then.
   */
  evaluate(state: ProgramState, rows: readonly Example[], options: TryOptions): Promise<ScoredRow[]>
}

/** What the inline evaluator is made of. */
export interface InlineEvaluatorOptions {
  readonly definition: ProgramDefinition
  readonly metric: Metric
  readonly binding: BindOptions
  readonly slots: number
  readonly clock: Clock
  /** Rows of one call that are tried at once. @default 1 */
  readonly rowsAtOnce?: number
  /**
   * Failed calls of models in one call that are borne; one more throws `dspx/too-many-errors`. Those by which a model refuses the
   * state are not counted: who tries states judges by them. @default no limit
   */
  readonly errorsMax?: number
}

/**
 * Tries states in this process: what `optimize` does by default, and what workers of an evaluator of your own do where they are. Of a
 * program that says nowhere what it takes, an input that it reads and the first row lacks is thrown as `dspx/row-mismatch`.
 */
export function inlineEvaluator(options: InlineEvaluatorOptions): Evaluator {
  checkOptions('inlineEvaluator', options, inlineRules)
  const { definition, binding, slots } = options
  const bound = new WeakMap<ProgramState, BoundProgram>()
  const bind = (state: ProgramState) => {
    const known = bound.get(state) ?? definition.bind(state, binding)
    bound.set(state, known)
    return known
  }
  const turn = eventLoopTurns(options.clock)
  let isWatched = definition.signature.inputs.length === 0
  const watch = (row: Example) => {
    const reading = isWatched ? new RowReading(row, 'optimize') : undefined
    isWatched = false
    return reading
  }
  return {
    slots,
    takesBudget: true,
    evaluate: async (state, rows, how) => {
      const call = new InlineCall({ ...options, turn, watch, bound: bind(state), rows, how })
      const { budget } = how
      // what a program runs by itself spends too
      return await (budget ? enterRun(overlaid(currentRun(), { budget }), () => call.run()) : call.run())
    },
  }
}

const inlineRules = {
  definition: rule.having('bind', 'initialState'),
  metric: rule.having('score'),
  binding: rule.record(),
  slots: rule.int(1),
  clock: { ...runRules.clock, optional: false },
  rowsAtOnce: rule.optional(rule.int(1)),
  errorsMax: rule.optional(rule.int(0)),
}

interface InlineCallParts extends InlineEvaluatorOptions {
  readonly bound: BoundProgram
  readonly rows: readonly Example[]
  readonly how: TryOptions
  readonly turn: () => Promise<void> | undefined
  /** Watches the first row of all. */
  readonly watch: (row: Example) => RowReading | undefined
}

/** The rows of one call. */
class InlineCall {
  readonly #with: InlineCallParts
  readonly #scored: ScoredRow[]
  readonly #random: Random
  readonly #stop = new AbortController()
  #next = 0
  #failed = 0
  /** The first that the budget refused: those that were not begun are refused with it. */
  #refused: ScoredRow | undefined

  constructor(parts: InlineCallParts) {
    this.#with = parts
    this.#scored = new Array(parts.rows.length)
    this.#random = seededRandom(parts.how.seed)
  }

  async run(): Promise<ScoredRow[]> {
    const { rows, rowsAtOnce = 1, how } = this.#with
    const lanes = Math.min(rowsAtOnce, rows.length)
    if (lanes <= 1) {
      await this.#lane(how.signal)
      return this.#scored
    }
    const signal = AbortSignal.any([how.signal, this.#stop.signal])
    setMaxListeners(0, signal)
    const all = Array.from({ length: lanes }, () => this.#lane(signal).catch((thrown) => this.#stop.abort(thrown)))
    await Promise.all(all)
    signal.throwIfAborted()
    return this.#scored
  }

  /** Takes the next row as soon as it is free; the first that throws stops the others. */
  async #lane(signal: AbortSignal): Promise<void> {
    const { rows, turn } = this.#with
    while (this.#next < rows.length) {
      const at = this.#next++
      await turn()
      signal.throwIfAborted()
      const row = await this.#rowOf(rows[at] as Example, signal)
      this.#scored[at] = row
      if (isUnpaid(row)) this.#refused ??= row
      else if (isFailedCall(row) && stateFault(row) === undefined) this.#bear(row)
    }
  }

  async #rowOf(row: Example, signal: AbortSignal): Promise<ScoredRow> {
    if (this.#refused) return { ...this.#refused, id: row.id, usage: noUsage }
    return await this.#try(row, signal)
  }

  async #try(row: Example, signal: AbortSignal): Promise<ScoredRow> {
    const { bound, metric, how, watch } = this.#with
    const { trace, trainIds = [], budget } = how
    const seed = rowSeed(this.#random, row.id)
    const run = await scoredRun(bound, row, {
      metric,
      seed,
      signal,
      trace,
      isBeside: trainIds.includes(row.id),
      budget,
      reading: watch(row),
    })
    const steps = run.trace.map(stepOf)
    return trace && run.thrown === undefined ? { ...run.evaluated, steps } : run.evaluated
  }

  #bear(row: ScoredRow): void {
    const { errorsMax = Number.POSITIVE_INFINITY, rows } = this.#with
    const errors = ++this.#failed
    if (errors <= errorsMax || row.error === undefined) return
    throw tooManyErrors({
      errors,
      errorsMax,
      examples: rows.length,
      exampleId: row.id,
      cause: fromWireError(row.error),
    })
  }
}

/** Whether the budget refused it, or a part of it: it was not tried. */
export function isUnpaid({ error }: ScoredRow): boolean {
  return error?.code === 'dspx/budget-exhausted'
}

function stepOf({
  usage: _,
  inputs,
  outputs,
  ...step
}: Awaited<ReturnType<BoundProgram['run']>>['trace'][number]): TracedStep {
  return { ...step, inputs: plainValues(inputs), outputs: plainValues(outputs) }
}
