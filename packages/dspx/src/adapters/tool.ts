/**
 * The tool adapter: the model answers by calling one tool whose parameters are the outputs, for providers whose models
 * follow tool schemas better than formats. What a model writes instead of calling it is read as JSON.
 */

import type { Signature } from '../signatures/signature.ts'
import type { Adapter } from './adapter.ts'
import { type JsonFormat, jsonReader, parseJson, prepareJson } from './json.ts'
import { outputSchema } from './output-schema.ts'

/** The name of the tool by which an answer is given. */
export const answerToolName = 'answer'

/** One tool call for each answer; the text of the answer is the tool's input. */
export const toolAdapter: Adapter = {
  name: 'tool',
  prepare: (signature, demos) => prepareJson(signature, demos, formatOf(signature)),
  render: (signature, demos, inputs) => prepareJson(signature, demos, formatOf(signature)).ask(inputs),
  parse: parseJson,
  reader: jsonReader,
}

function formatOf(signature: Signature): JsonFormat {
  const names = signature.outputs.map(({ name }) => `"${name}"`).join(', ')
  const inputSchema = outputSchema(signature) ?? looseSchema(signature)
  const description = 'Gives the answer. Call it once, with every output field.'
  return {
    text: `Each request is a JSON object. Answer by calling the tool \`${answerToolName}\` once, with ${names}. The examples show its input.`,
    call: {
      tools: [{ type: 'function', name: answerToolName, description, inputSchema }],
      toolChoice: { type: 'tool', toolName: answerToolName },
    },
  }
}

/** Where a field takes what a strict schema cannot say, its own schema as it is. */
function looseSchema({ outputs }: Signature): NonNullable<ReturnType<typeof outputSchema>> {
  const properties = Object.fromEntries(
    outputs.map(({ name, jsonSchema, description }) => [
      name,
      description === '' ? jsonSchema : { ...jsonSchema, description },
    ]),
  )
  const required = outputs.filter(({ optional }) => !optional).map(({ name }) => name)
  return { type: 'object', properties, required } as NonNullable<ReturnType<typeof outputSchema>>
}
