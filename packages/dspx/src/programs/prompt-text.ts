/** Prompts and traces as text, to be read by people who look for the reason of an answer. */

import { checkOptions, rule } from '@mabeam/foundation'
import type { Prompt, PromptMessage } from '../models/language-model.ts'
import type { PredictorTrace } from './attempt.ts'

/**
 * A prompt as text: each message under its role, in the words that the model gets. Images and files are named by their type
 * alone; tool calls and results are JSON.
 *
 * @example
 * const { trace } = await route.run({ text: 'a refund' }, { lm, trace: true })
 * console.log(promptText(trace[0].prompt))
 */
export function promptText(prompt: Prompt): string {
  checkOptions('promptText', { prompt }, { prompt: rule.array() })
  return prompt.map((message) => `[${message.role}]\n${contentText(message)}`).join('\n\n')
}

/**
 * All questions of a run and what the model wrote, one below the other: `trace` of a run with `trace: true`.
 *
 * @example console.log(traceText(result.trace))
 */
export function traceText(trace: readonly PredictorTrace[]): string {
  checkOptions('traceText', { trace }, { trace: rule.array() })
  return trace
    .map(({ predictor, modelId, tries, prompt, text }, index) => {
      const which = tries === undefined ? '' : `, try ${tries.join('.')}`
      return `=== ${index + 1}. ${predictor}, asked of ${modelId}${which}\n\n${promptText(prompt)}\n\n[answer]\n${text}`
    })
    .join('\n\n')
}

function contentText({ content }: PromptMessage): string {
  if (typeof content === 'string') return content
  return content.map(partText).join('\n')
}

type Part = Exclude<PromptMessage['content'], string>[number]

function partText(part: Part): string {
  switch (part.type) {
    case 'text':
    case 'reasoning':
      return part.text
    case 'file':
      return `<${part.mediaType}>`
    case 'tool-call':
      return `${part.toolName}(${JSON.stringify(part.input)})`
    case 'tool-result':
      return `${part.toolName} gave ${JSON.stringify(part.output)}`
    default:
      return `<${part.type}>`
  }
}
