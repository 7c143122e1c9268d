/**
 * The chat adapter: every field under a marker `[[ ## name ## ]]`, every answer ended by `[[ ## completed ## ]]`.
 *
 * Source: DSPy's ChatAdapter (Khattab et al., 2024). Differs: markers inside values are escaped, allowed values are
 * listed once, an answer that cannot be read never leads to a second call by another adapter.
 */

import type { Field } from '../signatures/field.ts'
import type { Demo, Signature, Values } from '../signatures/signature.ts'
import type { Adapter, PreparedPrompt } from './adapter.ts'
import { type ReadAnswer, wholeReader } from './answer-reader.ts'
import { unparsableAnswer } from './errors.ts'
import { checkOutputs, looseJson, valueOfJson, valueOfText, valueText } from './field-value.ts'
import { systemMessage, taskText, textMessage } from './task-text.ts'

/** Markers for fields; works with every model that follows a format. */
export const chatAdapter: Adapter = {
  name: 'chat',
  prepare,
  render: (signature, demos, inputs) => prepare(signature, demos).ask(inputs),
  parse,
  reader: (signature) => wholeReader(signature.name, (text) => parse(signature, text)),
}

function prepare(signature: Signature, demos: readonly Demo[]): PreparedPrompt {
  const constant = [systemMessage(taskText(signature, demos, formatText(signature)))]
  for (const demo of demos) {
    constant.push(textMessage('user', sections(signature.inputs, demo.inputs)))
    constant.push(textMessage('assistant', `${sections(signature.outputs, demo.outputs)}\n\n${completed}`))
  }
  const reminder = reminderText(signature)
  return {
    ask: (inputs) => {
      const text = `${sections(signature.inputs, inputs)}\n\n${reminder}`
      return { prompt: [...constant, { role: 'user', content: [{ type: 'text', text }] }] }
    },
  }
}

const completed = '[[ ## completed ## ]]'
const marker = (name: string) => `[[ ## ${name} ## ]]`

function formatText({ inputs, outputs }: Signature): string {
  const slots = [...inputs, ...outputs].map(({ name }) => `${marker(name)}\n{${name}}`)
  return `All messages have this structure, with the values filled in:\n\n${slots.join('\n\n')}\n\n${completed}`
}

function reminderText({ outputs }: Signature): string {
  const [first, ...others] = outputs.map(({ name }) => `\`${marker(name)}\``)
  const then = others.map((one) => `, then ${one}`).join('')
  return `Respond with the corresponding output fields, starting with the field ${first}${then}, and then ending with the marker for \`${completed}\`.`
}

function sections(fields: readonly Field[], values: Values): string {
  const parts: string[] = []
  for (const field of fields) {
    if (!Object.hasOwn(values, field.name)) continue
    const value = values[field.name]
    if (value !== undefined) parts.push(`${marker(field.name)}\n${escapeMarkers(valueText(field, value))}`)
  }
  return parts.join('\n\n')
}

/** A backslash more in front of the `##` of anything that reads like a marker. */
function escapeMarkers(text: string): string {
  return text.includes('[[') ? text.replace(/\[\[(\s*)(\\*)##/g, '[[$1\\$2##') : text
}

function unescapeMarkers(text: string): string {
  return text.includes('[[') ? text.replace(/\[\[(\s*)\\(\\*)##/g, '[[$1$2##') : text
}

function parse(signature: Signature, text: string): ReadAnswer {
  const found = markedTexts(text)
  if (found.size > 0) {
    return checkOutputs(signature, (field) => {
      const part = found.get(field.name.toLowerCase())
      return part === undefined ? undefined : valueOfText(field, part)
    })
  }
  return parseUnmarked(signature, text)
}

/** The text under each marker that starts a line, up to `completed`; of two with the same name the first counts. */
function markedTexts(text: string): Map<string, string> {
  const found = new Map<string, string>()
  const marks = [...text.matchAll(/^[ \t]*\[\[\s*##\s*([A-Za-z]\w*)\s*##\s*\]\]/gm)]
  const fenced = marks[0] !== undefined && /```[\w-]*\s*$/.test(text.slice(0, marks[0].index))
  for (const [i, mark] of marks.entries()) {
    const name = (mark[1] as string).toLowerCase()
    if (name === 'completed') break
    const end = marks[i + 1]?.index ?? text.length
    const part = text.slice(mark.index + mark[0].length, end).trim()
    const whole = fenced && end === text.length ? part.replace(/\s*```$/, '') : part
    if (!found.has(name)) found.set(name, unescapeMarkers(whole))
  }
  return found
}

/** A model that ignored the markers: a JSON object is read as one; for a single output the whole text is its value. */
function parseUnmarked(signature: Signature, text: string): ReadAnswer {
  const json = text.includes('{') ? looseJson(text) : undefined
  const names = signature.outputs.map(({ name }) => name)
  if (isRecord(json) && names.some((name) => Object.hasOwn(json, name))) {
    return checkOutputs(signature, (field) =>
      Object.hasOwn(json, field.name) ? valueOfJson(field, json[field.name]) : undefined,
    )
  }
  const [first] = signature.outputs
  if (signature.outputs.length > 1 || first === undefined || text.trim() === '') {
    const name = first?.name ?? ''
    throw unparsableAnswer(signature.name, name, `the marker ${marker(name)} and its value`, text)
  }
  return checkOutputs(signature, (field) => valueOfText(field, text))
}

function isRecord(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
