/** What a model wants done next, asked by a predictor in words, or by the tool calls of its provider. */

import { type Clock, isMabeamError, type Json } from '@mabeam/foundation'
import { chatAdapter } from '../adapters/chat.ts'
import { findJson, isRecord } from '../adapters/loose-json.ts'
import { mediaParts } from '../adapters/media-parts.ts'
import { freeText } from '../adapters/task-text.ts'
import {
  answerText,
  type LanguageModel,
  type ModelAnswer,
  type Prompt,
  type PromptMessage,
} from '../models/language-model.ts'
import { newMeter } from '../programs/meter.ts'
import { countTurn, takeTurn } from '../programs/model-turn.ts'
import type { Predict } from '../programs/predictor.ts'
import { type Asking, fixQuestion } from '../programs/question.ts'
import type { Run } from '../programs/run-context.ts'
import type { Signature, Values } from '../signatures/signature.ts'
import { finishName, type Tool } from '../tools/tool.ts'
import type { AskedCall } from '../tools/tool-call.ts'
import { fitTrajectory, omittedText, type ReactStep, trajectoryText } from './trajectory.ts'

/** One step that a model wants. */
export interface ProposedStep {
  readonly thought: string
  readonly calls: readonly AskedCall[]
  /** True where the model has what it needs. */
  readonly isFinish: boolean
  readonly fault?: string
  /** True where the model was given tools and says that it has none. */
  readonly isWithoutTools?: boolean
}

/** What a step is asked with. */
export interface StepAsking {
  /** Whose instructions and demonstrations count. */
  readonly act: Predict
  readonly signature: Signature
  readonly tools: readonly Tool[]
  readonly inputs: Values
  readonly steps: readonly ReactStep[]
  readonly trajectoryCharsMax: number
}

/** Asks in words: works with every model. An answer that cannot be read is a step with a fault. Throws what models throw. */
export async function wordedStep({ act, inputs, steps, trajectoryCharsMax }: StepAsking): Promise<ProposedStep> {
  try {
    const {
      thought,
      tool,
      arguments: given,
    } = await act.run({
      ...inputs,
      trajectory: trajectoryText(steps, trajectoryCharsMax),
    })
    if (tool === finishName) return { thought: String(thought), calls: [], isFinish: true }
    const call = { tool: String(tool), arguments: (given ?? {}) as Json }
    return { thought: String(thought), calls: [call], isFinish: false }
  } catch (thrown) {
    if (!isMabeamError(thrown) || thrown.code !== 'dspx/unparsable-answer') throw thrown
    return { thought: '', calls: [], isFinish: false, fault: `The step could not be read: ${thrown.message}` }
  }
}

/** Asks by the tool calls of the provider. One call, counted. Throws what models throw. */
export async function calledStep(
  asking: StepAsking,
  run: Run,
  { model, clock }: { readonly model: LanguageModel; readonly clock: Clock },
): Promise<ProposedStep> {
  const { act, tools } = asking
  const { temperature, maxOutputTokens, seed, signal, budget } = run
  const meter = run.meter ?? newMeter(false)
  const how: Asking = { model, temperature, maxOutputTokens, seed, signal, budget, clock, meter, answerRetriesMax: 0 }
  const question = fixQuestion(act, {
    name: act.programName,
    signature: act.signature,
    demos: act.demos,
    adapter: { ...chatAdapter, name: 'tool-calls' },
  })
  const prompt = promptOf(asking)
  const rendered = { prompt, tools: [...tools, finishTool].map(toolDefinition), toolChoice: { type: 'auto' as const } }
  const turn = await takeTurn({ question, asking: how, model, rendered })
  const step = stepOf(turn.answer)
  countTurn({ question, asking: how }, turn, {
    outcome: step.fault === undefined ? 'read' : 'unreadable',
    ...(step.fault !== undefined && { error: { code: 'dspx/unparsable-answer', message: step.fault } }),
  })
  if (meter.traces) {
    const inputs = { ...asking.inputs, trajectory: trajectoryText(asking.steps, asking.trajectoryCharsMax) }
    const first = step.calls[0]
    const outputs = { thought: step.thought, tool: first?.tool ?? finishName, arguments: first?.arguments ?? {} }
    const { modelId, usage } = turn
    meter.keep({
      by: act,
      what: { predictor: act.programName, modelId, inputs, outputs, prompt, text: answerText(turn.answer), usage },
    })
  }
  return step
}

function stepOf(answer: ModelAnswer): ProposedStep {
  const thought = answerText(answer).trim()
  const asked = answer.content.flatMap((part) => (part.type === 'tool-call' && !part.providerExecuted ? [part] : []))
  const calls = asked
    .filter(({ toolName }) => toolName !== finishName)
    .map(({ toolName, input }) => ({ tool: toolName, arguments: argumentsOf(input) }))
  const isWithoutTools = answer.warnings.some((one) => one.type === 'unsupported' && one.feature === 'tools')
  const isCut = answer.finishReason.unified === 'length'
  if (asked.length === 0 && isCut) {
    return { thought, calls, isFinish: false, fault: 'The step was cut off: it was longer than an answer may be.' }
  }
  return { thought, calls, isFinish: asked.length === 0 || asked.length > calls.length, isWithoutTools }
}

function argumentsOf(input: string): Json | undefined {
  if (input.trim() === '') return {}
  return findJson(input, isRecord)?.value as Json | undefined
}

const finishTool = {
  name: finishName,
  description: 'Call it when everything that the answer needs is known. The answer is asked for afterwards.',
  inputSchema: { type: 'object', properties: {} },
}

function toolDefinition({ name, description, inputSchema }: Pick<Tool, 'name' | 'description' | 'inputSchema'>) {
  return { type: 'function' as const, name, description, inputSchema: inputSchema as { type: 'object' } }
}

function promptOf({ act, signature, inputs, steps, trajectoryCharsMax }: StepAsking): Prompt {
  const words = freeText({ ...signature, instructions: act.instructions })
  const shown = act.demos.map((demo) => JSON.stringify(demo))
  const examples = shown.length > 0 ? [`Examples of steps:\n${shown.join('\n')}`] : []
  const how = `Work step by step: think, then call tools, several at once where they do not depend on each other. Call ${finishName} when you have what you need.`
  const { omitted, steps: fitted } = fitTrajectory(steps, trajectoryCharsMax)
  const text = `${words.inputs(inputs)}${omitted > 0 ? `\n\n${omittedText(omitted).trim()}` : ''}`
  return [
    { role: 'system', content: [words.task, how, ...examples].join('\n\n') },
    { role: 'user', content: [{ type: 'text', text }, ...mediaParts(signature.inputs, inputs)] },
    ...fitted.flatMap((step, i) => stepMessages(step, omitted + i)),
  ]
}

/** Steps are written anew each time: ids are by place, so that the same steps are the same prompt. */
function stepMessages({ thought, calls, fault }: ReactStep, index: number): PromptMessage[] {
  const said = thought === '' ? [] : [{ type: 'text' as const, text: thought }]
  const id = (i: number) => `step_${index + 1}_call_${i + 1}`
  const toolCalls = calls.map(({ tool, arguments: given }, i) => ({
    type: 'tool-call' as const,
    toolCallId: id(i),
    toolName: tool,
    input: given ?? {},
  }))
  const content = [...said, ...toolCalls]
  const messages: PromptMessage[] = content.length > 0 ? [{ role: 'assistant', content }] : []
  if (calls.length > 0) {
    const results = calls.map(({ tool, observation }, i) => ({
      type: 'tool-result' as const,
      toolCallId: id(i),
      toolName: tool,
      output: { type: 'text' as const, value: observation },
    }))
    messages.push({ role: 'tool', content: results })
  }
  if (fault !== undefined) messages.push({ role: 'user', content: [{ type: 'text', text: `${fault} Go on.` }] })
  return messages
}
