/** A run from the inside, for people and for programs: what it would ask, what it was sent and what came back. */

import { type PreviewedCall, type ProgramResult, promptText, traceText, type Values } from '@mabeam/dspx'
import { isMabeamError } from '@mabeam/foundation'

/** Each call with its prompt to the letter, and what goes beside it. */
export function previewText(calls: readonly PreviewedCall[]): string {
  if (calls.length === 0) return 'it asks no model'
  return calls.map(callText).join('\n\n')
}

function callText({ predictor, modelId, call }: PreviewedCall, index: number): string {
  const { prompt, responseFormat, tools = [], temperature, seed, maxOutputTokens } = call
  const sent = Object.entries({ temperature, seed, maxOutputTokens })
  const settings = sent.flatMap(([name, value]) => (value === undefined ? [] : [`, ${name} ${value}`])).join('')
  const schema = responseFormat?.type === 'json' ? responseFormat.schema : undefined
  return [
    `=== ${index + 1}. ${predictor}, would ask ${modelId}${settings}`,
    promptText(prompt),
    ...(schema === undefined ? [] : [`[schema of the answer]\n${JSON.stringify(schema)}`]),
    ...(tools.length === 0 ? [] : [`[tools]\n${tools.map((tool) => JSON.stringify(tool)).join('\n')}`]),
  ].join('\n\n')
}

/** One line: `{ calls: [{ predictor, modelId, prompt, … }] }`. */
export function previewJson(calls: readonly PreviewedCall[]): string {
  return JSON.stringify({ calls: calls.map(({ predictor, modelId, call }) => ({ predictor, modelId, ...call })) })
}

/** The outputs; where the run kept a trace, that first. */
export function answerText({ outputs, trace, traceOmitted }: ProgramResult): string {
  if (trace.length === 0) return outputsText(outputs)
  const omitted = traceOmitted === 0 ? [] : [`=== and ${traceOmitted} more, which are not kept`]
  return [traceText(trace), ...omitted, '=== outputs', outputsText(outputs)].join('\n\n')
}

/** One line: `{ outputs, usage }`, with `trace` and `traceOmitted` where they were asked for. */
export function answerJson({ outputs, usage, trace, traceOmitted }: ProgramResult, isTraced: boolean): string {
  return JSON.stringify({ outputs, usage, ...(isTraced && { trace, traceOmitted }) })
}

/** The answer that nobody could read, under its prompt, of a run that failed by it; nothing of another failure. */
export function unreadableText(thrown: unknown): string {
  const { prompt, text } = isMabeamError(thrown) ? thrown.data : {}
  if (typeof prompt !== 'string' || typeof text !== 'string') return ''
  return `=== could not be read\n\n${prompt}\n\n[answer]\n${text}\n\n`
}

function outputsText(outputs: Values): string {
  const entries = Object.entries(outputs)
  const width = Math.max(...entries.map(([name]) => name.length))
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${shown(value)}`).join('\n')
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
