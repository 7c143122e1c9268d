/**
 * A question: everything fixed about asking one signature of one model. Asking renders the inputs, calls the model,
 * reads the answer, and asks again when it cannot be read; every call is counted in the meter of the run.
 */

import { type Clock, hasCode, type MabeamError, unknownName } from '@mabeam/foundation'
import type { Adapter, PreparedPrompt } from '../adapters/adapter.ts'
import { answerCharsMax, type FieldDelta, type ReadAnswer } from '../adapters/answer-reader.ts'
import { answerTooLong } from '../adapters/errors.ts'
import { withData } from '../error-data.ts'
import type { Budget } from '../models/budget/budget.ts'
import type { CacheMode } from '../models/call-options.ts'
import type { LanguageModel, PromptMessage } from '../models/language-model.ts'
import { addUsage, noUsage } from '../models/usage.ts'
import { checkField, expectedOf } from '../signatures/schema-field.ts'
import type { Demo, Signature, Values } from '../signatures/signature.ts'
import { faultOf } from './attempt.ts'
import { invalidInput } from './errors.ts'
import type { Meter } from './meter.ts'
import { countTurn, type Turn, takeTurn } from './model-turn.ts'
import { promptText } from './prompt-text.ts'
import type { AskedRow } from './row-demos.ts'

/** How one run of a bound program is asked. */
export interface AskOptions {
  /** Sent to the model unless the temperature is 0. */
  readonly seed?: number
  readonly signal?: AbortSignal
  /** Keeps prompts and texts in `trace`. @default false */
  readonly trace?: boolean
  /** Every call of a model spends from it, too. @default none */
  readonly budget?: Budget
  /** The row of a data set that it is run on: no predictor is shown a demonstration of it. @default none is left out */
  readonly row?: AskedRow
}

/** Everything fixed about asking. */
export interface QuestionOptions {
  /** For traces. */
  readonly name: string
  readonly signature: Signature
  /** Shown to every question, or chosen by its inputs among those that are not left out. */
  readonly demos: readonly Demo[] | ((inputs: Values, isLeftOut?: (demo: Demo) => boolean) => readonly Demo[])
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
  readonly cache?: CacheMode | undefined
  readonly budget?: Budget | undefined
  readonly meter: Meter
  /** Takes the text of fields as it comes; then models are asked for streams. The answer waits for it. */
  readonly onText?: ((text: AskedText) => Promise<void> | undefined) | undefined
}

/** More text of a field. */
export interface AskedText extends FieldDelta {
  /** The predictor. */
  readonly by: object
  /** From 0: which answer it belongs to; those before it could not be read. */
  readonly attempt: number
}

/** A question that was fixed; its constant messages are rendered when it is first asked, or anew where inputs choose demonstrations. */
export interface Question extends QuestionOptions {
  /** The predictor whose question it is. */
  readonly by: object
  readonly prepared: (inputs: Values) => PreparedPrompt
}

/** Fixes a question of a predictor. Cheap. */
export function fixQuestion(by: object, options: QuestionOptions): Question {
  const { adapter, signature, demos } = options
  if (typeof demos === 'function') {
    return { ...options, by, prepared: (inputs) => adapter.prepare(signature, demos(inputs)) }
  }
  let prepared: PreparedPrompt | undefined
  return {
    ...options,
    by,
    prepared: () => {
      prepared ??= adapter.prepare(signature, demos)
      return prepared
    },
  }
}

/**
 * Asks once, and again up to `answerRetriesMax` times while the answer cannot be read. An adapter that takes the outputs out of
 * a free answer by a second question has it asked here; both are attempts.
 *
 * Throws: `dspx/invalid-input` before any call; `dspx/unparsable-answer`; what the model throws; `signal.reason`.
 */
export async function ask(question: Question, inputs: Values, asking: Asking): Promise<Values> {
  const { signature, adapter, name, by } = question
  asking.signal?.throwIfAborted()
  const given = checkInputs(signature, inputs)
  let rendered = question.prepared(given).ask(given)
  let { model } = asking
  let usage = noUsage
  if (adapter.extraction) {
    const free = await takeTurn({ question, asking, model, rendered })
    countTurn({ question, asking }, free, { outcome: 'read' })
    usage = free.usage
    const extraction = adapter.extraction(signature, free.text)
    rendered = extraction.rendered
    model = extraction.model ?? model
  }
  for (let retry = 0; ; retry++) {
    asking.signal?.throwIfAborted() // a model need not listen, and is not asked again for nobody
    const turn = await takeTurn({ question, asking, model, rendered, retry })
    usage = addUsage(usage, turn.usage)
    const read = readAnswer(question, turn)
    if ('outputs' in read) {
      const { outputs, repairs } = read
      countTurn({ question, asking }, turn, repairs.length > 0 ? { outcome: 'repaired', repairs } : { outcome: 'read' })
      if (asking.meter.traces) {
        const { prompt } = rendered
        const what = { predictor: name, modelId: turn.modelId, inputs: given, outputs, prompt, text: turn.text, usage }
        asking.meter.keep({ by, what })
      }
      return outputs
    }
    countTurn({ question, asking }, turn, { outcome: 'unreadable', error: faultOf(read.error) })
    if (retry >= asking.answerRetriesMax) {
      if (!asking.meter.traces) throw read.error
      throw withData(read.error, { prompt: promptText(rendered.prompt), text: turn.text })
    }
    rendered = { ...rendered, prompt: [...rendered.prompt, ...repairTurns(turn.text, read.error)] }
  }
}

/** Inputs as the schemas leave them. Throws: `dspx/invalid-input`, `foundation/unknown-name`. */
export function checkInputs(signature: Signature, inputs: Values): Values {
  if (typeof inputs !== 'object' || inputs === null) throw invalidInput(signature.name, '(all)', 'an object', inputs)
  const given: { [name: string]: unknown } = {}
  let used = 0
  for (const field of signature.inputs) {
    const value = Object.hasOwn(inputs, field.name) ? inputs[field.name] : undefined
    if (Object.hasOwn(inputs, field.name)) used += 1
    const result = checkField(field, value)
    // `txt` for `text` is better told by the name that was given than by the one that is missing
    if (result.issues && value === undefined) checkInputNames(signature, inputs)
    if (result.issues) throw invalidInput(signature.name, field.name, expectedOf(field, result.issues), value)
    if (result.value !== undefined) given[field.name] = result.value
  }
  if (Object.keys(inputs).length > used) checkInputNames(signature, inputs)
  return given
}

function checkInputNames(signature: Signature, inputs: Values): void {
  const known = signature.inputs.map(({ name }) => name)
  const unknown = Object.keys(inputs).find((name) => !known.includes(name))
  if (unknown !== undefined) throw unknownName(signature.name, 'input', unknown, known)
}

function readAnswer(
  { adapter, signature }: Question,
  { text, answer }: Turn,
): ReadAnswer | { readonly error: MabeamError } {
  try {
    if (text.length > answerCharsMax) throw answerTooLong(signature.name, answerCharsMax, text.length)
    return adapter.parse(signature, text)
  } catch (thrown) {
    if (!hasCode(thrown, 'dspx/unparsable-answer')) throw thrown
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
