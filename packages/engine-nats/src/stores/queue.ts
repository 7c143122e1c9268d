/**
 * A durable queue: a work queue stream with one pull consumer, which all who pull share. The server counts deliveries and gives a
 * message again; whoever is given one that was tried too often buries it.
 */

import {
  checkDeadLetters,
  checkedPull,
  checkPush,
  type DeadLetter,
  type DurableQueue,
  delay,
  limitReached,
  type PullOptions,
  type PushOptions,
  type QueueDelivery,
  type QueueOptions,
  type QueueStats,
  queueFull,
} from '@mabeam/foundation'
import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  type JetStreamPublishOptions,
  RetentionPolicy,
} from '@nats-io/jetstream'
import { headers, type Msg } from '@nats-io/nats-core'
import type { NatsPort } from '../nats-port.ts'
import { DeadLetters, decodeText, encodeText, idHeader } from './dead-letters.ts'
import { deliveryWords } from './delivery-subject.ts'
import { ackMarginMs, type DeliverySettings, NatsDelivery } from './queue-delivery.ts'
import { type PulledMessage, pullMessages } from './queue-pull.ts'
import { refusal, refusalCode } from './server-refusal.ts'
import type { StoreRoom } from './store-room.ts'
import { nanosOf, openStream, retried, streamName, streamSubject } from './store-stream.ts'
import { electionMs, untilHeard } from './until-heard.ts'

const consumer = 'work'
/** Pulls of all nodes that wait at the server. */
const waitingMax = 10_000
/** A pull that takes what is there waits so long, since servers of a cluster hear of a message one after the other. */
const lookMs = 20
const idHeaderOfServer = 'Nats-Msg-Id'
/** Ids that were given, apart from those of letters that are sent again. */
const givenPrefix = 'id:'
/** Refusals of a push that may be over soon. */
const again: ReadonlySet<number> = new Set([refusal.storeFailed, refusal.idUnderWay])
const pushTriesMax = 50
export async function openQueue(room: StoreRoom, name: string, options: Required<QueueOptions>): Promise<DurableQueue> {
  const { port } = room
  const { ackWaitMs, deliveriesMax, messagesMax, dedupeMs } = options
  await openStream(port, {
    kind: 'queue',
    name,
    options: { ackWaitMs, deliveriesMax, messagesMax, dedupeMs },
    config: {
      subjects: [streamSubject('queue', name)],
      retention: RetentionPolicy.Workqueue,
      discard: DiscardPolicy.New,
      max_msgs: messagesMax,
      duplicate_window: nanosOf(dedupeMs),
    },
  })
  const deadLetters = new DeadLetters(port, name)
  await deadLetters.open()
  await openConsumer(port, name, ackWaitMs)
  return new NatsQueue(room, { queue: name, ackWaitMs, deliveriesMax, deadLetters }, messagesMax)
}

async function openConsumer(port: NatsPort, name: string, ackWaitMs: number): Promise<void> {
  await retried(port, `opening queue ${name}`, async () => {
    try {
      await port.access().manager.consumers.add(streamName('queue', name), {
        durable_name: consumer,
        ack_policy: AckPolicy.Explicit,
        deliver_policy: DeliverPolicy.All,
        ack_wait: nanosOf(ackWaitMs + ackMarginMs),
        max_deliver: -1,
        max_ack_pending: -1,
        max_waiting: waitingMax,
      })
    } catch (thrown) {
      // It was made by another version, whose own figures do as well.
      if (refusalCode(thrown) !== refusal.consumerDiffers) throw thrown
    }
  })
}

class NatsQueue implements DurableQueue {
  readonly name: string
  readonly #room: StoreRoom
  readonly #port: NatsPort
  readonly #settings: DeliverySettings
  readonly #messagesMax: number
  readonly #stream: string
  readonly #subject: string
  #pulls = 0

  constructor(room: StoreRoom, settings: DeliverySettings, messagesMax: number) {
    this.#room = room
    this.#port = room.port
    this.#settings = settings
    this.#messagesMax = messagesMax
    this.name = settings.queue
    this.#stream = streamName('queue', this.name)
    this.#subject = streamSubject('queue', this.name)
  }

  async push(body: Uint8Array, options: PushOptions = {}): Promise<void> {
    this.#port.checkOpen()
    checkPush(options)
    this.#port.checkSize(`queue ${this.name}`, body)
    const { id } = options
    await this.#publish(new Uint8Array(body), id === undefined ? {} : { msgID: givenPrefix + id })
  }

  async pull(max: number, options: PullOptions = {}): Promise<readonly QueueDelivery[]> {
    this.#port.checkOpen()
    const { waitMs, signal } = checkedPull(max, options)
    signal?.throwIfAborted()
    const { pullsMax } = this.#port.limits
    if (this.#pulls >= pullsMax) throw limitReached(`queue ${this.name}`, 'pullsMax', pullsMax)
    this.#pulls++
    try {
      return await this.#pull(max, waitMs, signal)
    } finally {
      this.#pulls--
    }
  }

  async stats(): Promise<QueueStats> {
    this.#port.checkOpen()
    const [info, dead] = await Promise.all([this.#consumerInfo(), this.#settings.deadLetters.count()])
    return { waiting: info.num_pending, underWay: info.num_ack_pending, dead }
  }

  async deadLetters(max: number): Promise<readonly DeadLetter[]> {
    this.#port.checkOpen()
    checkDeadLetters(max)
    const letters = await this.#settings.deadLetters.list(max)
    return letters.map(({ id, body, attempts, reason }) => ({ id, body, attempts, reason }))
  }

  async redrive(id: string): Promise<boolean> {
    this.#port.checkOpen()
    const { deadLetters } = this.#settings
    const letter = await deadLetters.find(id)
    if (letter === undefined) return false
    const words = headers()
    words.set(idHeader, encodeText(id))
    // By its place among the dead, so that it waits once though it is asked for twice.
    await this.#publish(letter.body, { headers: words, msgID: `dead:${letter.sequence}` })
    return await deadLetters.remove(letter)
  }

  async forget(id: string): Promise<boolean> {
    this.#port.checkOpen()
    const letter = await this.#settings.deadLetters.find(id)
    return letter !== undefined && (await this.#settings.deadLetters.remove(letter))
  }

  async #publish(body: Uint8Array, options: Partial<JetStreamPublishOptions>): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        const ask = () => this.#port.access().client.publish(this.#subject, body, options)
        await untilHeard(this.#port, ask, electionMs)
        return
      } catch (thrown) {
        const code = refusalCode(thrown)
        if (code === undefined || !again.has(code) || tries >= pushTriesMax) {
          throw this.#port.failure(thrown, `pushing to queue ${this.name}`)
        }
        if (code === refusal.storeFailed && (await this.#isFull())) throw queueFull(this.name, this.#messagesMax)
        await delay(this.#port.clock, lookMs, this.#port.closing)
      }
    }
  }

  /**
   * A stream takes no more when it is full, but also when its disk is, and for the moment between a verdict that is durable and the
   * removal of its message, which servers of a cluster agree on one after the other: only what is neither done nor dead counts.
   */
  async #isFull(): Promise<boolean> {
    const [{ state }, { num_pending, num_ack_pending }] = await Promise.all([this.#streamInfo(), this.#consumerInfo()])
    return Math.min(state.messages, num_pending + num_ack_pending) >= this.#messagesMax
  }

  async #pull(max: number, waitMs: number, signal: AbortSignal | undefined): Promise<readonly QueueDelivery[]> {
    const { clock } = this.#port
    const untilMs = clock.monotonicMs() + waitMs
    let inLine = false
    for (;;) {
      const leftMs = Math.max(untilMs - clock.monotonicMs(), lookMs)
      const request = {
        queue: this.name,
        stream: this.#stream,
        consumer,
        max: inLine ? 1 : max,
        waitMs: leftMs,
        inLine,
      }
      const { messages, crowded } = await pullMessages(this.#room, { ...request, signal })
      const deliveries = await this.#deliveries(messages)
      const isOver = clock.monotonicMs() >= untilMs
      // Only dead ones came: there may be others behind them.
      const goOn = messages.length > 0 || !isOver
      if (deliveries.length > 0 || !goOn) return deliveries
      inLine = crowded
    }
  }

  /** Buries what was tried too often. */
  async #deliveries(messages: readonly PulledMessage[]): Promise<readonly QueueDelivery[]> {
    const deliveries: QueueDelivery[] = []
    const burials: Promise<void>[] = []
    const { ackWaitMs, deliveriesMax } = this.#settings
    const nowMs = this.#port.clock.monotonicMs()
    for (const { message, sentMs } of messages) {
      const words = deliveryWords(message.reply)
      if (words === undefined) continue
      const { attempt, streamSequence: sequence } = words
      const id = idOf(message, sequence)
      // What came late, because this thread was busy, is held for what is left of its time.
      const dueMs = Math.min(nowMs, sentMs + ackMarginMs) + ackWaitMs
      const delivery = (at: number) =>
        new NatsDelivery(this.#port, this.#settings, { message, id, attempt: at, sequence, dueMs })
      if (attempt <= deliveriesMax) deliveries.push(delivery(attempt))
      else burials.push(delivery(deliveriesMax).reject(`not acknowledged within ${ackWaitMs} ms`))
    }
    // One that can't be buried now is given again.
    const failed = (await Promise.allSettled(burials)).find((one) => one.status === 'rejected')
    if (failed !== undefined && deliveries.length === 0) throw failed.reason
    return deliveries
  }

  async #streamInfo() {
    try {
      return await this.#port.access().manager.streams.info(this.#stream)
    } catch (thrown) {
      throw this.#port.failure(thrown, `reading the figures of queue ${this.name}`)
    }
  }

  async #consumerInfo() {
    try {
      return await this.#port.access().manager.consumers.info(this.#stream, consumer)
    } catch (thrown) {
      throw this.#port.failure(thrown, `reading the figures of queue ${this.name}`)
    }
  }
}

/** What it was pushed with, or the number it has in the queue. */
function idOf(message: Msg, sequence: number): string {
  const kept = message.headers?.get(idHeader) ?? ''
  if (kept !== '') return decodeText(kept)
  const given = message.headers?.get(idHeaderOfServer) ?? ''
  return given.startsWith(givenPrefix) ? given.slice(givenPrefix.length) : `#${sequence}`
}
