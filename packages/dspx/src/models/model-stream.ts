/**
 * Streams of models: looked at part by part on their way, or opened as far as their first content. Nothing is read before
 * somebody asks for it, so that a slow reader slows the provider down, and giving up a stream gives up what is under it.
 */

import type { ModelStream, StreamPart } from './language-model.ts'

/** What is done with a stream on its way. Each member is called in order, never at the same time as another. */
export interface StreamTap {
  /** A part came: what goes on in its place, or nothing; the stream waits for it. What it throws ends the stream. */
  part?(part: StreamPart): StreamPart | undefined | Promise<StreamPart>
  /** The stream has ended. What it throws ends the stream with an error. */
  ended?(): void
  /** The stream broke: what its reader is told instead. */
  failed?(thrown: unknown): unknown
  /** The reader does not want the rest. */
  cancelled?(reason: unknown): void
}

/** A stream that is looked at on its way. */
export function tapStream(opened: ModelStream, tap: StreamTap): ModelStream {
  const reader = opened.stream.getReader()
  return { ...opened, stream: pulledStream(() => nextPart(reader, tap), endOf(reader, tap)) }
}

function endOf(reader: ReadableStreamDefaultReader<StreamPart>, tap: StreamTap): PulledEnd {
  return {
    failed: (thrown) => {
      reader.cancel(thrown).catch(() => {})
      return tap.failed ? tap.failed(thrown) : thrown
    },
    cancelled: (reason) => {
      tap.cancelled?.(reason)
      return reader.cancel(reason)
    },
  }
}

async function nextPart(
  reader: ReadableStreamDefaultReader<StreamPart>,
  tap: StreamTap,
): Promise<StreamPart | undefined> {
  for (;;) {
    const { done, value } = await reader.read()
    if (done) {
      tap.ended?.()
      return undefined
    }
    const part = tap.part ? tap.part(value) : value
    if (part !== undefined) return await part
  }
}

/** How a stream that is pulled ends before its time. */
export interface PulledEnd {
  /** `next` threw: what the reader is told. */
  failed?(thrown: unknown): unknown
  cancelled?(reason: unknown): Promise<void> | void
}

/** A stream of what `next` gives, asked once for each part that is wanted; `undefined` ends it. */
export function pulledStream(next: () => Promise<StreamPart | undefined>, end: PulledEnd = {}): ModelStream['stream'] {
  return new ReadableStream<StreamPart>(
    {
      async pull(controller) {
        try {
          const part = await next()
          if (part === undefined) controller.close()
          else controller.enqueue(part)
        } catch (thrown) {
          controller.error(end.failed ? end.failed(thrown) : thrown)
        }
      },
      cancel: (reason) => end.cancelled?.(reason),
    },
    { highWaterMark: 0 },
  )
}

/** Parts that are held back until there is content. A provider that sends more of them has begun. */
const headPartsMax = 1_000

/**
 * Reads as far as the first content, so that what goes wrong before is the failure of a call and not of a stream: it can
 * still be tried again or asked of another model. The stream that is returned misses nothing.
 */
export async function openedStream(opened: ModelStream): Promise<ModelStream> {
  const reader = opened.stream.getReader()
  const head: StreamPart[] = []
  let ended = false
  while (!ended && head.length < headPartsMax) {
    const { done, value } = await reader.read()
    if (done) ended = true
    else head.push(value)
    if (value && isContent(value)) break
  }
  let at = 0
  const next = async () => {
    if (at < head.length) return head[at++]
    if (ended) return undefined
    const { done, value } = await reader.read()
    return done ? undefined : value
  }
  return { ...opened, stream: pulledStream(next, { cancelled: (reason) => reader.cancel(reason) }) }
}

const overtures: ReadonlySet<StreamPart['type']> = new Set([
  'stream-start',
  'response-metadata',
  'ping',
  'raw',
  'text-start',
  'reasoning-start',
  'tool-input-start',
  // What a provider says beside the answer: Anthropic's begins with one.
  'custom',
])

/** Whether a part holds something of the answer or its end. */
export function isContent(part: StreamPart): boolean {
  return 'delta' in part ? part.delta !== '' : !overtures.has(part.type)
}
