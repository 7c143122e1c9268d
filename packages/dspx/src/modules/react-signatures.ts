/** The signatures of the predictors of modules that work in steps. */

import { z } from 'zod'
import { fieldFromSchema, plainField, typedField } from '../signatures/schema-field.ts'
import type { Signature } from '../signatures/signature.ts'
import { finishName, type Tool } from '../tools/tool.ts'
import { toolList } from '../tools/tool-host.ts'
import { fieldLines, innerSignature } from './inner-signature.ts'

/** What the steps have brought. */
export const trajectoryField = plainField('trajectory', 'text', {
  description: 'what was thought, called and seen so far',
})

/** What is to be done next. */
export function actSignature(asked: Signature, tools: readonly Tool[]): Signature {
  const names = [...tools.map(({ name }) => name), finishName]
  const instructions = [
    asked.instructions,
    'Work towards these output fields with the help of tools:',
    fieldLines(asked.outputs),
    `In each step think about what is known, then choose one tool and its arguments, or ${finishName} when everything is known. The tools:`,
    toolList(tools),
  ].join('\n')
  return innerSignature(asked, {
    name: `${asked.name} (act)`,
    instructions,
    inputs: [trajectoryField],
    outputs: [
      plainField('thought', 'text', { description: 'what is known and what is to be done next' }),
      typedField('tool', { type: 'string', enum: names }),
      fieldFromSchema(
        'arguments',
        z.record(z.string(), z.unknown()).optional().describe('the input of the tool, a JSON object'),
      ),
    ],
  })
}

/** The answer, from what the steps have brought; `shown` are the inputs that are in the prompt. */
export function extractSignature(asked: Signature, shown = asked.inputs): Signature {
  return innerSignature(asked, {
    name: `${asked.name} (extract)`,
    instructions: `${asked.instructions}\nTake the answer from the trajectory of what was done.`,
    shown,
    inputs: [trajectoryField],
    outputs: asked.outputs,
  })
}
