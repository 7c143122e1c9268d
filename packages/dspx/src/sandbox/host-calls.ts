/** Calls of host functions by code in a sandbox: each by its name, with a time limit, some at once, the others in order. */

import { AsyncLocalStorage } from 'node:async_hooks'
import { type Clock, type Json, messageOf } from '@mabeam/foundation'
import { timedCall } from '../timed-call.ts'
import { plainData } from './plain-data.ts'
import { valueDepthMax } from './sandbox-limits.ts'

/**
 * A function that code in a sandbox may call; inside it gives a promise. Arguments are plain JSON and are not checked: whoever
 * writes it checks them. What it gives is copied as plain JSON; what it throws is thrown inside with its message alone.
 */
export type HostFunction = (given: readonly Json[], context: { readonly signal: AbortSignal }) => unknown

/** A call as code makes it. */
export interface HostCall {
  readonly name: string
  /** JSON of the arguments. */
  readonly json: string
}

/** What code gets: JSON, or the sentence that is thrown. */
export type HostAnswer = { readonly json: string | undefined } | { readonly message: string }

export interface HostCallsOptions {
  readonly hosts: { readonly [name: string]: HostFunction }
  readonly clock: Clock
  readonly hostTimeoutMs: number
  readonly hostCallsAtOnce: number
  readonly valueCharsMax: number
}

/** Of one run. Functions run in the async context in which the run began. */
export class HostCalls {
  readonly #options: HostCallsOptions
  readonly #inContext = AsyncLocalStorage.snapshot()
  readonly #stop = new AbortController()
  readonly #queue: (() => void)[] = []
  #running = 0

  constructor(options: HostCallsOptions) {
    this.#options = options
  }

  /** Carries a call out and hands its answer on, unless the run has ended before. */
  take(call: HostCall, answer: (answer: HostAnswer) => void): void {
    const start = () => {
      this.#running += 1
      this.#inContext(() => this.#answerOf(call)).then((given) => {
        this.#running -= 1
        if (!this.#stop.signal.aborted) answer(given)
        this.#queue.shift()?.()
      })
    }
    if (this.#running < this.#options.hostCallsAtOnce) start()
    else this.#queue.push(start)
  }

  /** Aborts what is at work; nothing is answered any more. */
  end(reason: unknown): void {
    this.#queue.length = 0
    this.#stop.abort(reason)
  }

  async #answerOf({ name, json }: HostCall): Promise<HostAnswer> {
    const { hosts, clock, hostTimeoutMs, valueCharsMax } = this.#options
    const host = Object.hasOwn(hosts, name) ? hosts[name] : undefined
    if (host === undefined) return { message: `${name}: no function of that name` }
    const answering = async (signal: AbortSignal): Promise<HostAnswer> => {
      const given = plainData(JSON.parse(json), { depthMax: valueDepthMax, partsMax: valueCharsMax })
      if (given.type === 'refused') return { message: `${name}: arguments: ${given.reason}` }
      return answerOf(name, await host(given.json as Json[], { signal }), valueCharsMax)
    }
    try {
      const made = await timedCall(answering, { clock, timeoutMs: hostTimeoutMs, signal: this.#stop.signal })
      return made.type === 'late' ? { message: `${name}: no answer within ${hostTimeoutMs} ms` } : made.value
    } catch (thrown) {
      return { message: `${name}: ${messageOf(thrown)}`.slice(0, messageCharsMax) }
    }
  }
}

const messageCharsMax = 2_000

function answerOf(name: string, value: unknown, charsMax: number): HostAnswer {
  const copied = plainData(value, { depthMax: valueDepthMax, partsMax: charsMax })
  if (copied.type === 'refused') return { message: `${name}: its result cannot be passed on: ${copied.reason}` }
  const json = copied.json === undefined ? undefined : JSON.stringify(copied.json)
  if (json !== undefined && json.length > charsMax) {
    return { message: `${name}: its result has ${json.length} characters of JSON; at most ${charsMax} are passed on` }
  }
  return { json }
}
