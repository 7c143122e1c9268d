/** One call as a cassette keeps it: the key, what was asked, and what came. */

import { createHash } from 'node:crypto'
import {
  assert,
  fromWireError,
  isMabeamError,
  type Json,
  type MabeamError,
  toWireError,
  type WireError,
} from '@mabeam/foundation'
import type { EmbeddingAnswer, EmbeddingCall } from '../embeddings/embedding-model.ts'
import { badCassette } from '../errors.ts'
import type { ModelAnswer, ModelCall, ModelStream, StreamPart } from '../language-model.ts'
import { answerCollector, streamOfAnswer } from '../streamed-answer.ts'

/** A call that was answered whole, as a stream, or with an error. */
export interface RecordedCall {
  readonly key: string
  readonly modelId: string
  /** For people, and to tell what is different in a call that was not recorded. */
  readonly call: Json
  readonly came: Came
}

/** What came. */
export type Came =
  | { readonly type: 'answer'; readonly answer: ModelAnswer }
  | { readonly type: 'stream'; readonly parts: readonly StreamPart[] }
  | { readonly type: 'embeddings'; readonly answer: EmbeddingAnswer }
  | { readonly type: 'error'; readonly error: unknown }

/** A call as plain data, without signal, headers and what is only for our layers; bytes as their digest. */
export function plainCall(call: ModelCall | EmbeddingCall): Json {
  const { abortSignal: _, headers: __, includeRawChunks: ___, providerOptions, ...asked } = call as ModelCall
  const { mabeam: ____, ...others } = providerOptions ?? {}
  const options = Object.keys(others).length > 0 && { providerOptions: others }
  return JSON.parse(JSON.stringify({ ...asked, ...options }, digested)) as Json
}

/** One line of the file. */
export function recordText({ key, modelId, call, came }: RecordedCall): string {
  const kept = came.type === 'error' ? { type: 'error', error: toWireError(came.error) } : came
  return `${JSON.stringify({ key, modelId, call, came: kept }, portable)}\n`
}

/** A line read back. Throws: `dspx/bad-cassette` where it is none of ours. */
export function readRecord(path: string, record: Json): RecordedCall {
  const { key, modelId, call, came } = record as unknown as RecordedCall
  const type = came?.type
  const isKnown = type === 'answer' || type === 'stream' || type === 'embeddings' || type === 'error'
  if (typeof key !== 'string' || typeof modelId !== 'string' || !isKnown) {
    throw badCassette(path, 'recorded calls with key, modelId and what came', JSON.stringify(record).slice(0, 80))
  }
  if (came.type !== 'error') return { key, modelId, call, came }
  return { key, modelId, call, came: { type: 'error', error: fromWireError(came.error as WireError) } }
}

/** What came, as `doGenerate` gives it. */
export function cameWhole(came: Came): ModelAnswer {
  if (came.type === 'error') throw came.error
  if (came.type === 'answer') return came.answer
  assert(came.type === 'stream', 'the key of a call of texts is that of no other')
  const collector = answerCollector()
  for (const part of came.parts) collector.add(part)
  const answer = collector.answer()
  if (answer === undefined) throw new Error('a recorded stream has an end')
  return answer
}

/** What came, as `doStream` gives it: as it was recorded, or each block of text in one piece. */
export function cameStreamed(came: Came): ModelStream {
  if (came.type === 'error') throw came.error
  if (came.type === 'answer') return streamOfAnswer(came.answer)
  assert(came.type === 'stream', 'the key of a call of texts is that of no other')
  return { stream: ReadableStream.from(came.parts) as ModelStream['stream'] }
}

/** What came, as `doEmbed` gives it. */
export function cameEmbedded(came: Came): EmbeddingAnswer {
  if (came.type === 'error') throw came.error
  assert(came.type === 'embeddings', 'the key of a call of texts is that of no other')
  return came.answer
}

/** Whether an error belongs to the provider and is worth keeping: an abort is the caller's own. */
export function isRecordedError(thrown: unknown): thrown is MabeamError {
  return isMabeamError(thrown)
}

/** An answer without what HTTP brought. */
export function keptAnswer(answer: ModelAnswer): ModelAnswer {
  const { request: _, response, ...rest } = answer
  return { ...rest, ...(response?.modelId !== undefined && { response: { modelId: response.modelId } }) }
}

/** Bytes, or their base64 in a file, by their digest. Looked at before `toJSON`, which Buffers have. */
function digested(this: { readonly [key: string]: unknown }, key: string, value: unknown): unknown {
  const held = this[key]
  const isBase64 = key === 'data' && this.type === 'data' && typeof held === 'string'
  const bytes = isBase64 ? Buffer.from(held, 'base64') : held
  if (!(bytes instanceof Uint8Array)) return value
  return `${bytes.length} bytes, sha256 ${createHash('sha256').update(bytes).digest('hex')}`
}

function portable(this: { readonly [key: string]: unknown }, key: string, value: unknown): unknown {
  const held = this[key]
  return held instanceof Uint8Array ? Buffer.from(held).toString('base64') : value
}
