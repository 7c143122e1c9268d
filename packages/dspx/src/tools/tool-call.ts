/** One call of a tool: arguments checked, time limited, and whatever happens becomes something to show to the model. */

import { type Clock, type Json, messageOf, nearest, untilAborted } from '@mabeam/foundation'
import { observationText, shortened } from './observation-text.ts'
import type { Tool } from './tool.ts'

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

/** Calls a tool. Throws `signal.reason` of the run, and nothing else. */
export async function callTool(asked: AskedCall, options: CallToolOptions): Promise<MadeCall> {
  const made = await resultOf(asked, options)
  options.signal?.throwIfAborted()
  const observation =
    'value' in made
      ? observationText(made.value, options.observationCharsMax)
      : shortened(made.sentence, options.observationCharsMax)
  return { tool: asked.tool, arguments: asked.arguments, outcome: made.outcome, observation }
}

/** What a tool gave, as it is; else a sentence. Throws nothing. */
export async function resultOf(
  asked: AskedCall,
  options: Omit<CallToolOptions, 'observationCharsMax'>,
): Promise<
  | { readonly outcome: 'given'; readonly value: unknown }
  | { readonly outcome: Exclude<CallOutcome, 'given'>; readonly sentence: string }
> {
  const { tools, clock, toolTimeoutMs, signal } = options
  const tool = tools.find(({ name }) => name === asked.tool)
  if (tool === undefined) return { outcome: 'refused', sentence: unknownTool(asked.tool, tools) }
  const late = new AbortController()
  const cancel = clock.setTimer(toolTimeoutMs, () => late.abort(new Error('late')))
  const both = signal ? AbortSignal.any([signal, late.signal]) : late.signal
  try {
    const checked = await untilAborted(check(tool, asked.arguments), both)
    if ('sentence' in checked) return { outcome: 'refused', sentence: checked.sentence }
    const running = (async () => tool.run(checked.input as never, { signal: both }))()
    return { outcome: 'given', value: await untilAborted(running, both) }
  } catch (thrown) {
    if (late.signal.aborted && !signal?.aborted) {
      return { outcome: 'timed-out', sentence: `Failed: ${tool.name} gave nothing within ${toolTimeoutMs} ms.` }
    }
    return { outcome: 'failed', sentence: `Failed: ${messageOf(thrown)}` }
  } finally {
    cancel()
  }
}

async function check(
  tool: Tool,
  given: Json | undefined,
): Promise<{ readonly input: unknown } | { readonly sentence: string }> {
  if (given === undefined) return { sentence: `Refused: the arguments of ${tool.name} are no JSON object.` }
  const result = await tool.input['~standard'].validate(given)
  if (!result.issues) return { input: result.value }
  const [first] = result.issues
  const path = (first?.path ?? []).map((part) => `.${String(typeof part === 'object' ? part.key : part)}`).join('')
  const schema = JSON.stringify(tool.inputSchema)
  return { sentence: `Refused: arguments${path}: ${first?.message}. ${tool.name} takes JSON of the schema ${schema}` }
}

function unknownTool(name: string, tools: readonly Tool[]): string {
  const names = tools.map((one) => one.name)
  const near = nearest(name, names)
  const hint = near === undefined ? `there are ${names.join(', ')}` : `did you mean ${near}?`
  return `Refused: there is no tool ${shortened(name, 80)}; ${hint}`
}
