/** The JSON body of a request, checked, or the refusal that names the field in the way of the OpenAI API. */

import type { z } from 'zod'
import { type ApiRefusal, invalidRequest } from './serve-errors.ts'

/** A body that fits its schema, or the refusal that names the field. */
export function readBody<T>(text: string, schema: z.ZodType<T>): { readonly body: T } | ApiRefusal {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return invalidRequest('body: expected one JSON object', null, 'invalid_json')
  }
  const checked = schema.safeParse(body)
  if (!checked.success) return refusalOf(checked.error.issues[0] as z.core.$ZodIssue, body)
  return { body: checked.data }
}

function refusalOf(issue: z.core.$ZodIssue, body: unknown): ApiRefusal {
  const deepest = deepestIssue(issue)
  const path = deepest.path.map(String)
  if (deepest.code === 'unrecognized_keys') {
    const key = [...path, deepest.keys[0] as string].join('.')
    return invalidRequest(`${key}: unknown field`, key, 'unknown_parameter')
  }
  const param = path.join('.') || 'body'
  const got = valueAt(body, deepest.path)
  const message = `${param}: ${deepest.message}, got ${got === undefined ? 'nothing' : short(got)}`
  return invalidRequest(message, param, got === undefined ? 'missing_required_parameter' : 'invalid_value')
}

/** Of a value that fits none of several forms, the issue of the form that got farthest. */
function deepestIssue(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return issue
  const inner = issue.errors.flat().map((one) => deepestIssue({ ...one, path: [...issue.path, ...one.path] }))
  const deepest = inner.reduce((best, one) => (one.path.length > best.path.length ? one : best), issue)
  return deepest
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  let value = body
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as { readonly [key: PropertyKey]: unknown })[key]
  }
  return value
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
