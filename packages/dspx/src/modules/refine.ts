/** Refine: tries one after the other, each told what was wrong with the one before. */

import { checkOptions, rule, show } from '@mabeam/foundation'
import { type Predict, predict } from '../programs/predictor.ts'
import { Program, type ProgramInputs, type ProgramOutputs } from '../programs/program.ts'
import { checkProgram, nameOf, predictorsIn, signatureOf } from '../programs/program-walk.ts'
import { currentRun, enterRun } from '../programs/run-context.ts'
import type { Signature } from '../signatures/signature.ts'
import { noTrySucceeded } from './errors.ts'
import { type Reward, scoreOf } from './reward.ts'
import { type BadTry, type GoodTry, inTry, isBad, isGood, isSpent, memberRun, triesRule, tryRun } from './tries.ts'

/** When a try is good enough, and what the next one is told. */
export interface RefineOptions<P extends Program> {
  /** How many tries there are at most, up to `triesMax`. Tuned as the setting `n`. */
  readonly n: number
  /** Its feedback, where it gives any, is what the next try is told; else a model is asked for advice. */
  readonly reward: Reward<P>
  /** A reward that is good enough. */
  readonly threshold: number
}

/** The most characters of advice that a try is told, and of inputs and outputs that advice is asked on. */
export const adviceCharsMax = 10_000

/**
 * A program that gives the outputs of the first try with a reward of at least `threshold`, else those of the best one. Every
 * predictor of a later try is told, behind its instructions, what the one before did not do well: the feedback of the reward; the
 * reason where an answer could not be read; else advice that the predictor `advise` writes, which is one more call.
 *
 * Source: Madaan et al., Self-Refine, NeurIPS 2023; DSPy's Refine. Differs: one advice for all predictors, in the instructions
 * and not in an input of its own; feedback of the reward saves the call for advice.
 * Throws: as `bestOfN`. Where the call for advice fails, the next try has none; where the budget is spent, the best so far is given.
 * @example refine(predict('question -> answer'), { n: 3, threshold: 1, reward: ({ answer }) => ({ score: Number(answer.length < 80), feedback: 'Be brief.' }) })
 */
export function refine<P extends Program>(program: P, options: RefineOptions<P>): Refine<P> {
  return new Refine(program, options)
}

/** See {@link refine}. */
export class Refine<P extends Program> extends Program {
  override readonly settings: { readonly n: number }
  readonly program: P
  readonly advise: Predict<AdviceInputs, { advice: string }>
  readonly reward: Reward<P>
  readonly threshold: number

  constructor(program: P, options: RefineOptions<P>) {
    super()
    checkProgram('refine', program)
    const rules = { n: triesRule, reward: rule.fn(), threshold: rule.number(Number.NEGATIVE_INFINITY) }
    checkOptions('refine', options, rules)
    this.settings = { n: options.n }
    this.program = program
    this.advise = predict('task, inputs, outputs, score: number, wanted: number -> advice', {
      name: 'advise',
      instructions: adviseInstructions,
    })
    this.reward = options.reward
    this.threshold = options.threshold
  }

  /** That of its program, where it has one. */
  get signature(): Signature | undefined {
    return signatureOf(this.program)
  }

  async forward(inputs: ProgramInputs<P>): Promise<ProgramOutputs<P>> {
    checkOptions('refine', { n: this.settings.n }, { n: triesRule })
    const failed: BadTry[] = []
    let best: ScoredTry<P> | undefined
    let advice: string | undefined
    for (let index = 0; index < this.settings.n; index++) {
      const tried = await advised(advice, () => tryRun(this.program, inputs, index))
      if (!isGood(tried)) {
        failed.push(tried)
        if (isSpent(tried)) break
        advice = tried.fault.message
        continue
      }
      const { score, feedback } = await inTry(index, () =>
        scoreOf('refine', this.reward, { outputs: tried.outputs, inputs }),
      )
      if (best === undefined || score > best.score) best = { ...tried, score }
      if (score >= this.threshold || index + 1 === this.settings.n) break
      if (feedback !== undefined) {
        advice = feedback
        continue
      }
      const told = await adviceOn(this, inputs, { ...tried, score })
      if (isBad(told) && isSpent(told)) break
      advice = isGood(told) ? told.outputs.advice : undefined
    }
    if (best === undefined) throw noTrySucceeded('refine', failed)
    return best.outputs
  }
}

type ScoredTry<P extends Program> = GoodTry<ProgramOutputs<P>> & { readonly score: number }
type AdviceInputs = { task: string; inputs: string; outputs: string; score: number; wanted: number }

const adviseInstructions =
  'The task was done with these inputs and gave these outputs, which were scored lower than wanted. Say in a few concrete sentences what to do differently the next time. Do not repeat the outputs.'

/** What is tried inside is told the advice, after what a refinement around it tells. */
function advised<T>(advice: string | undefined, code: () => Promise<T>): Promise<T> {
  if (advice === undefined) return code()
  const run = currentRun()
  const told = `Advice from an earlier try: ${advice.slice(0, adviceCharsMax)}`
  return enterRun({ ...run, advice: run?.advice === undefined ? told : `${run.advice}\n${told}` }, code)
}

async function adviceOn<P extends Program>(
  { program, advise, threshold }: Refine<P>,
  inputs: ProgramInputs<P>,
  { try: index, outputs, score }: ScoredTry<P>,
): Promise<GoodTry<{ advice: string }> | BadTry> {
  const task = [...predictorsIn(program)].map(([path, one]) => `${path}: ${one.instructions}`).join('\n')
  const asked = { inputs: textOf(inputs), outputs: textOf(outputs), score, wanted: threshold }
  return (await memberRun(advise, { task: `${nameOf(program)}\n${task}`, ...asked }, index)) as
    | GoodTry<{ advice: string }>
    | BadTry
}

function textOf(values: unknown): string {
  try {
    return (JSON.stringify(values) ?? show(values)).slice(0, adviceCharsMax)
  } catch {
    return show(values) // what has no JSON is said in a line
  }
}
