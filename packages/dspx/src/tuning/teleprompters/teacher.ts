/** A teacher: a state of the program whose good answers to training rows become demonstrations. */

import { isMabeamError, type Json, systemClock } from '@mabeam/foundation'
import type { Example } from '../../datasets/example.ts'
import { tooManyErrors } from '../../evaluation/errors.ts'
import { scoreAnswer } from '../../evaluation/metric.ts'
import { faultBehind } from '../../evaluation/state-fault.ts'
import { eventLoopTurns } from '../../event-loop-turns.ts'
import type { BoundProgram } from '../../programs/bound-program.ts'
import { mostDemosShown, type ProgramState } from '../../programs/program-state.ts'
import type { Demo } from '../../signatures/signature.ts'
import { leadingRowsMax } from '../candidate-failure.ts'
import { demoPool } from '../demo-pool.ts'
import type { PlannerContext } from '../planner.ts'
import { isBudgetEnd } from '../row-trials.ts'
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
  const { program, signal } = context
  const state = context.teacher ?? program.initialState()
  const shown = labeledRows(context, state, options.labeled)
  const known = new Map<string, Promise<TaughtRow>>()
  let [failedCalls, refused, passed] = [0, 0, 0]
  const isRefused = () => passed === 0 && refused >= Math.min(leadingRowsMax, context.train.length)
  const answerOne = async (bound: BoundProgram, example: Example, seed: number): Promise<TaughtRow> => {
    try {
      const { outputs, trace } = await bound.run(example.inputs, { seed, trace: true, ...(signal && { signal }) })
      passed++
      const score = await scoreAnswer(program.metric, example, outputs)
      return { example, score, steps: score >= options.scoreMin ? stepsOf(trace) : {} }
    } catch (thrown) {
      signal?.throwIfAborted()
      if (isBudgetEnd(thrown)) throw thrown
      const nothing = { example, score: 0, steps: {} }
      if (isMabeamError(thrown) && thrown.code === 'dspx/unparsable-answer') {
        passed++
        return nothing
      }
      if (faultBehind(thrown) !== undefined) {
        refused++
        return nothing
      }
      if (!isMabeamError(thrown) || thrown.code.startsWith('dspx/metric-')) throw thrown
      if (++failedCalls <= options.errorsMax) return nothing
      const { errorsMax } = options
      throw tooManyErrors({
        errors: failedCalls,
        errorsMax,
        examples: context.train.length,
        exampleId: example.id,
        cause: thrown,
      })
    }
  }
  return {
    async answer(rows, run) {
      const settings =
        run.temperature === undefined ? state.settings : { ...state.settings, temperature: run.temperature }
      const bind = (without?: string) =>
        program.bind(shown({ ...state, settings }, without), { models: context.models })
      const common = bind()
      const taught: TaughtRow[] = []
      const turn = eventLoopTurns(systemClock)
      const tell = () => context.onProgress?.({ what: 'teacher', done: taught.length, total: rows.length })
      tell()
      for (let start = 0; start < rows.length && !run.enough?.(taught) && !isRefused(); start += run.concurrency) {
        await turn()
        signal?.throwIfAborted()
        const batch = rows.slice(start, start + run.concurrency)
        const answers = batch.map((example) => {
          const ask = () => answerOne(shown.ids.has(example.id) ? bind(example.id) : common, example, run.seed ?? 0)
          if (run.temperature !== undefined) return ask()
          const answer = known.get(example.id) ?? ask()
          known.set(example.id, answer)
          return answer
        })
        taught.push(...(await Promise.all(answers)))
        tell()
      }
      return taught
    },
  }
}

/** Adds labelled demonstrations to a state, one left out where asked. `ids` says which rows are among them. */
function labeledRows({ program, train, random }: PlannerContext, state: ProgramState, size: number) {
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
  const show = (given: ProgramState, without?: string): ProgramState => {
    const shown = Object.entries(given.predictors).map(([name, one]) => {
      const added = (drawn[name] ?? []).filter((demo) => without === undefined || ids.get(demo) !== without)
      return [name, { ...one, demos: [...one.demos, ...added] }] as const
    })
    const predictors = Object.fromEntries(shown)
    return { settings: { ...given.settings, demos: mostDemosShown(predictors) }, predictors }
  }
  return Object.assign(show, { ids: new Set(ids.values()) })
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
