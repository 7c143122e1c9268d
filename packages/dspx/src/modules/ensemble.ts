/** Ensemble: several programs on the same inputs, and one answer of theirs; or one program several times. */

import { checkOptions, type OptionRule, rule, seededRandom } from '@mabeam/foundation'
import { Program, type ProgramInputs, type ProgramOutputs } from '../programs/program.ts'
import { checkProgram, isProgram, signatureOf } from '../programs/program-walk.ts'
import type { Result } from '../programs/result.ts'
import { currentRun } from '../programs/run-context.ts'
import type { Signature } from '../signatures/signature.ts'
import { noTrySucceeded } from './errors.ts'
import { type MajorityOptions, majority, majorityRules } from './majority.ts'
import { isBad, isGood, memberRun, triesMax, triesRule, tryRun } from './tries.ts'

/** How the answers become one. */
export interface EnsembleOptions<P extends Program, R extends object> {
  /** Called with the outputs of the programs that gave any, in the order of the programs. @default those of the majority */
  readonly reduce?: (outputs: readonly Result<ProgramOutputs<P>>[]) => R | Promise<R>
  /** How many of the programs answer, drawn anew in each run from its seed. Tuned as the setting `size`. @default all */
  readonly size?: number
}

/**
 * A program that runs others on its inputs at the same time and gives what `reduce` makes of their outputs. A program that failed
 * is left out; its attempts stay in those of the run.
 *
 * Source: DSPy's Ensemble; majority as in Wang et al., Self-Consistency Improves Chain of Thought Reasoning, ICLR 2023. Differs:
 * the draw depends on the seed of the run alone.
 * Throws: `dspx/no-try-succeeded` when all failed; what `reduce` throws; `foundation/invalid-option`.
 * @example ensemble([careful, quick, other], { size: 2 })
 */
export function ensemble<P extends Program, R extends object = ProgramOutputs<P> & object>(
  programs: readonly P[],
  options: EnsembleOptions<P, R> = {},
): Ensemble<P, R> {
  return new Ensemble(programs, options)
}

/** See {@link ensemble}. */
export class Ensemble<P extends Program, R extends object> extends Program {
  override readonly settings: { readonly size: number }
  readonly programs: readonly P[]
  readonly reduce: EnsembleOptions<P, R>['reduce']

  constructor(programs: readonly P[], options: EnsembleOptions<P, R>) {
    super()
    checkOptions('ensemble', { programs }, { programs: programsRule })
    checkOptions('ensemble', options, {
      reduce: rule.optional(rule.fn()),
      size: rule.optional(rule.int(1, programs.length)),
    })
    this.settings = { size: options.size ?? programs.length }
    this.programs = programs
    this.reduce = options.reduce
  }

  /** That of its first program, unless the answers become something else. */
  get signature(): Signature | undefined {
    return this.reduce === undefined ? signatureOf(this.programs[0] as P) : undefined
  }

  async forward(inputs: ProgramInputs<P>): Promise<R> {
    checkOptions('ensemble', { size: this.settings.size }, { size: rule.int(1, this.programs.length) })
    const drawn = drawnPlaces(this.programs.length, this.settings.size)
    const tries = await Promise.all(drawn.map((index) => memberRun(this.programs[index] as P, inputs, index)))
    const outputs = tries.filter(isGood).map((one) => one.outputs)
    if (outputs.length === 0) throw noTrySucceeded('ensemble', tries.filter(isBad))
    if (this.reduce) return this.reduce(outputs)
    return majority(outputs as (Result<ProgramOutputs<P>> & object)[]).outputs as unknown as R
  }
}

const programsRule: OptionRule = {
  expected: `an array of 1 to ${triesMax} programs`,
  test: (value) => Array.isArray(value) && value.length >= 1 && value.length <= triesMax && value.every(isProgram),
  optional: false,
}

/** Places of programs, in their order. */
function drawnPlaces(count: number, size: number): number[] {
  const random = seededRandom(currentRun()?.seed ?? 0).fork('ensemble')
  const left = [...Array(count).keys()]
  while (left.length > size) left.splice(random.int(left.length), 1)
  return left
}

/** How often one program is asked, and what is voted on. */
export interface SelfConsistencyOptions<O> extends MajorityOptions<O> {
  /** Up to `triesMax`. Tuned as the setting `n`. */
  readonly n: number
}

/**
 * A program that runs another one `n` times and gives the answer of the majority; of a tie the earliest. Tries differ by seed and
 * temperature, see `tryTemperature`; one that failed has no vote.
 *
 * Source: Wang et al., Self-Consistency Improves Chain of Thought Reasoning, ICLR 2023. Differs: the first try is the program as
 * it is; all outputs but the reasoning are compared together unless `field` names one.
 * Throws: `dspx/no-try-succeeded`; `foundation/invalid-option`.
 * @example selfConsistency(chainOfThought('question -> answer: number'), { n: 5 })
 */
export function selfConsistency<P extends Program>(
  program: P,
  options: SelfConsistencyOptions<ProgramOutputs<P>>,
): SelfConsistency<P> {
  return new SelfConsistency(program, options)
}

/** See {@link selfConsistency}. */
export class SelfConsistency<P extends Program> extends Program {
  override readonly settings: { readonly n: number }
  readonly program: P
  readonly vote: MajorityOptions<ProgramOutputs<P>>

  constructor(program: P, options: SelfConsistencyOptions<ProgramOutputs<P>>) {
    super()
    checkProgram('selfConsistency', program)
    checkOptions('selfConsistency', options, { n: triesRule, ...majorityRules })
    const { n, ...vote } = options
    this.settings = { n }
    this.program = program
    this.vote = vote
  }

  /** That of its program, where it has one. */
  get signature(): Signature | undefined {
    return signatureOf(this.program)
  }

  async forward(inputs: ProgramInputs<P>): Promise<ProgramOutputs<P>> {
    checkOptions('selfConsistency', { n: this.settings.n }, { n: triesRule })
    const tries = await Promise.all(
      Array.from({ length: this.settings.n }, (_, index) => tryRun(this.program, inputs, index)),
    )
    const answers = tries.filter(isGood).map(({ outputs }) => outputs as ProgramOutputs<P> & object)
    if (answers.length === 0) throw noTrySucceeded('selfConsistency', tries.filter(isBad))
    return majority(answers, this.vote as MajorityOptions<ProgramOutputs<P> & object>).outputs
  }
}
