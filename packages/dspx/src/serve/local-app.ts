/** The routes of the local server: authentication, limits, injected failures and delays around calls of the model. */

import { createHash, timingSafeEqual } from 'node:crypto'
import type { LanguageModelV4 } from '@ai-sdk/provider'
import { type Clock, delay, messageOf } from '@mabeam/foundation'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { EmbeddingModel } from '../models/embeddings/embedding-model.ts'
import { type ChatRequest, readChatRequest } from './chat-request.ts'
import { completionBody, type ResponseHead } from './chat-response.ts'
import { type EmbeddingsRequest, readEmbeddingsRequest } from './embeddings-request.ts'
import { embeddingsBody } from './embeddings-response.ts'
import { eventStream } from './event-stream.ts'
import type { FailurePlan } from './failure-plan.ts'
import type { OpenRequest, OpenRequests } from './open-requests.ts'
import {
  type ApiRefusal,
  bodyTooLarge,
  serverClosing,
  serverFailed,
  tooManyRequests,
  unknownModel,
  unknownPath,
  wrongKey,
} from './serve-errors.ts'

/** What the routes need. */
export interface LocalAppParts {
  /** Models by the name that requests use; `local/name` is the same. */
  readonly models: ReadonlyMap<string, LanguageModelV4>
  /** Embedding models, by name in the same way. */
  readonly embeddings: ReadonlyMap<string, EmbeddingModel>
  readonly failures: FailurePlan
  readonly open: OpenRequests
  readonly settings: {
    readonly apiKey?: string
    readonly delayMs: number
    readonly bodyBytesMax: number
    readonly clock: Clock
  }
}

/** The routes of the local server. */
export function localApp(parts: LocalAppParts): Hono {
  const { settings, models, embeddings } = parts
  const created = Math.floor(settings.clock.nowMs() / 1_000)
  const app = new Hono()
  app.use('/v1/*', async (c, next) => {
    if (settings.apiKey !== undefined && !carriesKey(c, settings.apiKey)) return refuse(c, wrongKey())
    return next()
  })
  app.get('/health', (c) => c.json({ status: parts.open.isClosing ? 'closing' : 'ok', requests: parts.open.counts }))
  app.get('/v1/models', (c) =>
    c.json({
      object: 'list',
      data: [...models.keys(), ...embeddings.keys()].map((id) => ({ id, object: 'model', created, owned_by: 'local' })),
    }),
  )
  const limit = bodyLimit({
    maxSize: settings.bodyBytesMax,
    onError: (c) => {
      parts.open.begin(c.req.raw.signal).finish('refused')
      return refuse(c, bodyTooLarge(settings.bodyBytesMax))
    },
  })
  const chat = completions(parts)
  const vectors = embedding(parts)
  app.post('/v1/chat/completions', limit, (c) => answer(c, parts, chat))
  app.post('/v1/embeddings', limit, (c) => answer(c, parts, vectors))
  app.notFound((c) => refuse(c, unknownPath(c.req.method, c.req.path)))
  app.onError((thrown, c) => refuse(c, serverFailed(messageOf(thrown))))
  return app
}

/** What is asked for at a path. */
interface Endpoint<R extends { readonly model: string }, M> {
  readonly models: ReadonlyMap<string, M>
  readonly read: (body: string) => R | ApiRefusal
  readonly answer: (c: Context, asked: Asked<R, M>) => Promise<Response>
}

/** A request that was understood, and the model that answers it. */
interface Asked<R, M> {
  readonly read: R
  readonly model: M
  readonly request: OpenRequest
}

async function answer<R extends { readonly model: string }, M>(
  c: Context,
  parts: LocalAppParts,
  endpoint: Endpoint<R, M>,
): Promise<Response> {
  const isFull = parts.open.isFull
  const request = parts.open.begin(c.req.raw.signal)
  try {
    const asked = isFull ? tooManyRequests('too many requests at once', 1) : await readRequest(c, parts, endpoint)
    if ('status' in asked) {
      request.finish(outcomeOf(asked))
      return refuse(c, asked)
    }
    const { clock, delayMs } = parts.settings
    if (delayMs > 0) await delay(clock, delayMs, request.signal)
    return await endpoint.answer(c, { ...asked, request })
  } catch (thrown) {
    request.finish(request.signal.aborted ? 'aborted' : 'failed500')
    return refuse(c, parts.open.isClosing ? serverClosing() : serverFailed(messageOf(thrown)))
  }
}

async function readRequest<R extends { readonly model: string }, M>(
  c: Context,
  parts: LocalAppParts,
  { models, read: readBody }: Endpoint<R, M>,
): Promise<Omit<Asked<R, M>, 'request'> | ApiRefusal> {
  if (parts.open.isClosing) return serverClosing()
  const read = readBody(await c.req.text())
  if ('status' in read) return read
  const model = models.get(read.model.replace(/^local\//, ''))
  if (!model) return unknownModel(read.model, [...models.keys()])
  return parts.failures.next() ?? { read, model }
}

function completions(parts: LocalAppParts): Endpoint<ChatRequest, LanguageModelV4> {
  const complete = async (c: Context, { read, model, request }: Asked<ChatRequest, LanguageModelV4>) => {
    const head: ResponseHead = {
      id: `chatcmpl-${parts.open.counts.received}`,
      created: Math.floor(parts.settings.clock.nowMs() / 1_000),
      model: read.model,
    }
    const call = { ...read.call, abortSignal: request.signal }
    if (read.stream) {
      const { stream } = await model.doStream(call)
      return eventStream(stream, { head, request, includeUsage: read.includeUsage })
    }
    const body = completionBody(head, await model.doGenerate(call))
    request.finish('answered')
    return c.json(body)
  }
  return { models: parts.models, read: readChatRequest, answer: complete }
}

function embedding(parts: LocalAppParts): Endpoint<EmbeddingsRequest, EmbeddingModel> {
  const embed = async (c: Context, { read, model, request }: Asked<EmbeddingsRequest, EmbeddingModel>) => {
    const body = embeddingsBody(read, await model.doEmbed({ ...read.call, abortSignal: request.signal }))
    request.finish('answered')
    return c.json(body)
  }
  return { models: parts.embeddings, read: readEmbeddingsRequest, answer: embed }
}

function refuse(c: Context, { status, body, retryAfterSec }: ApiRefusal): Response {
  if (retryAfterSec !== undefined) c.header('retry-after', String(retryAfterSec))
  return c.json(body, status)
}

function outcomeOf({ status }: ApiRefusal): 'failed429' | 'failed500' | 'refused' {
  if (status === 429) return 'failed429'
  return status === 500 ? 'failed500' : 'refused'
}

/** Compares digests, so that the time taken says nothing about the key. */
function carriesKey(c: Context, apiKey: string): boolean {
  const given = c.req.header('authorization')?.replace(/^Bearer /i, '') ?? ''
  return timingSafeEqual(digest(given), digest(apiKey))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
