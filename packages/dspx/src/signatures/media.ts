/**
 * Images, audio and files: what a caller may give, and the one form in which they are kept. The schema of a media field
 * turns bytes into base64 and URL objects into text, so that demonstrations, traces and artefacts hold plain JSON.
 */

import type { Json } from '@mabeam/foundation'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { FieldKind, JsonSchema, MediaKind } from './field.ts'
import { grammarVendor } from './type-check.ts'

/** An image, a sound or a file, as a caller gives it. */
export interface Media {
  /** The bytes, their base64, or where they are: a `URL`, or text that begins with `http://`, `https://` or `data:`. */
  readonly data: Uint8Array | URL | string
  /** As in `image/png`. */
  readonly mediaType: string
  readonly filename?: string
}

/** The same as plain JSON: `data` is base64 or an address. */
export type MediaJson = { readonly data: string; readonly mediaType: string; readonly filename?: string } & {
  readonly [key: string]: Json
}

/** The most bytes of one image, sound or file. */
export const mediaBytesMax = 20_000_000

/** The most images, sounds or files in one field. */
export const mediaItemsMax = 64

/** The most characters of an address that is not a `data:` one. */
const addressCharsMax = 8_192

/** An image in a signature of schemas: `inputs: { photo: imageSchema }`. */
export const imageSchema: MediaSchema = mediaSchema('image')
/** A sound in a signature of schemas. */
export const audioSchema: MediaSchema = mediaSchema('audio')
/** A file of any type in a signature of schemas. */
export const fileSchema: MediaSchema = mediaSchema('file')

/** The schema of a media field: takes {@link Media}, gives {@link MediaJson}. */
export interface MediaSchema extends StandardSchemaV1<Media, MediaJson> {
  readonly '~media': MediaKind
}

/** The schema of an image, a sound or a file. */
function mediaSchema(kind: MediaKind): MediaSchema {
  const validate = (value: unknown): StandardSchemaV1.Result<MediaJson> => {
    const read = mediaOf(kind, value)
    return typeof read === 'string' ? { issues: [{ message: read }] } : { value: read }
  }
  return { '~media': kind, '~standard': { version: 1, vendor: grammarVendor, validate } }
}

/** Whether a field holds media, which have no text of their own. */
export function isMedia({ kind }: { readonly kind: FieldKind }): boolean {
  return kind === 'image' || kind === 'audio' || kind === 'file'
}

/** The kind of media that a schema takes, if it is one of ours. */
export function mediaKindOf(schema: StandardSchemaV1): MediaKind | undefined {
  return (schema as Partial<MediaSchema>)['~media']
}

/** The schema of a media field of a signature string: one, or a list, or nothing. */
export function mediaFieldSchema(
  kind: MediaKind,
  more: { readonly list: boolean; readonly optional: boolean },
): StandardSchemaV1 {
  const { validate } = { image: imageSchema, audio: audioSchema, file: fileSchema }[kind]['~standard']
  return {
    '~standard': {
      version: 1,
      vendor: grammarVendor,
      validate: (value) => {
        if (value === undefined && more.optional) return { value }
        return more.list ? eachOf(validate, value) : (validate(value) as StandardSchemaV1.Result<MediaJson>)
      },
    },
  }
}

/** A media value is an object with base64 or an address, and a media type. */
export const mediaJsonSchema: JsonSchema = {
  type: 'object',
  properties: { data: { type: 'string' }, mediaType: { type: 'string' }, filename: { type: 'string' } },
  required: ['data', 'mediaType'],
  additionalProperties: false,
}

function eachOf(validate: MediaSchema['~standard']['validate'], value: unknown): StandardSchemaV1.Result<unknown> {
  if (!Array.isArray(value)) return { issues: [{ message: 'expected a list' }] }
  if (value.length > mediaItemsMax) return { issues: [{ message: `expected at most ${mediaItemsMax} of them` }] }
  const read: unknown[] = []
  for (const [i, one] of value.entries()) {
    const result = validate(one) as StandardSchemaV1.Result<MediaJson>
    if (result.issues) return { issues: result.issues.map(({ message }) => ({ message, path: [i] })) }
    read.push(result.value)
  }
  return { value: read }
}

/** The plain form, or what was expected instead. */
function mediaOf(kind: MediaKind, value: unknown): MediaJson | string {
  if (typeof value !== 'object' || value === null) return 'expected an object with data and mediaType'
  const { data, mediaType, filename } = value as Partial<Media>
  const wanted = kind === 'file' ? 'a media type such as application/pdf' : `a media type such as ${examples[kind]}`
  const fits = typeof mediaType === 'string' && /^[\w.+-]{1,64}\/[\w.+-]{1,128}$/.test(mediaType)
  if (!fits || (kind !== 'file' && !mediaType.startsWith(`${kind}/`))) return `expected ${wanted} as mediaType`
  if (filename !== undefined && (typeof filename !== 'string' || filename.length > 255)) {
    return 'expected a filename of at most 255 characters'
  }
  const text = dataText(data)
  const fault = typeof text === 'string' ? dataFault(text) : 'bytes, base64 or a URL as data'
  if (fault !== undefined) return `expected ${fault}`
  return { data: text as string, mediaType, ...(filename !== undefined && { filename }) }
}

const examples = { image: 'image/png', audio: 'audio/mpeg' }

function dataText(data: unknown): string | undefined {
  if (typeof data === 'string') return data
  if (data instanceof URL) return data.href
  if (!(data instanceof Uint8Array)) return undefined
  // Bytes beyond the limit are refused below; no need to encode them all for that.
  const bytes = data.byteLength > mediaBytesMax ? data.subarray(0, mediaBytesMax + 1) : data
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

function dataFault(text: string): string | undefined {
  if (/^https?:\/\//i.test(text)) {
    return text.length <= addressCharsMax && URL.canParse(text)
      ? undefined
      : `an address of at most ${addressCharsMax} characters`
  }
  const isInline = /^data:/i.test(text)
  const base64 = isInline ? text.slice(text.indexOf(',') + 1) : text
  if (base64.length > Math.ceil(mediaBytesMax / 3) * 4) return `at most ${mediaBytesMax} bytes`
  if (isInline) return URL.canParse(text) && text.includes(',') ? undefined : 'a data: address'
  if (base64 === '') return 'data that is not empty'
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) return 'base64, bytes or a URL as data'
  const bytes = (base64.length / 4) * 3 - (base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0)
  return bytes > mediaBytesMax ? `at most ${mediaBytesMax} bytes` : undefined
}
