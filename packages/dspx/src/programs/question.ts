/**
 * A question: everything fixed about asking one signature of one model. Asking renders the inputs, calls the model,
 * reads the answer, and asks again when it cannot be read; every call is counted in the meter of the run.
 */

import { type Clock, isMabeamError, type MabeamError, unknownName } from '@mabeam/foundation'
import type { Adapter, PreparedPrompt, RenderedPrompt } from '../adapters/adapter.ts'
import { unparsableAnswer } from '../adapters/errors.ts'
import { withData } from '../models/errors.ts'
import {
  answerText,
  type LanguageModel,
  type ModelAnswer,
  type ModelCall,
  type PromptMessage,
} from '../models/language-model.ts'
import { addUsage, noUsage, type Usage, usageOf } from '../models/usage.ts'
import { checkField, expectedOf } from '../signatures/schema-field.ts'
import type { Demo, Signature, Values } from '../signatures/signature.ts'
import { invalidInput } from './errors.ts'
import { type Meter, usageOfFailure } from './meter.ts'

/** How one question is asked. */
export interface AskOptions {
  /** Sent to the model unless the temperature is 0. */
  readonly seed?: number
  readonly signal?: AbortSignal
}

/** Everything fixed about asking. */
export interface QuestionOptions {
  /** For traces. */
  readonly name: string
  readonly signature: Signature
  readonly demos: readonly Demo[]
  readonly adapter: Adapter
  readonly model: LanguageModel
  readonly answerRetriesMax: number
  readonly temperature: number | undefined
  readonly maxOutputTokens: number | undefined
  readonly clock: Clock
}

/** A question that was fixed; its constant messages are rendered when it is first asked. */
export interface Question extends QuestionOptions {
  readonly prepared: () => PreparedPrompt
}

/** The most characters of an answer that are read. */
export const answerCharsMax = 1_000_000

/** Fixes a question. Cheap. */
export function fixQuestion(options: QuestionOptions): Question {
  let prepared: PreparedPrompt | undefined
  return {
    ...options,
    prepared: () => {
      prepared ??= options.adapter.prepare(options.signature, options.demos)
      return prepared
    },
  }
}

/**
 * Asks once, and again up to `answerRetriesMax` times while the answer cannot be read.
 *
 * Throws: `dspx/invalid-input` before any call; `dspx/unparsable-answer`; what the model throws; `signal.reason`.
 */
export async function ask(question: Question, inputs: Values, asking: AskOptions & { meter: Meter }): Promise<Values> {
  const { name, signature, model, answerRetriesMax } = question
  asking.signal?.throwIfAborted()
  const given = checkInputs(signature, inputs)
  const rendered = question.prepared().ask(given)
  let { prompt } = rendered
  let usage = noUsage
  for (let retry = 0; ; retry++) {
    const answered = await generate(question, callOf(question, { ...rendered, prompt }, asking), asking.meter)
    const cost = retry === 0 ? answered.usage : { ...answered.usage, retries: answered.usage.retries + 1 }
    asking.meter.count(cost)
    usage = addUsage(usage, cost)
    const text = answerText(answered.answer)
    const read = readAnswer(question, answered.answer, text)
    if ('outputs' in read) {
      const { outputs } = read
      asking.meter.keep({ predictor: name, modelId: model.modelId, inputs: given, outputs, prompt, text, usage })
      return outputs
    }
    if (retry >= answerRetriesMax) throw read.error
    prompt = [...prompt, ...repairTurns(text, read.error)]
  }
}

/** Inputs as the schemas leave them. Throws: `dspx/invalid-input`, `foundation/unknown-name`. */
function checkInputs(signature: Signature, inputs: Values): Values {
  const given: { [name: string]: unknown } = {}
  let used = 0
  for (const field of signature.inputs) {
    const value = Object.hasOwn(inputs, field.name) ? inputs[field.name] : undefined
    if (Object.hasOwn(inputs, field.name)) used += 1
    const result = checkField(field, value)
    if (result.issues) throw invalidInput(signature.name, field.name, expectedOf(field, result.issues), value)
    if (result.value !== undefined) given[field.name] = result.value
  }
  const names = Object.keys(inputs)
  if (names.length > used) {
    const known = signature.inputs.map(({ name }) => name)
    throw unknownName(signature.name, 'input', names.find((name) => !known.includes(name)) ?? '', known)
  }
  return given
}

function callOf(question: Question, rendered: RenderedPrompt, asking: AskOptions): ModelCall {
  const { temperature, maxOutputTokens } = question
  const { prompt, responseFormat } = rendered
  return {
    prompt,
    ...(responseFormat && { responseFormat }),
    ...(temperature !== undefined && { temperature }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(asking.seed !== undefined && temperature !== 0 && { seed: asking.seed }),
    ...(asking.signal && { abortSignal: asking.signal }),
  }
}

async function generate(
  { model, clock }: Question,
  call: ModelCall,
  meter: Meter,
): Promise<{ readonly answer: ModelAnswer; readonly usage: Usage }> {
  const startMs = clock.monotonicMs()
  try {
    const answer = await model.doGenerate(call)
    return { answer, usage: usageOf(answer, clock.monotonicMs() - startMs) }
  } catch (thrown) {
    meter.count(usageOfFailure(thrown))
    call.abortSignal?.throwIfAborted()
    throw thrown
  }
}

function readAnswer(
  { adapter, signature }: Question,
  answer: ModelAnswer,
  text: string,
): { readonly outputs: Values } | { readonly error: MabeamError } {
  try {
    if (text.length > answerCharsMax) {
      const expected = `at most ${answerCharsMax} characters`
      throw unparsableAnswer(signature.name, signature.outputs[0]?.name ?? '', expected, `${text.length} characters`)
    }
    return { outputs: adapter.parse(signature, text).outputs }
  } catch (thrown) {
    if (!isMabeamError(thrown) || thrown.code !== 'dspx/unparsable-answer') throw thrown
    return { error: withData(thrown, { finishReason: answer.finishReason.unified }) }
  }
}

/** What a model is told about an answer that could not be read. */
function repairTurns(text: string, error: MabeamError): PromptMessage[] {
  const { field, expected, got } = error.data
  const request = `Your answer could not be read. Output field \`${field}\`: expected ${expected}, got ${got}. Answer again, with every output field in the required format.`
  return [
    ...(text === '' ? [] : [{ role: 'assistant' as const, content: [{ type: 'text' as const, text }] }]),
    { role: 'user', content: [{ type: 'text', text: request }] },
  ]
}
