/** The contract of evaluators: where states of a program are tried on rows. The loop owns order, journal and budget. */

import { type Clock, seededRandom } from '@mabeam/foundation'
import type { Example } from '../datasets/example.ts'
import { rowSeed } from '../evaluation/evaluate.ts'
import type { Metric } from '../evaluation/metric.ts'
import { plainValues, scoredRun } from '../evaluation/scored-run.ts'
import { eventLoopTurns } from '../event-loop-turns.ts'
import type { BindOptions, BoundProgram } from '../programs/bound-program.ts'
import type { ProgramDefinition } from '../programs/program-definition.ts'
import type { ProgramState } from '../programs/program-state.ts'
import type { ScoredRow, TracedStep } from './teleprompter.ts'

/** How rows are tried. */
export interface TryOptions {
  /** Of the run; the seed of a row is drawn from it by the id of the row. */
  readonly seed: number
  readonly signal: AbortSignal
  readonly trace: boolean
}

/** Tries states on rows. */
export interface Evaluator {
  /** Calls of `evaluate` at once, at most. */
  readonly slots: number
  /**
   * Runs a state on rows and judges the answers, in order. Called up to `slots` times at once, with one row or more.
   *
   * Ensures: the same state, row and seed give the same result as far as the models do. A run that fails is a row with an error.
   * Throws: errors of the metric, and what makes all work vain; `signal.reason`.
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
}

/** Tries states in this process. */
export function inlineEvaluator(options: InlineEvaluatorOptions): Evaluator {
  const { definition, metric, binding, slots, clock } = options
  const bound = new WeakMap<ProgramState, BoundProgram>()
  const turn = eventLoopTurns(clock)
  const bind = (state: ProgramState) => {
    const known = bound.get(state) ?? definition.bind(state, binding)
    bound.set(state, known)
    return known
  }
  return {
    slots,
    async evaluate(state, rows, { seed, signal, trace }) {
      const random = seededRandom(seed)
      const program = bind(state)
      const scored: ScoredRow[] = []
      for (const row of rows) {
        await turn()
        signal.throwIfAborted()
        const run = await scoredRun(program, row, { metric, seed: rowSeed(random, row.id), signal, trace })
        const steps = run.trace.map(stepOf)
        scored.push(trace && run.thrown === undefined ? { ...run.evaluated, steps } : run.evaluated)
      }
      return scored
    },
  }
}

function stepOf({
  usage: _,
  inputs,
  outputs,
  ...step
}: Awaited<ReturnType<BoundProgram['run']>>['trace'][number]): TracedStep {
  return { ...step, inputs: plainValues(inputs), outputs: plainValues(outputs) }
}
