/** Tools: functions of yours that a model may call, with a name, a description and a schema of what they take. */

import { checkOptions, isMabeamError, rule, show } from '@mabeam/foundation'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { JsonSchema } from '../signatures/field.ts'
import { fieldFromSchema } from '../signatures/schema-field.ts'
import { invalidTool } from './errors.ts'

/** What a tool knows of the call. */
export interface ToolContext {
  /** Aborts when the run is stopped while the call is at work, or when the time of the call is over. */
  readonly signal: AbortSignal
}

/** A function that a model may call. */
export interface Tool {
  readonly name: string
  /** What it does and when to call it, for the model. */
  readonly description: string
  /** Decides whether arguments are right, and may transform them. */
  readonly input: StandardSchemaV1
  /** What `input` accepts, for providers and prompts. */
  readonly inputSchema: JsonSchema
  /** Called with checked arguments; may be called several times at once. */
  readonly run: (input: never, context: ToolContext) => unknown
}

/** What a tool is made of. */
export interface ToolOptions<S extends StandardSchemaV1> {
  readonly description: string
  /** An object by zod or any Standard Schema. */
  readonly input: S
  /**
   * What it gives is shown to the model: text as it is, all else as JSON. What it throws is shown too. It runs in this thread, which no
   * time limit frees from a loop without end: code that nobody has read belongs in a sandbox.
   */
  readonly run: (input: StandardSchemaV1.InferOutput<S>, context: ToolContext) => unknown
}

/** The most characters of the name of a tool: what providers accept. */
export const toolNameCharsMax = 64

/**
 * A tool. Programs that it runs belong to the run that called it.
 *
 * Throws: `dspx/invalid-tool` for a name that is no plain word, or a schema of something that is no object.
 * @example
 * const weather = tool('weather', {
 *   description: 'The weather of a city, now.',
 *   input: z.object({ city: z.string() }),
 *   run: ({ city }, { signal }) => fetchWeather(city, signal),
 * })
 */
export function tool<const S extends StandardSchemaV1>(name: string, options: ToolOptions<S>): Tool {
  if (typeof name !== 'string' || !toolName.test(name)) {
    const expected = `letters, digits and _ that start with a letter, at most ${toolNameCharsMax}`
    throw invalidTool(show(name), 'name', expected, name)
  }
  if (name === finishName) throw invalidTool(name, 'name', 'another one: it ends the work', name)
  checkOptions(`tool ${name}`, options, {
    description: rule.optional(rule.any()),
    input: rule.optional(rule.any()),
    run: rule.optional(rule.any()),
  })
  const { description, input, run } = options
  if (typeof description !== 'string' || description === '') {
    throw invalidTool(name, 'description', 'a sentence for the model', description)
  }
  if (typeof run !== 'function') throw invalidTool(name, 'run', 'a function', run)
  return Object.freeze({ name, description, input, inputSchema: objectSchema(name, input), run })
}

/** The name by which a model says that it has what it needs. */
export const finishName = 'finish'

/** Throws `dspx/invalid-tool` for what `tool` did not make, for none, and for a name that is there twice. */
export function checkTools(owner: string, tools: readonly Tool[], toolsMin: number): void {
  if (!Array.isArray(tools) || tools.length < toolsMin || tools.length > toolsMax) {
    throw invalidTool(owner, 'tools', `a list of ${toolsMin} to ${toolsMax} tools`, tools?.length ?? tools)
  }
  const seen = new Set<string>()
  for (const one of tools as readonly Partial<Tool>[]) {
    if (typeof one?.name !== 'string' || typeof one.run !== 'function' || typeof one.inputSchema !== 'object') {
      throw invalidTool(owner, 'tools', 'what tool(name, …) gives', one)
    }
    if (seen.has(one.name)) throw invalidTool(owner, 'tools', 'every name once', one.name)
    seen.add(one.name)
  }
}

/** The most tools of one program. */
export const toolsMax = 128

const expectedInput = 'a schema (zod or any Standard Schema) of an object'

const toolName = /^[A-Za-z][A-Za-z0-9_]{0,63}$/

function objectSchema(name: string, input: StandardSchemaV1): JsonSchema {
  if (typeof (input as Partial<StandardSchemaV1> | undefined)?.['~standard']?.validate !== 'function') {
    throw invalidTool(name, 'input', expectedInput, input)
  }
  try {
    const { jsonSchema } = fieldFromSchema('input', input)
    if (Object.keys(jsonSchema).length === 0) return { type: 'object' }
    if (jsonSchema.type !== 'object') throw invalidTool(name, 'input', 'a schema of an object', jsonSchema.type)
    return jsonSchema
  } catch (thrown) {
    if (!isMabeamError(thrown) || thrown.code === 'dspx/invalid-tool') throw thrown
    throw invalidTool(name, 'input', expectedInput, thrown.message)
  }
}
