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
  const source = partSource(opened.stream)
  const next = async () => {
    for (;;) {
      const value = await source.next()
      if (value === undefined) {
        tap.ended?.()
        return undefined
      }
      const part = tap.part ? tap.part(value) : value
      if (part !== undefined) return part
    }
  }
  const failed = (thrown: unknown) => {
    giveUp(source, thrown)
    return tap.failed ? tap.failed(thrown) : thrown
  }
  const cancelled = (reason: unknown) => {
    tap.cancelled?.(reason)
    return source.cancel(reason)
  }
  return { ...opened, stream: pulledStream(next, { failed, cancelled }) }
}

/** Where the parts of a stream come from. */
export interface PartSource {
  /** The next part; `undefined` at the end. Not called again before it has answered, nor after the end. */
  next(): Promise<StreamPart | undefined>
  cancel(reason: unknown): Promise<void>
}

/** The sources of streams that were made here: a layer reads the layer under it directly, which costs a fifth of a stream. */
const sources = new WeakMap<ModelStream['stream'], PartSource>()

/** Takes the stream for itself: nobody else can read it any more. */
export function partSource(stream: ModelStream['stream']): PartSource {
  const reader = stream.getReader()
  const own = sources.get(stream)
  if (own) return own
  return {
    next: async () => {
      const { done, value } = await reader.read()
      return done ? undefined : value
    },
    cancel: (reason) => reader.cancel(reason),
  }
}

/** Cancels what is already broken: what it says to that is nobody's any more. */
function giveUp(source: PartSource, reason: unknown): void {
  source.cancel(reason).catch(() => {})
}

/** How a stream that is pulled ends before its time. */
export interface PulledEnd {
  /** `next` threw: what the reader is told. */
  failed?(thrown: unknown): unknown
  cancelled?(reason: unknown): Promise<void> | void
}

/** A stream of what `next` gives, asked once for each part that is wanted; `undefined` ends it. */
export function pulledStream(
  next: () => Promise<StreamPart | undefined> | StreamPart | undefined,
  end: PulledEnd = {},
): ModelStream['stream'] {
  let isOver = false
  const source: PartSource = {
    next: async () => {
      try {
        const part = await next()
        if (part === undefined) isOver = true
        return part
      } catch (thrown) {
        isOver = true
        throw end.failed ? end.failed(thrown) : thrown
      }
    },
    cancel: async (reason) => {
      if (isOver) return
      isOver = true
      await end.cancelled?.(reason)
    },
  }
  const stream = new ReadableStream<StreamPart>(
    {
      async pull(controller) {
        const part = await source.next()
        if (part === undefined) controller.close()
        else controller.enqueue(part)
      },
      cancel: (reason) => source.cancel(reason),
    },
    { highWaterMark: 0 },
  )
  sources.set(stream, source)
  return stream
}

/** Parts that are held back until there is content. A provider that sends more of them has begun. */
const headPartsMax = 1_000

/**
 * Reads as far as the first content, so that what goes wrong before is the failure of a call and not of a stream: it can
 * still be tried again or asked of another model. The stream that is returned misses nothing.
 */
export async function openedStream(opened: ModelStream): Promise<ModelStream> {
  const source = partSource(opened.stream)
  const head: StreamPart[] = []
  let ended = false
  while (!ended && head.length < headPartsMax) {
    const part = await source.next()
    if (part === undefined) ended = true
    else head.push(part)
    if (part && isContent(part)) break
  }
  let at = 0
  const next = () => {
    if (at < head.length) return head[at++]
    return ended ? undefined : source.next()
  }
  return { ...opened, stream: pulledStream(next, { cancelled: (reason) => source.cancel(reason) }) }
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
