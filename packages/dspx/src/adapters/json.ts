/**
 * The JSON adapter: inputs and outputs as one JSON object each. The schema goes to the provider too, so that a provider
 * with structured output holds the model to it; answers of others are read tolerantly.
 */

import type { PromptMessage } from '../models/language-model.ts'
import type { Field } from '../signatures/field.ts'
import { isMedia } from '../signatures/media.ts'
import type { Demo, Signature, Values } from '../signatures/signature.ts'
import type { Adapter, PreparedPrompt, RenderedPrompt } from './adapter.ts'
import { findOutputsJson, nameReading, outputsOfJson } from './answer-outputs.ts'
import { type AnswerReader, answerCharsMax, gatheringReader, type ReadAnswer } from './answer-reader.ts'
import { answerTooLong, unparsableAnswer } from './errors.ts'
import { jsonText } from './field-value.ts'
import { JsonMembers } from './json-members.ts'
import { mediaParts, mediaText } from './media-parts.ts'
import { outputSchema } from './output-schema.ts'
import { systemMessage, taskText, textMessage } from './task-text.ts'

/** One JSON object for each message. */
export const jsonAdapter: Adapter = {
  name: 'json',
  prepare: (signature, demos) => prepareJson(signature, demos, formatOf(signature)),
  render: (signature, demos, inputs) => prepareJson(signature, demos, formatOf(signature)).ask(inputs),
  parse: parseJson,
  reader: jsonReader,
}

/** What is said about the answer, in words and to the provider. */
export interface JsonFormat {
  readonly text: string
  readonly call: Omit<RenderedPrompt, 'prompt'>
}

/** The constant messages once, the question anew; `format.call` goes with each question. */
export function prepareJson(signature: Signature, demos: readonly Demo[], format: JsonFormat): PreparedPrompt {
  const constant: PromptMessage[] = [systemMessage(taskText(signature, demos, format.text))]
  for (const demo of demos) {
    const asked = objectText(signature.inputs, demo.inputs)
    constant.push(textMessage('user', asked, mediaParts(signature.inputs, demo.inputs)))
    constant.push(textMessage('assistant', objectText(signature.outputs, demo.outputs)))
  }
  return {
    ask: (inputs) => {
      const text = objectText(signature.inputs, inputs)
      const content = [{ type: 'text' as const, text }, ...mediaParts(signature.inputs, inputs)]
      return { prompt: [...constant, { role: 'user', content }], ...format.call }
    },
  }
}

/** The outputs in an answer of one JSON object. Throws: `dspx/unparsable-answer`. */
export function parseJson(signature: Signature, text: string): ReadAnswer {
  if (text.length > answerCharsMax) throw answerTooLong(signature.name, answerCharsMax, text.length)
  const found = findOutputsJson(signature, text)
  if (found !== undefined) return outputsOfJson(signature, found, [])
  const [first] = signature.outputs
  throw unparsableAnswer(signature.name, first?.name ?? '', `one JSON object with the key "${first?.name}"`, text)
}

/** A reader of answers of one JSON object. */
export function jsonReader(signature: Signature): AnswerReader {
  const members = new JsonMembers(nameReading(signature))
  const parse = (whole: string) => parseJson(signature, whole)
  return gatheringReader(signature.name, parse, (text) => members.push(text))
}

function formatOf(signature: Signature): JsonFormat {
  const { inputs, outputs } = signature
  const names = (fields: readonly Field[]) => fields.map(({ name }) => `"${name}"`).join(', ')
  const text = `Each request is a JSON object with the keys ${names(inputs)}. Answer with one JSON object and nothing else, with the keys in this order: ${names(outputs)}.`
  const schema = outputSchema(signature)
  return { text, call: { responseFormat: schema ? { type: 'json', name: 'answer', schema } : { type: 'json' } } }
}

function objectText(fields: readonly Field[], values: Values): string {
  const parts: string[] = []
  for (const field of fields) {
    const value = Object.hasOwn(values, field.name) ? values[field.name] : undefined
    if (value === undefined) continue
    const text = jsonText(field, isMedia(field) ? mediaText(field, value) : value)
    parts.push(`${JSON.stringify(field.name)}: ${text}`)
  }
  return `{${parts.join(', ')}}`
}
