/** The requests that are being answered, so that a limit can be put on them and closing can end them. */

/** What became of requests. */
export interface RequestCounts {
  /** Completions and embeddings asked for, whatever became of them. */
  readonly received: number
  readonly answered: number
  /** Of the answered ones, those that were streamed. */
  readonly streamed: number
  /** Refused because they could not be understood or were not allowed. */
  readonly refused: number
  readonly failed429: number
  readonly failed500: number
  /** Given up by the client, or ended by closing. */
  readonly aborted: number
}

/** How a request ended. */
export type RequestOutcome = Exclude<keyof RequestCounts, 'received'>

/** One request under way. */
export interface OpenRequest {
  /** Aborts when the client goes away or the server closes. */
  readonly signal: AbortSignal
  /** Says how the request ended; the first word counts. */
  finish(...outcomes: readonly RequestOutcome[]): void
}

/** Counts requests and ends them together. */
export class OpenRequests {
  readonly counts: { -readonly [name in keyof RequestCounts]: number } = {
    received: 0,
    answered: 0,
    streamed: 0,
    refused: 0,
    failed429: 0,
    failed500: 0,
    aborted: 0,
  }
  readonly #requestsMax: number
  readonly #closing = new AbortController()
  readonly #open = new Set<object>()

  constructor(requestsMax: number) {
    this.#requestsMax = requestsMax
  }

  /** True after {@link end}. */
  get isClosing(): boolean {
    return this.#closing.signal.aborted
  }

  /** True when one more would be too many. */
  get isFull(): boolean {
    return this.#open.size >= this.#requestsMax
  }

  /** Begins a request. */
  begin(client: AbortSignal): OpenRequest {
    this.counts.received++
    const key = {}
    this.#open.add(key)
    return {
      signal: AbortSignal.any([client, this.#closing.signal]),
      finish: (...outcomes) => {
        if (!this.#open.delete(key)) return
        for (const outcome of outcomes) this.counts[outcome]++
      },
    }
  }

  /** Aborts every open request. */
  end(): void {
    this.#closing.abort(new Error('the server is closing'))
  }
}
