/**
 * A question: everything fixed about asking one signature of one model. Asking renders the inputs, calls the model,
 * reads the answer, and asks again when it cannot be read; every call is counted in the meter of the run.
 */

import { type Clock, isMabeamError, type MabeamError, toWireError, unknownName } from '@mabeam/foundation'
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
import { type Attempt, type Meter, usageOfFailure } from './meter.ts'

/** How one run of a bound program is asked. */
export interface AskOptions {
  /** Sent to the model unless the temperature is 0. */
  readonly seed?: number
  readonly signal?: AbortSignal
  /** Keeps prompts and texts in `trace`. @default false */
  readonly trace?: boolean
}

/** Everything fixed about asking. */
export interface QuestionOptions {
  /** For traces. */
  readonly name: string
  readonly signature: Signature
  readonly demos: readonly Demo[]
  readonly adapter: Adapter
}

/** Who is asked, and how. */
export interface Asking {
  readonly model: LanguageModel
  readonly temperature?: number | undefined
  readonly maxOutputTokens?: number | undefined
  readonly answerRetriesMax: number
  readonly clock: Clock
  readonly seed?: number | undefined
  readonly signal?: AbortSignal | undefined
  readonly meter: Meter
}

/** A question that was fixed; its constant messages are rendered when it is first asked. */
export interface Question extends QuestionOptions {
  /** The predictor whose question it is. */
  readonly by: object
  readonly prepared: () => PreparedPrompt
}

/** The most characters of an answer that are read. */
export const answerCharsMax = 1_000_000

/** Fixes a question of a predictor. Cheap. */
export function fixQuestion(by: object, options: QuestionOptions): Question {
  let prepared: PreparedPrompt | undefined
  return {
    ...options,
    by,
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
export async function ask(question: Question, inputs: Values, asking: Asking): Promise<Values> {
  const { signature, by, name } = question
  const { meter, model } = asking
  asking.signal?.throwIfAborted()
  const given = checkInputs(signature, inputs)
  const rendered = question.prepared().ask(given)
  let { prompt } = rendered
  let usage = noUsage
  for (let retry = 0; ; retry++) {
    const { answer, usage: cost } = await generate(question, callOf({ ...rendered, prompt }, asking), { asking, retry })
    usage = addUsage(usage, cost)
    const text = answerText(answer)
    const read = readAnswer(question, answer, text)
    const attempt = attemptOf(question, asking, { usage: cost, finishReason: answer.finishReason.unified })
    if ('outputs' in read) {
      const { outputs } = read
      meter.count({ by, what: { ...attempt, outcome: 'read' } })
      if (meter.traces) {
        const what = { predictor: name, modelId: model.modelId, inputs: given, outputs, prompt, text, usage }
        meter.keep({ by, what })
      }
      return outputs
    }
    meter.count({ by, what: { ...attempt, outcome: 'unreadable', error: faultOf(read.error) } })
    if (retry >= asking.answerRetriesMax) throw read.error
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

function callOf(rendered: RenderedPrompt, asking: Asking): ModelCall {
  const { temperature, maxOutputTokens } = asking
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

/** Calls the model; a call that failed is counted here. An answer that was asked for again counts as a retry. */
async function generate(
  question: Question,
  call: ModelCall,
  { asking, retry }: { readonly asking: Asking; readonly retry: number },
): Promise<{ readonly answer: ModelAnswer; readonly usage: Usage }> {
  const { model, clock, meter } = asking
  const startMs = clock.monotonicMs()
  const again = retry === 0 ? 0 : 1
  try {
    const answer = await model.doGenerate(call)
    const usage = usageOf(answer, clock.monotonicMs() - startMs)
    return { answer, usage: again === 0 ? usage : { ...usage, retries: usage.retries + again } }
  } catch (thrown) {
    const usage = usageOfFailure(thrown)
    const attempt = attemptOf(question, asking, { usage: { ...usage, retries: usage.retries + again } })
    meter.count({ by: question.by, what: { ...attempt, outcome: 'failed', error: faultOf(thrown) } })
    call.abortSignal?.throwIfAborted()
    throw thrown
  }
}

function attemptOf(
  { name, adapter }: Question,
  { model }: Asking,
  more: Pick<Attempt, 'usage' | 'finishReason'>,
): Omit<Attempt, 'outcome'> {
  return { predictor: name, adapter: adapter.name, modelId: model.modelId, ...more }
}

function faultOf(thrown: unknown): NonNullable<Attempt['error']> {
  const { code, message } = toWireError(thrown)
  return { code, message }
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
