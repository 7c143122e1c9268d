/** A streamed answer as server-sent events: one a chunk, `[DONE]` at the end, only as fast as the client reads. */

import type { LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { messageOf } from '@mabeam/foundation'
import { chunkBody, type ResponseHead, usageChunk } from './chat-response.ts'
import type { OpenRequest } from './open-requests.ts'
import { serverFailed } from './serve-errors.ts'

/** What a stream of events belongs to. */
export interface EventStreamOptions {
  readonly head: ResponseHead
  readonly request: OpenRequest
  readonly includeUsage: boolean
}

/** The response of a streamed answer. When the answer fails midway, the last event is an error in the API's shape. */
export function eventStream(parts: ReadableStream<LanguageModelV4StreamPart>, options: EventStreamOptions): Response {
  const encoder = new TextEncoder()
  const events = eventsOf(parts, options)
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await events.next()
      if (next.done) controller.close()
      else controller.enqueue(encoder.encode(`data: ${next.value}\n\n`))
    },
    async cancel() {
      options.request.finish('aborted')
      await events.return(undefined)
      await parts.cancel().catch(() => undefined) // the client is gone: nobody is left to tell
    },
  })
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'transfer-encoding': 'chunked', // written through at once: the adapter collects the first pieces otherwise
    },
  })
}

async function* eventsOf(
  parts: ReadableStream<LanguageModelV4StreamPart>,
  { head, request, includeUsage }: EventStreamOptions,
): AsyncGenerator<string, undefined> {
  const reader = parts.getReader()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const chunk = chunkBody(head, next.value)
      if (chunk) yield JSON.stringify(chunk)
      if (next.value.type === 'finish' && includeUsage) yield JSON.stringify(usageChunk(head, next.value))
    }
    yield '[DONE]'
    request.finish('answered', 'streamed')
  } catch (thrown) {
    request.finish(request.signal.aborted ? 'aborted' : 'failed500')
    yield JSON.stringify(serverFailed(messageOf(thrown)).body)
  } finally {
    reader.releaseLock()
    request.finish('aborted')
  }
}
