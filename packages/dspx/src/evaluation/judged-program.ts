/** What a metric sees of a program, by its type: so that a name which it does not have is told where it is written. */

import type { BoundProgram } from '../programs/bound-program.ts'
import type { Program, ProgramInputs, ProgramOutputs } from '../programs/program.ts'
import type { RunDetails } from '../programs/result.ts'
import type { Values } from '../signatures/signature.ts'

/** Whatever is judged. */
// biome-ignore lint/suspicious/noExplicitAny: any typed program is one
export type JudgedProgram = Program | BoundProgram<any, any>

/** The inputs that a metric of a program sees; any where the program does not say. */
export type JudgedInputs<P> =
  P extends BoundProgram<infer I, infer _> ? I : P extends Program ? Known<ProgramInputs<P>> : Values

/** The outputs that a metric of a program sees, without what the run took; any where the program does not say. */
export type JudgedOutputs<P> =
  P extends BoundProgram<infer _, infer O>
    ? O
    : P extends Program
      ? unknown extends ProgramOutputs<P>
        ? Values
        : WithoutDetails<ProgramOutputs<P>>
      : Values

type Known<I> = [I] extends [never] ? Values : I

type WithoutDetails<O> = {
  [K in keyof O as K extends keyof RunDetails ? (O[K] extends RunDetails[K] ? never : K) : K]: O[K]
}
