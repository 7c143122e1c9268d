/**
 * The JSON adapter: inputs and outputs as one JSON object each. The schema goes to the provider too, so that a provider
 * with structured output holds the model to it; answers of others are read tolerantly.
 */

import type { JSONSchema7 } from '@ai-sdk/provider'
import type { Field } from '../signatures/field.ts'
import type { Demo, Signature, Values } from '../signatures/signature.ts'
import type { Adapter, PreparedPrompt, RenderedPrompt } from './adapter.ts'
import { type ReadAnswer, wholeReader } from './answer-reader.ts'
import { unparsableAnswer } from './errors.ts'
import { checkOutputs, looseJson, valueOfJson } from './field-value.ts'
import { systemMessage, taskText, textMessage } from './task-text.ts'

/** One JSON object for each message. */
export const jsonAdapter: Adapter = {
  name: 'json',
  prepare,
  render: (signature, demos, inputs) => prepare(signature, demos).ask(inputs),
  parse,
  reader: (signature) => wholeReader(signature.name, (text) => parse(signature, text)),
}

function prepare(signature: Signature, demos: readonly Demo[]): PreparedPrompt {
  const constant = [systemMessage(taskText(signature, demos, formatText(signature)))]
  for (const demo of demos) {
    constant.push(textMessage('user', objectText(signature.inputs, demo.inputs)))
    constant.push(textMessage('assistant', objectText(signature.outputs, demo.outputs)))
  }
  const responseFormat = responseFormatOf(signature)
  return {
    ask: (inputs) => {
      const text = objectText(signature.inputs, inputs)
      return { prompt: [...constant, { role: 'user', content: [{ type: 'text', text }] }], responseFormat }
    },
  }
}

function formatText({ inputs, outputs }: Signature): string {
  const names = (fields: readonly Field[]) => fields.map(({ name }) => `"${name}"`).join(', ')
  return `Each request is a JSON object with the keys ${names(inputs)}. Answer with one JSON object and nothing else, with the keys in this order: ${names(outputs)}.`
}

function objectText(fields: readonly Field[], values: Values): string {
  const parts: string[] = []
  for (const { name } of fields) {
    const text = Object.hasOwn(values, name) ? JSON.stringify(values[name]) : undefined
    if (text !== undefined) parts.push(`${JSON.stringify(name)}: ${text}`)
  }
  return `{${parts.join(', ')}}`
}

/**
 * Every key required and no others, as strict providers ask; what may be left out may be null instead. Where a field
 * holds objects or anything at all, strict providers refuse the schema, so none is given.
 */
function responseFormatOf({ outputs }: Signature): NonNullable<RenderedPrompt['responseFormat']> {
  const strict = ({ jsonSchema }: Field) => !/^\{\}$|"object"|"properties"|\$ref/.test(JSON.stringify(jsonSchema))
  if (!outputs.every(strict)) return { type: 'json' }
  const properties = Object.fromEntries(outputs.map((field) => [field.name, propertyOf(field)]))
  const schema = { type: 'object', properties, required: outputs.map(({ name }) => name), additionalProperties: false }
  return { type: 'json', name: 'answer', schema: schema as JSONSchema7 }
}

function propertyOf({ jsonSchema, optional, description }: Field): object {
  const described = description === '' ? jsonSchema : { ...jsonSchema, description }
  return optional ? { anyOf: [described, { type: 'null' }] } : described
}

function parse(signature: Signature, text: string): ReadAnswer {
  const json = looseJson(text)
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    const [first] = signature.outputs
    throw unparsableAnswer(signature.name, first?.name ?? '', 'one JSON object', text)
  }
  const keys = new Map(Object.keys(json).map((key) => [key.toLowerCase(), key]))
  return checkOutputs(signature, (field) => {
    const key = Object.hasOwn(json, field.name) ? field.name : keys.get(field.name.toLowerCase())
    const value = key === undefined ? undefined : (json as Values)[key]
    return value === null && field.optional ? undefined : valueOfJson(field, value)
  })
}
