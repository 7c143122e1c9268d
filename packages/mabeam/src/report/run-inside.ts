/** A run from the inside, for people and for programs: what it would ask, what it was sent and what came back. */

import {
  detailsOf,
  type PreviewedCall,
  type ProgramResult,
  promptText,
  type RunDetails,
  traceText,
  type Values,
} from '@mabeam/dspx'
import { isMabeamError, type MabeamError } from '@mabeam/foundation'

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
  return [...stepTexts({ trace, traceOmitted }), '=== outputs', outputsText(outputs)].join('\n\n')
}

function stepTexts({ trace, traceOmitted }: Pick<RunDetails, 'trace' | 'traceOmitted'>): string[] {
  const omitted = traceOmitted === 0 ? [] : [`=== and ${traceOmitted} more, which are not kept`]
  return trace.length === 0 ? [] : [traceText(trace), ...omitted]
}

/** One line: `{ outputs, usage }`, with `trace` and `traceOmitted` where they were asked for. */
export function answerJson({ outputs, usage, trace, traceOmitted }: ProgramResult, isTraced: boolean): string {
  return JSON.stringify({ outputs, usage, ...(isTraced && { trace, traceOmitted }) })
}

/** A run that failed after it had asked a model. */
export interface FailedRun {
  readonly error: MabeamError
  readonly details: RunDetails
}

/** Of what was thrown; undefined for a failure of another kind. */
export function failedRun(thrown: unknown): FailedRun | undefined {
  const details = isMabeamError(thrown) ? detailsOf(thrown) : undefined
  return details && { error: thrown as MabeamError, details }
}

/** What was answered before a run failed, and the answer that nobody could read, if it failed by one, under its prompt. */
export function failedText(run: FailedRun): string {
  const { predictor, modelId, prompt, text } = unreadableIn(run) ?? {}
  const which = predictor === undefined ? '' : `${predictor}, asked of ${modelId}: `
  const unread = text === undefined ? [] : [`=== ${which}could not be read\n\n${prompt}\n\n[answer]\n${text}`]
  return [...stepTexts(run.details), ...unread].map((part) => `${part}\n\n`).join('')
}

/** One line: `{ error, trace, traceOmitted }`, with `unreadable` where the run failed by such an answer. */
export function failedJson(run: FailedRun): string {
  const { code, message, retryable } = run.error
  const { trace, traceOmitted } = run.details
  return JSON.stringify({ error: { code, message, retryable }, trace, traceOmitted, unreadable: unreadableIn(run) })
}

function unreadableIn({ error, details }: FailedRun) {
  const { prompt, text } = error.data
  if (typeof prompt !== 'string' || typeof text !== 'string') return undefined
  const asked = details.attempts.findLast((one) => one.outcome === 'unreadable' && one.error?.message === error.message)
  return { ...(asked && { predictor: asked.predictor, modelId: asked.modelId }), prompt, text }
}

function outputsText(outputs: Values): string {
  const entries = Object.entries(outputs)
  const width = Math.max(...entries.map(([name]) => name.length))
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${shown(value)}`).join('\n')
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
