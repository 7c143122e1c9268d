/** Requests under way: each gathers answers until its deadline, or until it has as many as it wants. */

import type { CancelTimer, Clock } from '../clock.ts'
import { limitReached } from '../errors/actor-errors.ts'
import { fromWireError, type MabeamError, type WireError } from '../errors.ts'
import { StreamReader } from './stream-reader.ts'

/** What one responder said. */
export type ChannelAnswer<R> =
  | { readonly type: 'answered'; readonly from: string; readonly value: R }
  | { readonly type: 'failed'; readonly from: string; readonly error: MabeamError }

/** How a request ended. */
export type RequestEnd = 'deadline' | 'max' | 'left' | 'aborted' | 'failed' | 'closed'

interface RequestSettings {
  readonly deadlineMs: number
  readonly max: number
  readonly signal: AbortSignal | undefined
  onEnd(how: RequestEnd, answers: number): void
}

/** The answers, as they come. Fewer than `max` by the deadline is no error. */
export class ChannelRequest<R> {
  readonly answers: StreamReader<ChannelAnswer<R>>
  readonly number: number
  readonly #settings: RequestSettings
  readonly #cancelTimer: CancelTimer
  readonly #waiting: ChannelAnswer<R>[] = []
  #received = 0
  ended: RequestEnd | undefined

  constructor(number: number, clock: Clock, settings: RequestSettings) {
    this.number = number
    this.#settings = settings
    this.answers = new StreamReader({ take: () => this.#waiting.shift(), end: () => this.end('left') })
    this.#cancelTimer = clock.setTimer(settings.deadlineMs, () => this.end('deadline'))
    settings.signal?.addEventListener('abort', this)
    if (settings.signal?.aborted) this.handleEvent()
  }

  /** The signal's event. */
  handleEvent(): void {
    this.end('aborted', { reason: this.#settings.signal?.reason })
  }

  take(answer: ChannelAnswer<R>): void {
    if (this.ended !== undefined) return
    this.#waiting.push(answer)
    this.#received++
    this.answers.wake()
    if (this.#received >= this.#settings.max) this.end('max')
  }

  end(how: RequestEnd, failure?: { readonly reason: unknown }): void {
    if (this.ended !== undefined) return
    this.ended = how
    this.#cancelTimer()
    this.#settings.signal?.removeEventListener('abort', this)
    this.#settings.onEnd(how, this.#received)
    this.answers.finish(failure)
  }
}

/** Bounded: the one too many is refused. */
export class ChannelRequests {
  readonly #clock: Clock
  readonly #requestsMax: number
  readonly #underWay = new Map<number, ChannelRequest<unknown>>()
  #lastNumber = 0

  constructor(clock: Clock, requestsMax: number) {
    this.#clock = clock
    this.#requestsMax = requestsMax
  }

  /** Throws `foundation/limit-reached`. */
  begin<R>(settings: RequestSettings): ChannelRequest<R> {
    if (this.#underWay.size >= this.#requestsMax) throw limitReached('channels', 'requestsMax', this.#requestsMax)
    const number = ++this.#lastNumber
    const onEnd = (how: RequestEnd, answers: number) => {
      this.#underWay.delete(number)
      settings.onEnd(how, answers)
    }
    const request = new ChannelRequest<R>(number, this.#clock, { ...settings, onEnd })
    if (request.ended === undefined) this.#underWay.set(number, request as ChannelRequest<unknown>)
    return request
  }

  isUnderWay(number: number | undefined): boolean {
    return number !== undefined && this.#underWay.has(number)
  }

  answered(number: number, from: string, value: unknown): void {
    this.#underWay.get(number)?.take({ type: 'answered', from, value })
  }

  failed(number: number, from: string, error: WireError): void {
    this.#underWay.get(number)?.take({ type: 'failed', from, error: fromWireError(error) })
  }

  close(): void {
    for (const request of [...this.#underWay.values()]) request.end('closed')
  }
}
