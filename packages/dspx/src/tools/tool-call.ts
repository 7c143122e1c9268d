/** One call of a tool: arguments checked, time limited, and whatever happens becomes something to show to the model. */

import { type Clock, type Json, messageOf, nearest } from '@mabeam/foundation'
import { timedCall } from '../timed-call.ts'
import { observationText, shortened } from './observation-text.ts'
import { type Tool, toolNameCharsMax } from './tool.ts'

/** What a model wants called. */
export interface AskedCall {
  readonly tool: string
  /** As the model wrote them; `undefined` where they could not be read. */
  readonly arguments: Json | undefined
}

/**
 * How a call went: `given` has the result; `failed` is what the tool threw; `refused` was never made, for an unknown name, wrong
 * arguments or too many calls; `timed-out` was given up.
 */
export type CallOutcome = 'given' | 'failed' | 'refused' | 'timed-out'

/** A call that was made, or not. */
export interface MadeCall extends AskedCall {
  readonly outcome: CallOutcome
  /** What the model is shown. */
  readonly observation: string
}

export interface CallToolOptions {
  readonly tools: readonly Tool[]
  readonly clock: Clock
  readonly toolTimeoutMs: number
  readonly observationCharsMax: number
  readonly signal?: AbortSignal | undefined
}

/** Calls a tool within its time. Throws `signal.reason` of the run, and nothing else. */
export async function callTool(asked: AskedCall, options: CallToolOptions): Promise<MadeCall> {
  const { tools, clock, toolTimeoutMs: timeoutMs, observationCharsMax, signal } = options
  const called = await timedCall((both) => resultOf(asked, tools, both), { clock, timeoutMs, signal })
  signal?.throwIfAborted()
  const made: CallResult =
    called.type === 'given'
      ? called.value
      : { outcome: 'timed-out', sentence: `Failed: ${shortened(asked.tool, 80)} gave nothing within ${timeoutMs} ms.` }
  const observation =
    'value' in made ? observationText(made.value, observationCharsMax) : shortened(made.sentence, observationCharsMax)
  return { tool: asked.tool, arguments: asked.arguments, outcome: made.outcome, observation }
}

/** What came of a call: what the tool gave, as it is; else a sentence. */
export type CallResult =
  | { readonly outcome: 'given'; readonly value: unknown }
  | { readonly outcome: Exclude<CallOutcome, 'given'>; readonly sentence: string }

/** Calls a tool as long as it takes; whoever calls limits its time. Throws nothing. */
export async function resultOf(asked: AskedCall, tools: readonly Tool[], signal: AbortSignal): Promise<CallResult> {
  const tool = tools.find(({ name }) => name === asked.tool)
  if (tool === undefined) return { outcome: 'refused', sentence: unknownTool(asked.tool, tools) }
  try {
    const checked = await check(tool, asked.arguments)
    if ('sentence' in checked) return { outcome: 'refused', sentence: checked.sentence }
    signal.throwIfAborted()
    return { outcome: 'given', value: await tool.run(checked.input as never, { signal }) }
  } catch (thrown) {
    return { outcome: 'failed', sentence: `Failed: ${messageOf(thrown)}` }
  }
}

async function check(
  tool: Tool,
  given: Json | undefined,
): Promise<{ readonly input: unknown } | { readonly sentence: string }> {
  if (given === undefined)
    return {
      sentence: `Refused: the arguments of ${tool.name} are no JSON object, or one that was cut off or is nested too deep.`,
    }
  const result = await tool.input['~standard'].validate(given)
  if (!result.issues) return { input: result.value }
  const [first] = result.issues
  const path = (first?.path ?? []).map((part) => `.${String(typeof part === 'object' ? part.key : part)}`).join('')
  const schema = JSON.stringify(tool.inputSchema)
  return { sentence: `Refused: arguments${path}: ${first?.message}. ${tool.name} takes JSON of the schema ${schema}` }
}

function unknownTool(name: string, tools: readonly Tool[]): string {
  const names = tools.map((one) => one.name)
  const near = name.length > 2 * toolNameCharsMax ? undefined : nearest(name, names) // comparing takes the product of both lengths
  const hint = near === undefined ? `there are ${names.join(', ')}` : `did you mean ${near}?`
  return `Refused: there is no tool ${shortened(name, 80)}; ${hint}`
}
