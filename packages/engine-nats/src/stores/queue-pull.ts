/**
 * One request for messages of a queue, which waits at the server. It ends when the server says so, when all that was asked for is
 * there, when the signal aborts, or when the server is not heard of any more.
 */

import type { CancelTimer } from '@mabeam/foundation'
import { createInbox, errors, type Msg, type Subscription } from '@nats-io/nats-core'
import type { NatsPort } from '../nats-port.ts'
import type { StoreRoom } from './store-room.ts'
import { nanosOf } from './store-stream.ts'
import { untilHeard } from './until-heard.ts'

export interface PullRequest {
  readonly queue: string
  readonly stream: string
  readonly consumer: string
  readonly max: number
  readonly waitMs: number
  /** Waits for one, though others wait too. */
  readonly inLine: boolean
  readonly signal: AbortSignal | undefined
}

/** A message as it came. */
export interface PulledMessage {
  readonly message: Msg
  /** It was sent then or later, on the monotonic clock. */
  readonly sentMs: number
}

export interface Pulled {
  readonly messages: readonly PulledMessage[]
  /** More is asked for by others than there is: who wants to wait stands in line. */
  readonly crowded: boolean
}

const heartbeatMs = 1_000
const silenceMaxMs = 3_000
const lookMs = 500
/** What one request brings at most, unless a single message is longer. */
const bytesMax = 16_777_216

const handBack = new TextEncoder().encode('-NAK')

/**
 * Rejects with the reason of the signal, with `foundation/engine-closed`, and with `foundation/engine-unavailable`; what came until
 * then is handed back.
 */
export async function pullMessages(room: StoreRoom, request: PullRequest): Promise<Pulled> {
  const { port } = room
  try {
    return await untilHeard(port, async () => await new Pull(room, request).run())
  } catch (thrown) {
    if (request.signal?.aborted) throw request.signal.reason
    throw port.failure(thrown, `pulling from queue ${request.queue}`)
  }
}

/** *Runs in* the handler of the connection and timers of the clock. */
class Pull {
  readonly #room: StoreRoom
  readonly #port: NatsPort
  readonly #request: PullRequest
  readonly #messages: PulledMessage[] = []
  readonly #done = Promise.withResolvers<Pulled>()
  readonly #startMs: number
  readonly #hasHeartbeat: boolean
  #subscription: Subscription | undefined
  #stopListening = () => {}
  #cancelLook: CancelTimer = () => {}
  #heardMs: number
  /** How many messages there will be at most. */
  #expected: number
  #ended = false

  constructor(room: StoreRoom, request: PullRequest) {
    this.#room = room
    this.#port = room.port
    this.#request = request
    this.#startMs = room.port.clock.monotonicMs()
    this.#heardMs = this.#startMs
    this.#expected = request.max
    // The server wants the heartbeat to be less than half of the time.
    this.#hasHeartbeat = request.waitMs > 2 * heartbeatMs
  }

  /** Throws the reason of a signal that has aborted already: such a one says nothing any more. */
  run(): Promise<Pulled> {
    const { port } = this.#room
    const { stream, consumer, signal } = this.#request
    signal?.throwIfAborted()
    const { connection, client } = port.access()
    const inbox = createInbox(client.getOptions().watcherPrefix)
    this.#stopListening = this.#room.arrivals.listen()
    signal?.addEventListener('abort', this)
    port.closing.addEventListener('abort', this)
    this.#armLook()
    try {
      this.#subscription = connection.subscribe(inbox, { callback: (error, message) => this.#hear(error, message) })
      const subject = `${client.apiPrefix}.CONSUMER.MSG.NEXT.${stream}.${consumer}`
      connection.publish(subject, JSON.stringify(this.#words()), { reply: inbox })
    } catch (thrown) {
      this.#fail(thrown)
    }
    return this.#done.promise
  }

  /** The event of the signals. */
  handleEvent(): void {
    const { signal } = this.#request
    this.#fail(signal?.aborted ? signal.reason : this.#port.closing.reason)
  }

  #words(): object {
    const { max, waitMs, inLine } = this.#request
    return {
      batch: max,
      expires: nanosOf(waitMs),
      max_bytes: Math.max(bytesMax, 2 * this.#port.bytesMax()),
      // Comes back with what there is as soon as there is something.
      ...(!inLine && { no_wait: true }),
      ...(this.#hasHeartbeat && { idle_heartbeat: nanosOf(heartbeatMs) }),
    }
  }

  #hear(error: Error | null, message: Msg): void {
    if (this.#ended) {
      if (error === null && isMessage(message)) message.respond(handBack)
      return
    }
    if (error !== null) {
      this.#fail(error)
      return
    }
    this.#heardMs = this.#port.clock.monotonicMs()
    if (isMessage(message)) this.#take(message)
    else this.#hearStatus(message)
  }

  #take(message: Msg): void {
    const sentMs = Math.max(this.#startMs, this.#room.arrivals.earliestMs)
    this.#messages.push({ message, sentMs })
    if (this.#messages.length >= this.#expected) this.#succeed(false)
  }

  /** The server's last word: 404 and 408 when there is nothing more, 409 when it is enough or can't go on. */
  #hearStatus(message: Msg): void {
    const code = message.headers?.code ?? 0
    if (code === 100) return
    const description = message.headers?.description ?? ''
    // Servers of a cluster say so before what they agree on is sent: as many are still to come as are not left.
    const left = message.headers?.get('Nats-Pending-Messages') ?? ''
    if (left !== '') this.#expected = this.#request.max - Number(left)
    else this.#expected = this.#messages.length
    if (this.#messages.length < this.#expected) return
    const isPlain = code === 404 || code === 408
    if (code === 503) this.#fail(new errors.NoRespondersError(this.#request.stream))
    else if (isPlain || this.#messages.length > 0) this.#succeed(isPlain && description === 'Requests Pending')
    else this.#fail(new Error(`${code} ${description}`))
  }

  #armLook(): void {
    const look = () => {
      const nowMs = this.#port.clock.monotonicMs()
      const isLate = nowMs - this.#startMs > this.#request.waitMs + this.#port.requestTimeoutMs
      const isSilent = this.#hasHeartbeat && nowMs - this.#heardMs > silenceMaxMs
      if (!isLate && !isSilent) this.#armLook()
      else if (this.#messages.length > 0) this.#succeed(false)
      else this.#fail(new Error('the server was not heard of'))
    }
    this.#cancelLook = this.#port.clock.setTimer(lookMs, look, { unref: true })
  }

  #succeed(crowded: boolean): void {
    if (this.#end()) this.#done.resolve({ messages: this.#messages, crowded })
  }

  /** What was taken goes back, as does what is still on its way. */
  #fail(reason: unknown): void {
    if (!this.#end()) return
    for (const { message } of this.#messages) message.respond(handBack)
    this.#done.reject(reason)
  }

  /** False when it had ended. */
  #end(): boolean {
    if (this.#ended) return false
    this.#ended = true
    this.#cancelLook()
    this.#stopListening()
    this.#request.signal?.removeEventListener('abort', this)
    this.#port.closing.removeEventListener('abort', this)
    const subscription = this.#subscription
    if (subscription === undefined) return true
    if (this.#messages.length >= this.#request.max) {
      subscription.unsubscribe()
      return true
    }
    // The server hears that nobody waits, and what it had sent before comes here and goes back.
    const left: Promise<void> = subscription
      .drain()
      .catch(() => {})
      .finally(() => this.#room.handingBack.delete(left))
    this.#room.handingBack.add(left)
    return true
  }
}

/** Statuses have no body and a code; a message may be empty, but has none. */
function isMessage(message: Msg): boolean {
  return message.data.length > 0 || (message.headers?.code ?? 0) === 0
}
