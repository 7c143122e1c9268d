/** Images, sounds and files in a message: parts of their own after the text, which names how many belong to a field. */

import type { LanguageModelV4FilePart } from '@ai-sdk/provider'
import type { Field } from '../signatures/field.ts'
import { isMedia, type MediaJson } from '../signatures/media.ts'
import type { Values } from '../signatures/signature.ts'
import { unusableMedia } from './errors.ts'

/** What stands for media in the text: `(image, attached)`, `(3 files, attached in order)`. */
export function mediaText({ kind }: Field, value: unknown): string {
  if (!Array.isArray(value)) return `(${kind}, attached)`
  return value.length === 1 ? `(1 ${kind}, attached)` : `(${value.length} ${kind}s, attached in order)`
}

/**
 * The parts of all media fields, in the order of the fields. Frozen. Bytes and `data:` addresses go as data, other
 * addresses as they are: a provider that does not take one says so.
 *
 * Throws: `dspx/unusable-media` for a value that did not go through its field's schema.
 */
export function mediaParts(fields: readonly Field[], values: Values): LanguageModelV4FilePart[] {
  const parts: LanguageModelV4FilePart[] = []
  for (const field of fields) {
    if (!isMedia(field) || !Object.hasOwn(values, field.name)) continue
    const value = values[field.name]
    if (value === undefined) continue
    for (const one of Array.isArray(value) ? value : [value]) parts.push(filePart(field, one))
  }
  return parts
}

function filePart(field: Field, value: unknown): LanguageModelV4FilePart {
  const { data, mediaType, filename } = (value ?? {}) as Partial<MediaJson>
  if (typeof data !== 'string' || typeof mediaType !== 'string') throw unusableMedia(field.name, value)
  return Object.freeze({
    type: 'file' as const,
    mediaType,
    data: Object.freeze(fileData(data)),
    ...(filename !== undefined && { filename }),
  })
}

function fileData(data: string): LanguageModelV4FilePart['data'] {
  const inline = /^data:[^,]{0,256};base64,/i.exec(data.slice(0, 300))
  if (inline) return { type: 'data', data: data.slice(inline[0].length) }
  return /^(?:https?:\/\/|data:)/i.test(data) ? { type: 'url', url: new URL(data) } : { type: 'data', data }
}
