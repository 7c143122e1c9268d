/** Best of n: the same program several times, and the answer that a reward prefers. */

import { checkOptions, rule } from '@mabeam/foundation'
import { Program, type ProgramInputs, type ProgramOutputs } from '../programs/program.ts'
import { checkProgram, signatureOf } from '../programs/program-walk.ts'
import type { Signature } from '../signatures/signature.ts'
import { noTrySucceeded } from './errors.ts'
import { type Reward, scoreOf } from './reward.ts'
import { type BadTry, type GoodTry, inTry, isBad, isGood, isSpent, triesRule, tryRun } from './tries.ts'

/** How the best is found. */
export interface BestOfNOptions<P extends Program> {
  /** How many tries there are at most, up to `triesMax`. Tuned as the setting `n`. */
  readonly n: number
  readonly reward: Reward<P>
  /** A reward that is good enough: with it tries are made one after the other until one has it. @default none: all at once */
  readonly threshold?: number
}

/**
 * A program that gives the outputs of its best try; of equals the earlier one. Tries differ by seed and temperature, see
 * `tryOptions`. A try that failed counts as none; where the budget is spent the best so far is given.
 *
 * Source: Stiennon et al., Learning to Summarize with Human Feedback, NeurIPS 2020; DSPy's BestOfN. Differs: tries are made at the
 * same time where no threshold could save any; the first try is the program as it is.
 * Throws: `dspx/no-try-succeeded` with every try; `dspx/reward-failed`, `dspx/reward-invalid`; `foundation/invalid-option`.
 * @example bestOfN(predict('question -> answer'), { n: 3, reward: ({ answer }) => -answer.length })
 */
export function bestOfN<P extends Program>(program: P, options: BestOfNOptions<P>): BestOfN<P> {
  return new BestOfN(program, options)
}

/** See {@link bestOfN}. */
export class BestOfN<P extends Program> extends Program {
  override readonly settings: { readonly n: number }
  readonly program: P
  readonly reward: Reward<P>
  readonly threshold: number | undefined

  constructor(program: P, options: BestOfNOptions<P>) {
    super()
    checkProgram('bestOfN', program)
    checkOptions('bestOfN', options, {
      n: triesRule,
      reward: rule.fn(),
      threshold: rule.optional(rule.number(Number.NEGATIVE_INFINITY)),
    })
    this.settings = { n: options.n }
    this.program = program
    this.reward = options.reward
    this.threshold = options.threshold
  }

  /** That of its program, where it has one. */
  get signature(): Signature | undefined {
    return signatureOf(this.program)
  }

  async forward(inputs: ProgramInputs<P>): Promise<ProgramOutputs<P>> {
    checkOptions('bestOfN', { n: this.settings.n }, { n: triesRule })
    const scored = this.threshold === undefined ? await allAtOnce(this, inputs) : await untilGood(this, inputs)
    const [best] = scored.filter(isGood).sort((a, b) => b.score - a.score || a.try - b.try)
    if (best) return best.outputs
    throw noTrySucceeded('bestOfN', scored.filter(isBad))
  }
}

type ScoredTry<P extends Program> = (GoodTry<ProgramOutputs<P>> & { readonly score: number }) | BadTry

function allAtOnce<P extends Program>(module: BestOfN<P>, inputs: ProgramInputs<P>): Promise<ScoredTry<P>[]> {
  return Promise.all(Array.from({ length: module.settings.n }, (_, index) => scoredTry(module, inputs, index)))
}

async function untilGood<P extends Program>(module: BestOfN<P>, inputs: ProgramInputs<P>): Promise<ScoredTry<P>[]> {
  const { threshold = Number.POSITIVE_INFINITY } = module
  const scored: ScoredTry<P>[] = []
  for (let index = 0; index < module.settings.n; index++) {
    const one = await scoredTry(module, inputs, index)
    scored.push(one)
    if (isGood(one) ? one.score >= threshold : isSpent(one)) break
  }
  return scored
}

async function scoredTry<P extends Program>(
  { program, reward }: BestOfN<P>,
  inputs: ProgramInputs<P>,
  index: number,
): Promise<ScoredTry<P>> {
  const tried = await tryRun(program, inputs, index)
  if (!isGood(tried)) return tried
  return { ...tried, ...(await inTry(index, () => scoreOf('bestOfN', reward, { outputs: tried.outputs, inputs }))) }
}
