/**
 * The messages of a queue that were given up: a stream of their own, in which each has its place by its id and by what it was in the
 * queue, so that giving one up twice is once. The oldest one makes room for one more than `deadLettersMax`.
 */

import type { DeadLetter } from '@mabeam/foundation'
import type { StoredMsg } from '@nats-io/jetstream'
import { headers } from '@nats-io/nats-core'
import type { NatsPort } from '../nats-port.ts'
import { isNotFound } from './server-refusal.ts'
import { nanosOf, openStream, streamName, streamSubject } from './store-stream.ts'
import { untilHeard } from './until-heard.ts'

/** What became of a message. */
export interface Burial extends DeadLetter {
  /** Which message of the queue it was. */
  readonly sequence: number
}

/** A dead letter with its place. */
export interface KeptLetter extends DeadLetter {
  readonly sequence: number
}

/** A message of a queue says its id in a header, as text that no header can break. */
export const idHeader = 'Mabeam-Id'
const attemptsHeader = 'Mabeam-Attempts'
const reasonHeader = 'Mabeam-Reason'
/** Of the 1,024 bytes that are kept for headers the id and the names need less than half. */
const reasonRoomBytes = 560

export class DeadLetters {
  readonly #port: NatsPort
  readonly #queue: string
  readonly #stream: string
  readonly #subject: string

  constructor(port: NatsPort, queue: string) {
    this.#port = port
    this.#queue = queue
    this.#stream = streamName('dead', queue)
    this.#subject = streamSubject('dead', queue)
  }

  async open(): Promise<void> {
    await openStream(this.#port, {
      kind: 'dead',
      name: this.#queue,
      options: {},
      config: {
        subjects: [`${this.#subject}.>`],
        max_msgs_per_subject: 1,
        max_msgs: this.#port.limits.deadLettersMax,
        duplicate_window: nanosOf(1_000),
      },
    })
  }

  /** Resolves when it is kept. */
  async bury({ id, body, attempts, reason, sequence }: Burial): Promise<void> {
    const words = headers()
    words.set(idHeader, encodeText(id))
    words.set(attemptsHeader, String(attempts))
    words.set(reasonHeader, encodeText(reason.slice(0, fittingLength(reason, this.#reasonBytesMax(body)))))
    const subject = `${this.#subject}.${encodeText(id)}.${sequence}`
    try {
      await untilHeard(this.#port, () => this.#port.access().client.publish(subject, body, { headers: words }))
    } catch (thrown) {
      throw this.#port.failure(thrown, `burying a message of queue ${this.#queue}`)
    }
    this.#port.report('message-dead', { queue: this.#queue, id, message: reason }, { attempts })
  }

  async count(): Promise<number> {
    try {
      return (await this.#port.access().manager.streams.info(this.#stream)).state.messages
    } catch (thrown) {
      throw this.#port.failure(thrown, `counting dead letters of queue ${this.#queue}`)
    }
  }

  /** Oldest first. */
  async list(max: number): Promise<readonly KeptLetter[]> {
    const letters: KeptLetter[] = []
    let next = 1
    while (letters.length < max) {
      const found = await this.#next(next, `${this.#subject}.>`)
      if (found === undefined) break
      letters.push(letterOf(found))
      next = found.seq + 1
    }
    return letters
  }

  /** The oldest one of that id. */
  async find(id: string): Promise<KeptLetter | undefined> {
    const found = await this.#next(1, `${this.#subject}.${encodeText(id)}.*`)
    return found && letterOf(found)
  }

  /** False when somebody else did. */
  async remove(letter: KeptLetter): Promise<boolean> {
    try {
      return await this.#port.access().manager.streams.deleteMessage(this.#stream, letter.sequence, false)
    } catch (thrown) {
      if (isNotFound(thrown)) return false
      throw this.#port.failure(thrown, `removing a dead letter of queue ${this.#queue}`)
    }
  }

  /** Beside a body that is nearly as long as a message may be there is room for the beginning of a reason only. */
  #reasonBytesMax(body: Uint8Array): number {
    const room = this.#port.bytesMax() - body.length + reasonRoomBytes
    return Math.floor((room * 3) / 4)
  }

  async #next(seq: number, subject: string): Promise<StoredMsg | undefined> {
    try {
      const query = { seq, next_by_subj: subject }
      return (await this.#port.access().manager.streams.getMessage(this.#stream, query)) ?? undefined
    } catch (thrown) {
      if (isNotFound(thrown)) return undefined
      throw this.#port.failure(thrown, `reading dead letters of queue ${this.#queue}`)
    }
  }
}

/** Any text as letters, digits, `-` and `_`: fit for subjects and headers. */
export function encodeText(text: string): string {
  return Buffer.from(text).toString('base64url')
}

export function decodeText(text: string): string {
  return Buffer.from(text, 'base64url').toString()
}

/** How much of a text fits into so many bytes of UTF-8, whole characters only. */
function fittingLength(text: string, bytesMax: number): number {
  return new TextEncoder().encodeInto(text, new Uint8Array(bytesMax)).read
}

function letterOf(found: StoredMsg): KeptLetter {
  return {
    id: decodeText(found.header.get(idHeader)),
    body: new Uint8Array(found.data),
    attempts: Number(found.header.get(attemptsHeader)),
    reason: decodeText(found.header.get(reasonHeader)),
    sequence: found.seq,
  }
}
