/** JSON that is the same text for the same value, whatever order its keys were written in: what digests are taken of. */

import { createHash } from 'node:crypto'
import type { Json } from '@mabeam/foundation'

/**
 * JSON with sorted keys and no space. Requires: plain JSON.
 *
 * Source: RFC 8785 (JSON Canonicalization Scheme). Differs: none for values that JSON.parse gives.
 * @example canonicalJson({ b: 1, a: [true] }) // => '{"a":[true],"b":1}'
 */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((one: Json) => canonicalJson(one)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const record = value as { readonly [key: string]: Json }
  const members = Object.keys(record)
    .filter((key) => record[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(record[key] as Json)}`)
  return `{${members.join(',')}}`
}

/** `sha256:` and 64 hex digits over the canonical text. */
export function digestOf(value: Json): string {
  return `sha256:${createHash('sha256').update(canonicalJson(value)).digest('hex')}`
}

/** The digest of each part of what must be the same, as JSON writes it: what JSON has no word for counts for nothing. */
export function digestsOf(parts: { readonly [what: string]: unknown }): { readonly [what: string]: string } {
  const digest = (part: unknown) => digestOf(JSON.parse(JSON.stringify(part ?? null)) as Json)
  return Object.fromEntries(Object.entries(parts).map(([what, part]) => [what, digest(part)]))
}
