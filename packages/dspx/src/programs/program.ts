/**
 * Programs: everything that can be run. A subclass writes `forward`; callers call `run`, which checks options, opens the
 * run that inner programs belong to, and gives the outputs together with what they took.
 */

import type { Config } from '@mabeam/ml'
import { copyWith, stateOf } from './program-copy.ts'
import { runProgram } from './program-run.ts'
import type { ProgramState } from './program-state.ts'
import { type ProgramPart, type StreamOptions, streamProgram } from './program-stream.ts'
import { programBrand } from './program-walk.ts'
import type { Result } from './result.ts'
import type { RunOptions } from './run-options.ts'
import { type SaveOptions, saveProgram } from './saved-program.ts'

/** What a program is given. */
export type ProgramInputs<P extends Program> = P['forward'] extends (inputs: infer I) => unknown ? I : never
/** What a program gives. */
export type ProgramOutputs<P extends Program> = Awaited<ReturnType<P['forward']>>

/**
 * Something that runs on a model. Its predictors are found by walking its fields (arrays, plain objects and Maps too), so
 * everything that tunes, saves or watches a program works on any subclass.
 *
 * Requires: `forward` is a method, and gives an object of outputs. Copies (`compile`) are made field by field: fields that
 * hold programs are copied, all else is shared; a function in a field that holds on to `this`, or a `#private` field, stays
 * with the original, so keep those out of programs that are tuned.
 *
 * @example
 * class Rag extends Program {
 *   query = predict('question -> query')
 *   answer = chainOfThought('context: string[], question -> answer')
 *   async forward({ question }: { question: string }) {
 *     const { query } = await this.query.run({ question })
 *     return this.answer.run({ context: await search(query), question })
 *   }
 * }
 */
export abstract class Program {
  /** Values of variables: the reserved ones (`model`, `temperature`, …) steer its predictors, others are read by `forward`. */
  readonly settings: Config = {}

  /** What it does. May branch, loop, and run inner programs one after the other or at once. Called by `run`. */
  abstract forward(inputs: never): Promise<unknown>

  /**
   * Runs it. Safe to be called at the same time as often as wanted.
   *
   * Throws: errors of predictors and models with `usage` and `attempts` so far in `data`; `dspx/program-failed` for what
   * `forward` itself threw; `dspx/invalid-program` for a copy whose class has `#private` fields; `signal.reason`; `foundation/invalid-option`.
   */
  run(inputs: ProgramInputs<this>, options: RunOptions = {}): Promise<Result<ProgramOutputs<this>>> {
    return runProgram<ProgramOutputs<this>>(this, inputs, options)
  }

  /**
   * Runs it and gives the text of fields as models write it, and what is said, called and seen in steps; then the result, which is
   * the last part. A loop that is left early, and `return()` at any time, stop the run and what is at work in it. While `capacity`
   * parts wait to be taken the models are not read on.
   *
   * Throws: as `run`.
   * @example for await (const part of rag.stream({ question }, { lm })) if (part.type === 'text') write(part.text)
   */
  stream(inputs: ProgramInputs<this>, options: StreamOptions = {}): AsyncGenerator<ProgramPart<ProgramOutputs<this>>> {
    return streamProgram<ProgramOutputs<this>>(this, inputs, options)
  }

  /** Everything tuning may change about it, as plain JSON: settings, and instructions and demonstrations by predictor. */
  state(): ProgramState {
    return stateOf(this)
  }

  /**
   * A copy with another state; this program stays as it is. Settings, and predictors, that the state leaves out stay too.
   *
   * Throws: `dspx/invalid-state` naming what does not fit.
   */
  compile(state: Partial<ProgramState>): this {
    return copyWith(this, state)
  }

  /**
   * Writes its state to a file: versioned JSON without code, whole or not at all.
   *
   * Throws: `dspx/artefact-unwritable`; `dspx/artefact-signature` for a key that cannot sign; `foundation/unknown-name`.
   * @example await rag.save('rag.json'); const again = await loadProgram(new Rag(), 'rag.json')
   */
  async save(path: string, options: SaveOptions = {}): Promise<void> {
    await saveProgram(this, path, options)
  }

  /** Known by what it is, in any copy of this package. */
  get [programBrand](): true {
    return true
  }
}
