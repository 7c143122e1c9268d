/**
 * A watch of keyed state: a push consumer of the server that numbers what it sends, with a heartbeat when there is nothing. When
 * something was missed (a gap, or silence) the watch begins another consumer after the last message it heard; deletions are kept
 * long enough for that. Once they may not be any more, the watch is lost.
 */

import { type CancelTimer, delay, messageOf, type StateChange, type StateWatch } from '@mabeam/foundation'
import { DeliverPolicy } from '@nats-io/jetstream'
import type { Msg } from '@nats-io/nats-core'
import type { NatsPort } from '../nats-port.ts'
import type { ArrivalClock } from './arrival-clock.ts'
import { deliveryWords } from './delivery-subject.ts'
import type { KnownStream } from './known-stream.ts'
import { newestMessage } from './newest-message.ts'
import { refusal, refusalCode } from './server-refusal.ts'
import { retried } from './store-stream.ts'
import { endOf, endRevisionOf, revisionOf } from './stored-value.ts'
import { WatchConsumer, type WatchConsumerSettings, type WatchFrom } from './watch-consumer.ts'
import { type WatchNews, type WatchProgress, watchAgain, watchBegin, watchStep } from './watch-progress.ts'

export interface WatchSettings {
  readonly state: string
  readonly arrivals: ArrivalClock
  readonly stream: string
  /** Ends in a dot; the key follows. */
  readonly subjectPrefix: string
  readonly pattern: string
  /** Shared by all watches of the state. */
  readonly known: KnownStream
  /** How long the server keeps the news that a key lost its value. */
  readonly endsKeptMs: number
  onChange(change: StateChange): void
  onEnd(): void
}

const lookMs = 1_000
const silenceMaxMs = 2_500
const resumeRetryMs = 250
/** A watch that is not ready and was told nothing new for so long is given up. */
const readyMaxMs = 5_000
/** A watch that heard nothing for so long says so, though it might go on. */
const resumeMaxMs = 60_000
/** Of the time that ends are kept, so that clocks that run at different speeds don't matter. */
const keptShare = 0.8

/** *Runs in* the handler of the connection: `onChange` is called there, one change after the other. */
export class NatsWatch implements StateWatch {
  readonly lost: Promise<Error>
  readonly #port: NatsPort
  readonly #settings: WatchSettings
  readonly #lost = Promise.withResolvers<Error>()
  readonly #ready = Promise.withResolvers<void>()
  /** Keys that were told before the watch was ready: of others nobody needs to hear that they are gone. */
  readonly #told = new Set<string>()
  readonly #leave: (() => void)[]
  #progress: WatchProgress = watchBegin(0)
  #consumer: WatchConsumer | undefined
  #created: string | undefined
  #cancelLook: CancelTimer = () => {}
  #ended = false
  #resuming = false
  /** When something was heard last, and until when nothing can have been missed. */
  #heardMs: number
  #completeMs: number
  /** When a change was told last. */
  #tellingMs: number

  constructor(port: NatsPort, settings: WatchSettings) {
    this.#port = port
    this.#settings = settings
    this.lost = this.#lost.promise
    this.#ready.promise.catch(() => {})
    const onClosing = () => this.#lose(port.closing.reason)
    port.closing.addEventListener('abort', onClosing)
    this.#leave = [
      settings.arrivals.listen(),
      port.onReconnect(() => this.#look()),
      () => port.closing.removeEventListener('abort', onClosing),
    ]
    this.#heardMs = port.clock.monotonicMs()
    this.#completeMs = this.#heardMs
    this.#tellingMs = this.#heardMs
  }

  /** Resolves when all values there are have been told of. */
  async begin(): Promise<void> {
    const doing = `watching state ${this.#settings.state}`
    try {
      // A store that was just made has no leader yet, where several nodes start together.
      this.#progress = watchBegin(await retried(this.#port, doing, () => this.#newest()))
      await retried(this.#port, doing, () => this.#attach({ deliver_policy: DeliverPolicy.LastPerSubject }))
      this.#armLook()
      await this.#ready.promise
    } catch (thrown) {
      await this[Symbol.asyncDispose]()
      throw this.#port.failure(thrown, doing)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#end()) return
    this.#consumer?.end()
  }

  #newest(): Promise<number> {
    const { stream, subjectPrefix, pattern, known } = this.#settings
    return newestMessage(this.#port, { stream, subject: subjectPrefix + pattern, known })
  }

  /** Begins a consumer in the place of the one there was. */
  async #attach(from: WatchFrom): Promise<void> {
    const { stream, subjectPrefix, pattern } = this.#settings
    const heardSequence = this.#progress.streamSequence
    const settings: WatchConsumerSettings = {
      stream,
      filter: subjectPrefix + pattern,
      from,
      onMessage: (message) => {
        if (!this.#ended) this.#hear(message)
      },
      onError: (error) => this.#lose(error),
    }
    this.#consumer?.end()
    this.#progress = watchAgain(this.#progress)
    this.#consumer = new WatchConsumer(this.#port, settings)
    const pending = await this.#consumer.begin(settings)
    const { created, state } = await this.#port.access().manager.streams.info(stream)
    this.#created ??= created
    this.#settings.known.made(created)
    if (created !== this.#created) this.#lose(new Error('the state was made anew'))
    // A server of a cluster may be behind another one for a moment.
    if (state.last_seq < heardSequence) throw new Error('the server knows less than was heard')
    this.#step({ type: 'began', pending })
  }

  #hear(message: Msg): void {
    this.#heardMs = this.#port.clock.monotonicMs()
    const code = message.headers?.code ?? 0
    if (code === 100) this.#hearStatus(message)
    else if (code === 0) this.#hearChange(message)
  }

  #hearStatus(message: Msg): void {
    // A request of flow control: the server goes on when it is answered.
    if (message.reply) {
      message.respond()
      return
    }
    const stalled = message.headers?.get('Nats-Consumer-Stalled') ?? ''
    if (stalled !== '') {
      this.#consumer?.release(stalled)
      return
    }
    this.#step({ type: 'idle', consumerSequence: Number(message.headers?.get('Nats-Last-Consumer') ?? 0) })
  }

  #hearChange(message: Msg): void {
    const words = deliveryWords(message.reply)
    if (words !== undefined) this.#step({ type: 'message', ...words }, message)
  }

  /** A change is told before the watch becomes ready by it. */
  #step(news: WatchNews, message?: Msg): void {
    const next = watchStep(this.#progress, news)
    if (next === 'gap') {
      void this.#resume('something was not heard')
      return
    }
    const wasReady = this.#progress.ready
    if (message !== undefined) this.#tell(message, next.streamSequence)
    this.#progress = next
    const heardAll = news.type === 'idle' || (news.type === 'message' && news.pending === 0)
    if (heardAll) this.#completeMs = Math.max(this.#completeMs, this.#settings.arrivals.earliestMs)
    if (next.ready && !wasReady) {
      this.#told.clear()
      this.#ready.resolve()
    }
  }

  #tell(message: Msg, sequence: number): void {
    this.#tellingMs = this.#heardMs
    if (this.#port.replicas > 1) this.#settings.known.see(sequence)
    const key = message.subject.slice(this.#settings.subjectPrefix.length)
    const end = endOf(message.headers)
    const { ready } = this.#progress
    if (end !== undefined) {
      if (!ready && !this.#told.delete(key)) return
      this.#call({ type: 'delete', key, revision: endRevisionOf(sequence), expired: end === 'expired' })
      return
    }
    if (!ready) this.#told.add(key)
    this.#call({ type: 'put', key, value: new Uint8Array(message.data), revision: revisionOf(sequence) })
  }

  #call(change: StateChange): void {
    try {
      this.#settings.onChange(change)
    } catch (thrown) {
      this.#port.report('watcher-failed', { state: this.#settings.state, message: messageOf(thrown) })
    }
  }

  #armLook(): void {
    if (this.#ended) return
    this.#cancelLook = this.#port.clock.setTimer(
      lookMs,
      () => {
        this.#look()
        this.#armLook()
      },
      { unref: true },
    )
  }

  #look(): void {
    const nowMs = this.#port.clock.monotonicMs()
    const silentMs = nowMs - this.#heardMs
    // A server that is cut off from the one that leads never has what there is.
    if (!this.#progress.ready && nowMs - this.#tellingMs > readyMaxMs) {
      this.#lose(new Error(`the server had not told of what there is after ${readyMaxMs} ms`))
      return
    }
    if (silentMs > silenceMaxMs) void this.#resume(`silent for ${Math.round(silentMs)} ms`)
  }

  /** Goes on after the last message that was heard, or is lost. */
  async #resume(reason: string): Promise<void> {
    if (this.#resuming || this.#ended) return
    this.#resuming = true
    const { state, endsKeptMs } = this.#settings
    const untilMs = this.#completeMs + Math.min(endsKeptMs * keptShare, resumeMaxMs)
    for (let again = false; !this.#ended; again = true) {
      try {
        if (again) await delay(this.#port.clock, resumeRetryMs, this.#port.closing)
        await this.#attach({
          deliver_policy: DeliverPolicy.StartSequence,
          opt_start_seq: this.#progress.streamSequence + 1,
        })
        break
      } catch (thrown) {
        const isGone = refusalCode(thrown) === refusal.streamNotFound
        if (isGone || this.#port.clock.monotonicMs() > untilMs)
          this.#lose(this.#port.failure(thrown, `watching ${state}`))
      }
    }
    this.#resuming = false
    const now = this.#port.clock.monotonicMs()
    this.#heardMs = now
    if (now > untilMs) this.#lose(new Error(`${reason}, longer than deletions are sure to be kept`))
    else if (!this.#ended) this.#port.report('watch-resumed', { state, reason })
  }

  #lose(reason: unknown): void {
    if (!this.#end()) return
    this.#consumer?.end()
    const error = reason instanceof Error ? reason : new Error(messageOf(reason))
    this.#port.report('watch-lost', { state: this.#settings.state, message: error.message })
    this.#ready.reject(error)
    this.#lost.resolve(error)
  }

  /** False when it had ended. */
  #end(): boolean {
    if (this.#ended) return false
    this.#ended = true
    this.#cancelLook()
    for (const leave of this.#leave.splice(0)) leave()
    this.#settings.onEnd()
    return true
  }
}
