/** A write on a condition, which message says that it was done, and what the servers have said of it so far. */

import type { JetStreamPublishOptions, StoredMsg } from '@nats-io/jetstream'
import { headers, nuid } from '@nats-io/nats-core'
import { newestRefused } from './server-refusal.ts'
import type { NewestMessage, RefusedWrite } from './write-verdict.ts'

/** On a message that was written on a condition: which write it was. */
const writeHeader = 'Mabeam-Write'
/** Begins the name of a write that creates. */
const creationMark = 'new-'
/** The condition itself, which the server keeps with the message. */
const overHeader = 'Nats-Expected-Last-Subject-Sequence'

/** How a message is sent. */
export interface Sending {
  readonly options: Partial<JetStreamPublishOptions>
  /** Called when it goes out over the other connection too. */
  readonly sentTwice?: () => void
}

/** One and the same, however often it is sent. */
export class ConditionalWrite implements RefusedWrite {
  readonly id: string
  readonly isCreation: boolean
  over = 0
  isCertain = true
  /** Refusals. */
  tries = 0
  #isTwice = false

  constructor(kind: 'creation' | 'update') {
    this.isCreation = kind === 'creation'
    this.id = (this.isCreation ? creationMark : '') + nuid.next()
  }

  /** To be written over this message from now on; over whatever else it was, it was not. */
  begin(over: number): void {
    this.over = over
    this.isCertain = true
  }

  /** One try. */
  sending(): Sending {
    const words = headers()
    words.set(writeHeader, this.id)
    this.#isTwice = false
    return {
      options: { headers: words, expect: { lastSubjectSequence: this.over } },
      sentTwice: () => {
        this.#isTwice = true
      },
    }
  }

  refuse(thrown: unknown): void {
    this.tries++
    const named = newestRefused(thrown)
    // Sent twice, what is refused may be the one because the other was done.
    this.isCertain &&= !this.#isTwice && named !== undefined && named > this.over
  }
}

export function newestOf(found: StoredMsg | undefined): NewestMessage | undefined {
  if (found === undefined) return undefined
  const [id, over] = [found.header.get(writeHeader), found.header.get(overHeader)]
  return {
    sequence: found.seq,
    id,
    over: over === '' ? undefined : Number(over),
    isCreation: id.startsWith(creationMark),
  }
}
