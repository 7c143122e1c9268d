/** One message on its way: a call or a cast, and what hangs on a call (deadline, signal, who waits for whom). */

import type { Context } from '../context/context.ts'
import type { Handler } from './actor.ts'
import { type CallDeadlines, Deadline } from './call-deadlines.ts'
import type { Queued } from './mailbox.ts'

/** A call while it has a `resolve`, a cast otherwise. Many are made: what is rarely needed sits in `extras`. */
export class Message implements Queued {
  readonly handler: Handler
  readonly input: unknown
  resolve: ((reply: unknown) => void) | undefined = undefined
  reject: ((thrown: unknown) => void) | undefined = undefined
  next: Queued | undefined = undefined
  done = false
  extras: CallExtras | undefined = undefined
  /** What whoever sent it gave along; the handler has it too. */
  readonly context: Context | undefined
  /** The actor of this node that sent it; 0 where none is known. */
  senderId = 0

  constructor(handler: Handler, input: unknown, context?: Context) {
    this.handler = handler
    this.input = input
    this.context = context
  }

  get patient(): boolean {
    return this.resolve !== undefined
  }

  get lasting(): boolean {
    return this.handler.lasting
  }

  /** The first outcome counts; later ones are ignored. */
  succeed(reply: unknown): void {
    if (this.done) return
    this.done = true
    if (this.extras !== undefined) this.extras.release()
    this.resolve?.(reply)
  }

  fail(thrown: unknown): void {
    if (this.done) return
    this.done = true
    if (this.extras !== undefined) this.extras.release()
    this.reject?.(thrown)
  }
}

/** Who works on a message, as the search for cycles sees it. */
export interface Worker {
  /** What it works on now. */
  readonly work: Message | undefined
  readonly label: string
}

export class CallExtras extends Deadline {
  readonly #message: Message
  readonly #onTimeout: () => unknown
  #deadlines: CallDeadlines | undefined
  #signal: AbortSignal | undefined
  /** Made when the handler first asks for its signal. */
  #handler: AbortController | undefined
  #givenUp: { readonly reason: unknown } | undefined
  /** The work that waits for this call, and for whom it waits. */
  #waiting: { readonly work: Message; readonly target: Worker } | undefined
  /** Who waits for this call on other nodes, and on this one in between: `node/epoch/id`, the caller last. */
  chain: readonly string[] | undefined
  /** Those whose replies the work on this message waits for. */
  waitsFor: Worker[] | undefined

  constructor(message: Message, onTimeout: () => unknown, chain?: readonly string[]) {
    super()
    this.chain = chain
    this.#message = message
    this.#onTimeout = onTimeout
  }

  expireWith(deadlines: CallDeadlines, timeoutMs: number, shared?: object): void {
    this.#deadlines = deadlines
    deadlines.add(this, timeoutMs, shared)
  }

  abortWith(signal: AbortSignal): void {
    this.#signal = signal
    signal.addEventListener('abort', this)
  }

  /** Until its deadline; `Infinity` where it has none. */
  leftMs(nowMs: number): number {
    return this.lane === undefined ? Number.POSITIVE_INFINITY : Math.max(1, this.dueMs - nowMs)
  }

  waitedForBy(work: Message, target: Worker): void {
    work.extras ??= new CallExtras(work, this.#onTimeout)
    work.extras.waitsFor ??= []
    work.extras.waitsFor.push(target)
    this.#waiting = { work, target }
  }

  /** What the handler of this call waits by; undefined for a caller that can't give up. */
  get handlerSignal(): AbortSignal | undefined {
    if (this.#deadlines === undefined && this.#signal === undefined) return undefined
    if (this.#handler === undefined) {
      this.#handler = new AbortController()
      if (this.#givenUp !== undefined) this.#handler.abort(this.#givenUp.reason)
    }
    return this.#handler.signal
  }

  /** Ends what the handler still waits for. */
  abortHandler(reason: () => unknown): void {
    this.#handler?.abort(reason())
  }

  /** Whether this is how a handler ends that was told by its signal that nobody waits for it any more. */
  endedBy(thrown: unknown): boolean {
    if (this.#givenUp === undefined || this.#handler === undefined) return false
    const { reason } = this.#givenUp
    return thrown === reason || (thrown instanceof Error && thrown.cause === reason)
  }

  override onDue(): void {
    this.#giveUp(this.#onTimeout())
  }

  /** The signal's event. */
  handleEvent(): void {
    this.#giveUp(this.#signal?.reason)
  }

  #giveUp(reason: unknown): void {
    this.#givenUp = { reason }
    this.#message.fail(reason)
    this.#handler?.abort(reason)
  }

  release(): void {
    this.#deadlines?.remove(this)
    this.#signal?.removeEventListener('abort', this)
    if (this.#waiting === undefined) return
    const others = this.#waiting.work.extras?.waitsFor
    others?.splice(others.indexOf(this.#waiting.target), 1)
    this.#waiting = undefined
  }
}

/**
 * The way from `target` back to `caller` along who waits for whom, or undefined when there is none. A caller that asks
 * the last on that way would wait for itself.
 */
export function findCallCycle(caller: Worker, target: Worker): readonly string[] | undefined {
  const seen = new Set<Worker>()
  const search = (at: Worker): string[] | undefined => {
    if (at === caller) return [at.label]
    if (seen.has(at)) return undefined
    seen.add(at)
    for (const next of at.work?.extras?.waitsFor ?? []) {
      const rest = search(next)
      if (rest !== undefined) return [at.label, ...rest]
    }
    return undefined
  }
  const way = search(target)
  return way === undefined ? undefined : [caller.label, ...way]
}
