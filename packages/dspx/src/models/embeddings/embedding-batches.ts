/** Many texts as requests that a provider takes, and how they are made: a few at once, in any order, the answer in the order of the texts. */

/** How much one request may hold. */
export interface BatchLimits {
  readonly textsMax: number
  /** In UTF-8. A text that is longer makes a request by itself. */
  readonly bytesMax: number
}

/** Texts `from` up to, not including, `to`. */
export interface Batch {
  readonly from: number
  readonly to: number
}

/**
 * The texts in order, each batch as full as the limits allow.
 *
 * Ensures: every text is in one batch, no batch is empty; `bytesMax` is passed only by a batch of one text.
 * @example batchesOf(['a', 'b', 'c'], { textsMax: 2, bytesMax: 100 }) // => [{ from: 0, to: 2 }, { from: 2, to: 3 }]
 */
export function batchesOf(texts: readonly string[], { textsMax, bytesMax }: BatchLimits): Batch[] {
  const batches: Batch[] = []
  let from = 0
  let bytes = 0
  for (const [at, text] of texts.entries()) {
    const size = Buffer.byteLength(text)
    if (at > from && (at - from >= textsMax || bytes + size > bytesMax)) {
      batches.push({ from, to: at })
      from = at
      bytes = 0
    }
    bytes += size
  }
  if (from < texts.length) batches.push({ from, to: texts.length })
  return batches
}

/** How batches are made into requests. */
export interface BatchRun {
  /** Requests at once. */
  readonly lanes: number
  readonly signal: AbortSignal | undefined
  /** Makes one; its signal also ends when another batch has failed. */
  readonly ask: (batch: Batch, signal: AbortSignal) => Promise<void>
}

/**
 * Makes the requests, at most `lanes` at once. The first that fails ends those under way and begins no other.
 *
 * Throws: what the first failed with; `signal.reason`. Nothing is under way any more when it rejects.
 */
export async function runBatches(batches: readonly Batch[], { lanes, signal, ask }: BatchRun): Promise<void> {
  signal?.throwIfAborted()
  const stop = new AbortController()
  const onAbort = () => stop.abort(signal?.reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  const left = batches.values()
  const lane = async () => {
    for (const batch of left) {
      if (stop.signal.aborted) return
      try {
        await ask(batch, stop.signal)
      } catch (thrown) {
        if (!stop.signal.aborted) stop.abort(thrown)
      }
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(lanes, batches.length) }, lane))
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
  stop.signal.throwIfAborted()
}
