/** What is wrong with a value by its schema, in one grammar for messages, topics and tasks. */

import type { StandardSchemaV1 } from '@standard-schema/spec'

/**
 * `input.to: expected string, received number`, or undefined for a value that passes, and for no schema.
 *
 * @example schemaFault(z.object({ to: z.string() }), { to: 3 }, 'input')
 */
export function schemaFault(schema: StandardSchemaV1 | undefined, value: unknown, root: string): string | undefined {
  if (schema === undefined) return undefined
  const result = schema['~standard'].validate(value)
  if (result instanceof Promise) return 'its schema is async; a schema of a message must not be'
  const issue = result.issues?.[0]
  if (issue === undefined) return undefined
  const path = (issue.path ?? []).map((step) => `.${String(typeof step === 'object' ? step.key : step)}`).join('')
  return `${root}${path}: ${issue.message}`
}
