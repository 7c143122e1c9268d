/**
 * The two-step adapter: the main model answers freely, and a second question, often to a cheaper model, takes the outputs
 * out of that answer. Both calls are made and counted by whoever asks; nothing here calls a model.
 *
 * Source: DSPy's TwoStepAdapter (2025). Differs: the second call is an attempt of its own in the result, an extraction
 * that cannot be read is asked for again without asking the main model again, and any adapter may do the extraction.
 */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import type { LanguageModel, PromptMessage } from '../models/language-model.ts'
import { plainField } from '../signatures/schema-field.ts'
import type { Demo, Signature } from '../signatures/signature.ts'
import type { Adapter, PreparedPrompt } from './adapter.ts'
import { jsonAdapter } from './json.ts'
import { mediaParts } from './media-parts.ts'
import { freeText, systemMessage, textMessage } from './task-text.ts'

/** What {@link twoStepAdapter} is made of. */
export interface TwoStepOptions {
  /** Who takes the outputs out of the free answer. @default the model that gave it */
  readonly extract?: LanguageModel
  /** How the extraction is asked and read. @default jsonAdapter */
  readonly adapter?: Adapter
  /** @default 'two-step' */
  readonly name?: string
}

/** Defaults of {@link TwoStepOptions}. */
export const twoStepDefaults = { adapter: jsonAdapter, name: 'two-step' } as const satisfies TwoStepOptions

/**
 * A free answer, and an extraction from it. Demonstrations are shown to the main model.
 *
 * Throws: `foundation/invalid-option`, `foundation/unknown-option`.
 * @example predict('question -> answer: int, reason', { adapter: twoStepAdapter({ extract: models.get('local/nano') }) })
 */
export function twoStepAdapter(options: TwoStepOptions = {}): Adapter {
  checkOptions('twoStepAdapter', options, rules)
  const { adapter, name, extract } = { ...twoStepDefaults, ...definedOptions(options) }
  return {
    name,
    prepare: prepareFree,
    render: (signature, demos, inputs) => prepareFree(signature, demos).ask(inputs),
    parse: (signature, text) => adapter.parse(signature, text),
    reader: (signature) => adapter.reader(signature),
    extraction: (signature, answer) => {
      const rendered = adapter.render(extractionOf(signature), [], { [answerName(signature)]: answer })
      return { rendered, ...(extract && { model: extract }) }
    },
  }
}

const rules = {
  extract: rule.optional(rule.object()),
  adapter: rule.optional(rule.object()),
  name: rule.optional(rule.string()),
}

/** The same outputs, asked of a text instead of the inputs. */
function extractionOf(signature: Signature): Signature {
  const name = answerName(signature)
  const names = signature.outputs.map((field) => `\`${field.name}\``).join(', ')
  const description = 'an answer that somebody gave'
  return {
    name: `extraction of ${signature.name}`,
    instructions: `Take the fields ${names} out of \`${name}\`, as it says them. Add nothing of your own.`,
    inputs: [plainField(name, 'text', { description })],
    outputs: signature.outputs,
  }
}

/** A name for the free answer that no output has. */
function answerName({ outputs }: Signature): string {
  let name = 'given_answer'
  while (outputs.some((field) => field.name === name)) name = `${name}_`
  return name
}

function prepareFree(signature: Signature, demos: readonly Demo[]): PreparedPrompt {
  const { task, inputs, outputs } = freeText(signature)
  const constant: PromptMessage[] = [systemMessage(task)]
  for (const demo of demos) {
    constant.push(textMessage('user', inputs(demo.inputs), mediaParts(signature.inputs, demo.inputs)))
    constant.push(textMessage('assistant', outputs(demo.outputs)))
  }
  return {
    ask: (given) => {
      const content = [{ type: 'text' as const, text: inputs(given) }, ...mediaParts(signature.inputs, given)]
      return { prompt: [...constant, { role: 'user', content }] }
    },
  }
}
