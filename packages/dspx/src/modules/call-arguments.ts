/** The arguments of a tool call as a model wrote them. */

import type { Json } from '@mabeam/foundation'
import { findJson, strictJson } from '../adapters/loose-json.ts'
import { isRecord } from '../record.ts'
import { plainData } from '../sandbox/plain-data.ts'
import { valueDepthMax } from '../sandbox/sandbox-limits.ts'

/**
 * The object in the input of a call; `undefined` for what is none, or is nested deeper than data may be. Broken JSON is mended,
 * but not that of an answer that was cut off: half of a sentence, mended, would be carried out.
 */
export function readArguments(input: string, isCut: boolean): Json | undefined {
  if (input.trim() === '') return isCut ? undefined : {}
  const found: unknown = isCut ? strictJson(input.trim()) : findJson(input, isRecord)?.value
  if (!isRecord(found)) return undefined
  const plain = plainData(found, { depthMax: valueDepthMax, partsMax: argumentPartsMax })
  return plain.type === 'data' ? plain.json : undefined
}

/** The most values in the arguments of one call. */
const argumentPartsMax = 1_000_000
