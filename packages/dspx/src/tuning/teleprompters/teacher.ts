/** A teacher: a state of the program whose good answers to training rows become demonstrations. */

import { hasCode, isMabeamError, type Json, systemClock } from '@mabeam/foundation'
import type { Example } from '../../datasets/example.ts'
import { tooManyErrors } from '../../evaluation/errors.ts'
import { scoreAnswer } from '../../evaluation/metric.ts'
import { faultBehind } from '../../evaluation/state-fault.ts'
import { eventLoopTurns } from '../../event-loop-turns.ts'
import type { BoundProgram } from '../../programs/bound-program.ts'
import { mostDemosShown, type ProgramState } from '../../programs/program-state.ts'
import type { Demo } from '../../signatures/signature.ts'
import { isBudgetEnd } from '../budget-end.ts'
import { leadingRowsMax } from '../candidate-failure.ts'
import { demoPool } from '../demo-pool.ts'
import type { PlannerContext } from '../planner.ts'
import { labeledDemos } from './labeled-few-shot.ts'

export interface TeacherOptions {
  /** Labelled demonstrations the teacher is shown. */
  readonly labeled: number
  /** A score from which on an answer is good. */
  readonly scoreMin: number
  /** Failed calls that are borne. */
  readonly errorsMax: number
}

/** What a teacher made of one row. */
export interface TaughtRow {
  readonly example: Example
  readonly score: number
  /** By predictor, what it was asked and answered; only where the score is good. */
  readonly steps: { readonly [predictor: string]: readonly Demo[] }
}

export interface Teacher {
  /** Answers rows, in order, `concurrency` at once; stops after a batch in which `enough` says so. */
  answer(rows: readonly Example[], run: TeachingRun): Promise<TaughtRow[]>
}

export interface TeachingRun {
  readonly concurrency: number
  /** Above 0 the teacher samples, as often as the seed differs. @default as its state says */
  readonly temperature?: number
  readonly seed?: number
  readonly enough?: (taught: readonly TaughtRow[]) => boolean
}

/**
 * A teacher that is shown labelled rows, never the one it is asked about. An answer that cannot be read is a bad
 * answer; a call that failed counts against `errorsMax`, unless the model refuses the teacher as it is: one that is refused on its
 * first rows is not asked the rest. A row that is answered again in the same way is not asked again.
 */
export function teacherOf(context: PlannerContext, options: TeacherOptions): Teacher {
  return new RowTeacher(context, options)
}

class RowTeacher implements Teacher {
  readonly #context: PlannerContext
  readonly #options: TeacherOptions
  readonly #state: ProgramState
  readonly #labeled: LabeledRows
  readonly #known = new Map<string, Promise<TaughtRow>>()
  /** Rows that got an answer, be it one that cannot be read; that the model refused; whose call failed. */
  readonly #rows = { answered: 0, refused: 0, failed: 0 }

  constructor(context: PlannerContext, options: TeacherOptions) {
    this.#context = context
    this.#options = options
    this.#state = context.teacher ?? context.program.initialState()
    this.#labeled = labeledRows(context, this.#state, options.labeled)
  }

  async answer(rows: readonly Example[], run: TeachingRun): Promise<TaughtRow[]> {
    const { signal, onProgress } = this.#context
    const bind = this.#binding(run)
    const common = bind()
    const taught: TaughtRow[] = []
    const turn = eventLoopTurns(systemClock)
    const tell = () => onProgress?.({ what: 'teacher', done: taught.length, total: rows.length })
    tell()
    for (let start = 0; start < rows.length && !run.enough?.(taught) && !this.#isRefused; start += run.concurrency) {
      await turn()
      signal?.throwIfAborted()
      const answers = rows.slice(start, start + run.concurrency).map((example) => {
        const ask = () =>
          this.#ask(this.#labeled.ids.has(example.id) ? bind(example.id) : common, example, run.seed ?? 0)
        return run.temperature === undefined ? this.#once(example.id, ask) : ask()
      })
      taught.push(...(await Promise.all(answers)))
      tell()
    }
    return taught
  }

  /** The model refuses the teacher as it is, and not some row. */
  get #isRefused(): boolean {
    const { answered, refused } = this.#rows
    return answered === 0 && refused >= Math.min(leadingRowsMax, this.#context.train.length)
  }

  /** Programs that answer, one row left out of what they are shown where asked. */
  #binding({ temperature }: TeachingRun): (without?: string) => BoundProgram {
    const { program, models } = this.#context
    const { settings, predictors } = this.#state
    const state = { predictors, settings: temperature === undefined ? settings : { ...settings, temperature } }
    return (without) => program.bind(this.#labeled.addedTo(state, without), { models })
  }

  #once(id: string, ask: () => Promise<TaughtRow>): Promise<TaughtRow> {
    const answer = this.#known.get(id) ?? ask()
    this.#known.set(id, answer)
    return answer
  }

  async #ask(bound: BoundProgram, example: Example, seed: number): Promise<TaughtRow> {
    const { program, signal } = this.#context
    try {
      const { outputs, trace } = await bound.run(example.inputs, {
        seed,
        trace: true,
        row: example,
        ...(signal && { signal }),
      })
      this.#rows.answered++
      const score = await scoreAnswer(program.metric, example, outputs)
      return { example, score, steps: score >= this.#options.scoreMin ? stepsOf(trace) : {} }
    } catch (thrown) {
      this.#bear(thrown, example)
      return { example, score: 0, steps: {} }
    }
  }

  /** Counts what went wrong with a row; throws what is not borne. */
  #bear(thrown: unknown, { id }: Example): void {
    const { signal, train } = this.#context
    signal?.throwIfAborted()
    if (isBudgetEnd(thrown)) throw thrown
    const rows = this.#rows
    if (hasCode(thrown, 'dspx/unparsable-answer')) {
      rows.answered++
      return
    }
    if (faultBehind(thrown) !== undefined) {
      rows.refused++
      return
    }
    if (!isMabeamError(thrown) || thrown.code.startsWith('dspx/metric-')) throw thrown
    const { errorsMax } = this.#options
    if (++rows.failed <= errorsMax) return
    throw tooManyErrors({ errors: rows.failed, errorsMax, examples: train.length, exampleId: id, cause: thrown })
  }
}

/** Labelled rows that a teacher is shown. */
interface LabeledRows {
  readonly ids: ReadonlySet<string>
  /** A state that shows them behind its own demonstrations, but for the row `without`. */
  addedTo(state: ProgramState, without?: string): ProgramState
}

/** Draws labelled rows for the predictors that show nothing of their own. */
function labeledRows({ program, train, random }: PlannerContext, state: ProgramState, size: number): LabeledRows {
  const ids = new Map<Demo, string>()
  const drawn: { [predictor: string]: readonly Demo[] } = {}
  for (const predictor of Object.keys(program.predictors)) {
    const { rows } = demoPool(program, predictor, train)
    const demos = state.predictors[predictor]?.demos.length
      ? []
      : labeledDemos(rows, { size, random: random.fork(`teacher ${predictor}`) })
    const byDemo = new Map(rows.map((row) => [row.demo, row.id]))
    for (const demo of demos) ids.set(demo, byDemo.get(demo) as string)
    drawn[predictor] = demos
  }
  const addedTo = (given: ProgramState, without?: string): ProgramState => {
    const shown = Object.entries(given.predictors).map(([name, one]) => {
      const added = (drawn[name] ?? []).filter((demo) => without === undefined || ids.get(demo) !== without)
      return [name, { ...one, demos: [...one.demos, ...added] }] as const
    })
    const predictors = Object.fromEntries(shown)
    return { settings: { ...given.settings, demos: mostDemosShown(predictors) }, predictors }
  }
  return { ids: new Set(ids.values()), addedTo }
}

/** Each question of a run as a demonstration of its predictor. */
function stepsOf(trace: Awaited<ReturnType<BoundProgram['run']>>['trace']): TaughtRow['steps'] {
  const steps: { [predictor: string]: Demo[] } = {}
  for (const { predictor, inputs, outputs } of trace) {
    const demo = JSON.parse(JSON.stringify({ inputs, outputs })) as { [side in keyof Demo]: { [name: string]: Json } }
    const known = steps[predictor]
    if (known === undefined) steps[predictor] = [demo]
    else known.push(demo)
  }
  return steps
}
