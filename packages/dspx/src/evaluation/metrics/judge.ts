/** A model as a judge: it grades answers by criteria, and says why. */

import { checkOptions, definedOptions, hasCode, invalidOption, rule } from '@mabeam/foundation'
import type { Example } from '../../datasets/example.ts'
import type { LanguageModel } from '../../models/language-model.ts'
import { chainOfThought } from '../../programs/predictor.ts'
import type { Program } from '../../programs/program.ts'
import { detailsOf, type RunDetails } from '../../programs/result.ts'
import { type ModelSource, runRules } from '../../programs/run-options.ts'
import { signature, type Values } from '../../signatures/signature.ts'
import { judgeFailed } from '../errors.ts'
import type { Answer, Judgement, Metric } from '../metric.ts'

/** Who judges, and by what. */
export interface JudgeMetricOptions {
  /** @default the model of the run around it */
  readonly lm?: LanguageModel | string
  /** Where ids of models are looked up. @default those of the run around it */
  readonly models?: ModelSource
  /** What a good answer is, in words. */
  readonly criteria: string
  /** Whole grades, of which `max` is the best. @default { min: 1, max: 5 } */
  readonly scale?: { readonly min: number; readonly max: number }
  /** Output fields that are judged. @default all that were put out */
  readonly fields?: readonly string[]
  /** Whether the judge is shown the labels of the row. @default true */
  readonly labels?: boolean
  /** Added to prompts of the judge. @default 2 */
  readonly answerRetriesMax?: number
}

export const judgeMetricDefaults = {
  scale: { min: 1, max: 5 },
  labels: true,
  answerRetriesMax: 2,
} as const satisfies Partial<JudgeMetricOptions>

/** A metric whose judge is a program, which may be saved, tuned and looked at like any other. */
export interface JudgeMetric extends Metric {
  readonly judge: Program
}

/** The most characters of a task or an answer that a judge is shown. */
export const judgedCharsMax = 50_000

/**
 * The grade as a score from 0 to 1, with the reasoning of the judge as feedback. Its calls are counted apart from those of the program:
 * `values` hold `judge.calls`, `judge.tokens` and, where it is known, `judge.costUsd` for each row. They spend from the
 * budget of the `evaluate` or `optimize` that judges, and end with it.
 *
 * Throws: `dspx/judge-failed`, which counts as a failed call of the row; `dspx/budget-exhausted`.
 * @example judgeMetric({ lm: openai('gpt-4.1'), criteria: 'Polite, and says what happens next.', fields: ['reply'] })
 */
export function judgeMetric(options: JudgeMetricOptions): JudgeMetric {
  checkOptions('judgeMetric', options, {
    lm: runRules.lm,
    models: runRules.models,
    criteria: rule.string(),
    scale: rule.optional(rule.object()),
    fields: rule.optional(rule.array()),
    labels: rule.optional(rule.boolean()),
    answerRetriesMax: runRules.answerRetriesMax,
  })
  const { criteria, fields, lm, models, scale, labels, answerRetriesMax } = {
    ...judgeMetricDefaults,
    ...definedOptions(options),
  }
  if (!Number.isInteger(scale.min) || !Number.isInteger(scale.max) || scale.min >= scale.max) {
    throw invalidOption('judgeMetric', 'scale', 'whole numbers min < max', scale)
  }
  const judge = judgeProgram(criteria, scale)
  const name = 'judge'
  const asked = { ...(lm !== undefined && { lm }), ...(models && { models }), answerRetriesMax }
  return {
    name,
    judge,
    ...(fields && { fields: labels ? fields : [] }),
    async score(example, answer) {
      const inputs = judgedInputs(example, answer, { fields, labels })
      try {
        const said = (await judge.run(inputs as never, asked)) as Values & { reasoning: string; grade: number }
        return judgementOf(said, scale)
      } catch (thrown) {
        if (hasCode(thrown, 'dspx/budget-exhausted')) throw thrown
        throw judgeFailed(example.id, thrown)
      }
    },
  }
}

function judgeProgram(criteria: string, { min, max }: { readonly min: number; readonly max: number }): Program {
  const asked: string = `task, expected?, answer -> grade: int(${min}..${max})`
  return chainOfThought(
    signature(
      asked,
      `You grade an answer to a task. ${max} is the best grade, ${min} the worst. Where an expected answer is given, it is right, but other answers may be too. Judge by these criteria alone:\n${criteria}`,
    ),
    { name: 'judge' },
  )
}

function judgedInputs(
  example: Example,
  answer: Answer,
  { fields, labels }: { readonly fields: readonly string[] | undefined; readonly labels: boolean },
): Values {
  const chosen = (values: { readonly [name: string]: unknown }) =>
    fields === undefined ? values : Object.fromEntries(fields.map((field) => [field, values[field] ?? null]))
  const hasLabels = labels && Object.keys(example.outputs).length > 0
  return {
    task: shown(example.inputs),
    ...(hasLabels && { expected: shown(chosen(example.outputs)) }),
    answer: shown(chosen(answer)),
  }
}

function shown(values: { readonly [name: string]: unknown }): string {
  const lines = Object.entries(values).map(
    ([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  return lines.join('\n').slice(0, judgedCharsMax)
}

function judgementOf(
  said: Values & { readonly reasoning: string; readonly grade: number },
  { min, max }: { readonly min: number; readonly max: number },
): Judgement {
  const { calls, tokensIn, tokensOut, costUsd } = (detailsOf(said) as RunDetails).usage
  return {
    score: (said.grade - min) / (max - min),
    feedback: said.reasoning,
    values: {
      'judge.calls': calls,
      'judge.tokens': tokensIn + tokensOut,
      ...(costUsd !== null && { 'judge.costUsd': costUsd }),
    },
  }
}
