/** A step that a model asks for by the tool calls of its provider. */

import { chatAdapter } from '../adapters/chat.ts'
import { mediaParts } from '../adapters/media-parts.ts'
import { freeText } from '../adapters/task-text.ts'
import { answerText, type ModelAnswer, type Prompt } from '../models/language-model.ts'
import { countTurn, takeTurn } from '../programs/model-turn.ts'
import { askingOf, toldIn } from '../programs/predictor.ts'
import { fixQuestion } from '../programs/question.ts'
import { demosBeside } from '../programs/row-demos.ts'
import type { Run } from '../programs/run-context.ts'
import type { Demo } from '../signatures/signature.ts'
import { finishName, type Tool } from '../tools/tool.ts'
import { readArguments } from './call-arguments.ts'
import type { ProposedStep, StepAsking } from './proposed-step.ts'
import {
  type CalledStep,
  callIds,
  cutContent,
  saidContent,
  stepMessages,
  toolCallsIn,
  unsaidChars,
} from './step-messages.ts'
import { calledParts, saysWithoutTools } from './step-parts.ts'
import { fitTrajectory, omittedText, trajectoryText } from './trajectory.ts'

/** Asks for it in a run, whose options are those of `act`. One call, counted. Throws what models throw. */
export async function calledStep(asking: StepAsking, run: Run): Promise<ProposedStep> {
  const { act, tools } = asking
  const { onPart } = run
  const how = askingOf(act, run)
  const { model, meter } = how
  const { instructions, demos } = toldIn(act, run)
  const question = fixQuestion(act, {
    name: act.programName,
    signature: act.signature,
    demos,
    adapter: { ...chatAdapter, name: 'tool-calls' },
  })
  const shown = demosBeside(run.row, demos, asking.inputs)
  const prompt = promptOf(asking, instructions, shown)
  const rendered = { prompt, tools: [...tools, finishTool].map(toolDefinition), toolChoice: { type: 'auto' as const } }
  const onStreamPart = onPart && calledParts(onPart, { by: act, step: asking.steps.length })
  const turn = await takeTurn({ question, asking: how, model, rendered, onStreamPart })
  const step = stepOf(turn.answer, asking.steps as readonly CalledStep[])
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

function stepOf(answer: ModelAnswer, steps: readonly CalledStep[]): ProposedStep {
  const isCut = answer.finishReason.unified === 'length'
  const thought = answerText(answer).trim()
  const asked = toolCallsIn(answer)
  const calls = asked
    .filter(({ toolName }) => toolName !== finishName)
    .map(({ toolName, input }) => ({ tool: toolName, arguments: readArguments(input, isCut) }))
  const reasoning = answer.content.flatMap((part) => (part.type === 'reasoning' && part.text !== '' ? [part.text] : []))
  const told = { thought, calls, ...(reasoning.length > 0 && { reasoning: reasoning.join('\n') }) }
  if (asked.length === 0 && isCut) {
    const fault = 'The step was cut off: it was longer than an answer may be.'
    return { ...told, isFinish: false, fault, said: cutContent(answer) }
  }
  const inputOf = (input: string) => (readArguments(input, isCut) ?? {}) as object
  return {
    ...told,
    isFinish: asked.length === 0 || asked.length > calls.length,
    isWithoutTools: answer.warnings.some(saysWithoutTools),
    said: saidContent(answer, { inputOf, usedIds: callIds(steps), step: steps.length }),
  }
}

const finishTool = {
  name: finishName,
  description: 'Call it when everything that the answer needs is known. The answer is asked for afterwards.',
  inputSchema: { type: 'object', properties: {} },
}

function toolDefinition({ name, description, inputSchema }: Pick<Tool, 'name' | 'description' | 'inputSchema'>) {
  return { type: 'function' as const, name, description, inputSchema: inputSchema as { type: 'object' } }
}

function promptOf(
  { signature, inputs, steps, trajectoryCharsMax }: StepAsking,
  instructions: string,
  demos: readonly Demo[],
): Prompt {
  const words = freeText({ ...signature, instructions })
  const shown = demos.map((demo) => JSON.stringify(demo))
  const examples = shown.length > 0 ? [`Examples of steps:\n${shown.join('\n')}`] : []
  const how = `Work step by step: think, then call tools, several at once where they do not depend on each other. Call ${finishName} when you have what you need.`
  const { omitted, steps: fitted } = fitTrajectory(steps as readonly CalledStep[], trajectoryCharsMax, unsaidChars)
  const text = `${words.inputs(inputs)}${omitted > 0 ? `\n\n${omittedText(omitted).trim()}` : ''}`
  return [
    { role: 'system', content: [words.task, how, ...examples].join('\n\n') },
    { role: 'user', content: [{ type: 'text', text }, ...mediaParts(signature.inputs, inputs)] },
    ...stepMessages(fitted),
  ]
}
