/**
 * Keyed state in a stream that keeps the newest message of each key. A write by revision is a message with the condition that the
 * newest one of its key is still the one expected, which the server checks. Expiry is the age limit of the stream, after which the
 * server leaves a marker. A deletion is a message that says so, kept for an hour, so that watches that were away hear of it.
 */

import {
  checkKey,
  checkKeyPattern,
  delay,
  type KeyedState,
  limitReached,
  type MabeamError,
  revisionConflict,
  type StateChange,
  type StateEntry,
  type StateOptions,
  type StateWatch,
} from '@mabeam/foundation'
import { DiscardPolicy, type StoredMsg, type StreamConfig } from '@nats-io/jetstream'
import { headers } from '@nats-io/nats-core'
import type { NatsAccess, NatsPort } from '../nats-port.ts'
import type { ArrivalClock } from './arrival-clock.ts'
import { ConditionalWrite, newestOf, type Sending } from './conditional-write.ts'
import { KeySequences } from './key-sequences.ts'
import { KnownStream } from './known-stream.ts'
import { eitherWay } from './second-way.ts'
import { isNotFound, refusal, refusalCode } from './server-refusal.ts'
import { NatsWatch } from './state-watch.ts'
import type { StoreRoom } from './store-room.ts'
import { nanosOf, openStream, streamName, streamSubject } from './store-stream.ts'
import { endOf, goneHeader, revisionOf, sequenceOf } from './stored-value.ts'
import { untilHeard } from './until-heard.ts'
import { writeVerdict } from './write-verdict.ts'

/** How long a deletion is kept where entries stay. */
const goneKeptSec = 3_600
/** Tries of a write that found another one of the same key on its way. */
const triesMax = 40
const retryMs = 5

export async function openState(room: StoreRoom, name: string, options: StateOptions): Promise<KeyedState> {
  const { expiryMs } = options
  await openStream(room.port, {
    kind: 'state',
    name,
    options: { expiryMs: expiryMs ?? null },
    config: streamConfig(name, expiryMs),
  })
  return new NatsState(room, name, expiryMs)
}

function streamConfig(name: string, expiryMs: number | undefined): Partial<StreamConfig> {
  return {
    subjects: [`${streamSubject('state', name)}.>`],
    max_msgs_per_subject: 1,
    discard: DiscardPolicy.New,
    allow_direct: true,
    deny_delete: true,
    allow_msg_ttl: true,
    duplicate_window: nanosOf(1_000),
    ...(expiryMs !== undefined && {
      max_age: nanosOf(expiryMs),
      subject_delete_marker_ttl: nanosOf(markerMs(expiryMs)),
    }),
  }
}

/** The server counts the lives of markers in whole seconds. */
function markerMs(expiryMs: number): number {
  return Math.ceil(expiryMs / 1_000) * 1_000
}

class NatsState implements KeyedState {
  readonly name: string
  readonly #port: NatsPort
  readonly #arrivals: ArrivalClock
  readonly #stream: string
  readonly #prefix: string
  readonly #expiryMs: number | undefined
  readonly #seen = new KeySequences()
  readonly #known = new KnownStream()
  #watches = 0

  constructor({ port, arrivals }: StoreRoom, name: string, expiryMs: number | undefined) {
    this.#port = port
    this.#arrivals = arrivals
    this.name = name
    this.#stream = streamName('state', name)
    this.#prefix = `${streamSubject('state', name)}.`
    this.#expiryMs = expiryMs
  }

  async get(key: string): Promise<StateEntry | undefined> {
    this.#check(key)
    const found = await this.#read(key)
    if (found === undefined || endOf(found.header) !== undefined) return undefined
    return { key, value: new Uint8Array(found.data), revision: revisionOf(found.seq) }
  }

  async create(key: string, value: Uint8Array): Promise<number> {
    const body = this.#checkValue(key, value)
    const own = new ConditionalWrite('creation')
    for (;;) {
      try {
        return revisionOf(await this.#write(key, body, own.sending()))
      } catch (thrown) {
        if (!isConflict(thrown)) throw this.#failure(thrown, 'creating', key)
        own.refuse(thrown)
        const found = await this.#readNewest(key)
        // The newest message of a key that has no value may be one that says so, which the condition has to name.
        if (found !== undefined && found.seq > own.over && endOf(found.header) !== undefined && own.tries < triesMax) {
          own.begin(found.seq)
          continue
        }
        const verdict = writeVerdict(own, newestOf(found))
        if (verdict === 'written') return revisionOf((found as StoredMsg).seq)
        if (verdict === 'refused') throw revisionConflict(key, null, valueRevision(found))
        if (verdict === 'unknown' || own.tries >= triesMax) throw this.#failure(thrown, 'creating', key)
        await delay(this.#port.clock, retryMs, this.#port.closing)
      }
    }
  }

  async update(key: string, value: Uint8Array, revision: number): Promise<number> {
    const body = this.#checkValue(key, value)
    return revisionOf(await this.#writeBy(revision, key, (sending) => this.#write(key, body, sending)))
  }

  async put(key: string, value: Uint8Array): Promise<number> {
    const body = this.#checkValue(key, value)
    try {
      return revisionOf(await this.#write(key, body, { options: {} }))
    } catch (thrown) {
      throw this.#failure(thrown, 'putting', key)
    }
  }

  async delete(key: string, revision?: number): Promise<void> {
    this.#check(key)
    const end = async ({ options: { headers: gone = headers(), ...options }, ...sending }: Sending) => {
      gone.set(goneHeader, '1')
      const kept = this.#expiryMs === undefined ? { ttl: `${goneKeptSec}s` } : {}
      return await this.#write(key, new Uint8Array(0), { ...sending, options: { ...options, ...kept, headers: gone } })
    }
    if (revision !== undefined) {
      await this.#writeBy(revision, key, end)
      return
    }
    try {
      await end({ options: {} })
    } catch (thrown) {
      throw this.#failure(thrown, 'deleting', key)
    }
  }

  async watch(pattern: string, onChange: (change: StateChange) => void): Promise<StateWatch> {
    this.#port.checkOpen()
    checkKeyPattern(pattern)
    const { watchesMax } = this.#port.limits
    if (this.#watches >= watchesMax) throw limitReached(`state ${this.name}`, 'watchesMax', watchesMax)
    this.#watches++
    const watch = new NatsWatch(this.#port, {
      state: this.name,
      arrivals: this.#arrivals,
      stream: this.#stream,
      subjectPrefix: this.#prefix,
      pattern,
      known: this.#known,
      endsKeptMs: this.#expiryMs ?? goneKeptSec * 1_000,
      onChange,
      onEnd: () => void this.#watches--,
    })
    await watch.begin()
    return watch
  }

  /** Writes when the value still has the revision. A write of somebody else that is on its way may fail, so it is waited for. */
  async #writeBy(revision: number, key: string, write: (sending: Sending) => Promise<number>): Promise<number> {
    const over = sequenceOf(revision)
    if (over === undefined) throw revisionConflict(key, revision, valueRevision(await this.#readNewest(key)))
    const own = new ConditionalWrite('update')
    own.begin(over)
    for (;;) {
      try {
        return await write(own.sending())
      } catch (thrown) {
        if (!isConflict(thrown)) throw this.#failure(thrown, 'updating', key)
        own.refuse(thrown)
        const found = await this.#readNewest(key)
        const verdict = writeVerdict(own, newestOf(found))
        if (verdict === 'written') return (found as StoredMsg).seq
        const isGone = found === undefined && own.tries >= triesMax
        if (verdict === 'refused' || isGone) throw revisionConflict(key, revision, valueRevision(found))
        if (verdict === 'unknown' || own.tries >= triesMax) throw this.#failure(thrown, 'updating', key)
        await delay(this.#port.clock, retryMs, this.#port.closing)
      }
    }
  }

  async #write(key: string, body: Uint8Array, { options, sentTwice }: Sending): Promise<number> {
    const send = ({ client }: NatsAccess, isSecond = false) => {
      if (isSecond) sentTwice?.()
      return client.publish(this.#prefix + key, body, options)
    }
    // Without a condition one that comes late would undo what was written since.
    const { seq } = await (options.expect === undefined
      ? untilHeard(this.#port, () => send(this.#port.access()))
      : eitherWay(this.#port, send))
    if (this.#port.replicas > 1) this.#see(key, seq)
    return seq
  }

  /** From any server, unless that one is behind what this process has seen. */
  async #read(key: string): Promise<StoredMsg | undefined> {
    const query = { last_by_subj: this.#prefix + key }
    try {
      const found = await eitherWay(this.#port, ({ manager }) => manager.direct.getMessage(this.#stream, query))
      if (this.#port.replicas === 1) return found ?? undefined
      if (this.#seen.isOld(key, found?.seq ?? 0)) return await this.#readAgain(key)
      if (found !== null) this.#see(key, found.seq)
      return found ?? undefined
    } catch (thrown) {
      throw this.#failure(thrown, 'reading', key)
    }
  }

  /** From the leader: whoever led until a moment ago may answer in its place, and be behind too. */
  async #readAgain(key: string): Promise<StoredMsg | undefined> {
    for (let tries = 1; ; tries++) {
      const found = await this.#readNewest(key)
      // A key that has no message any more had its end meanwhile.
      if (found === undefined || !this.#seen.isOld(key, found.seq)) return found
      if (tries >= triesMax) throw new Error(`no server that is up to date has answered`)
      await delay(this.#port.clock, retryMs, this.#port.closing)
    }
  }

  /** From the leader. */
  async #readNewest(key: string): Promise<StoredMsg | undefined> {
    const query = { last_by_subj: this.#prefix + key }
    try {
      const ask = ({ manager }: NatsAccess) => manager.streams.getMessage(this.#stream, query)
      return (await eitherWay(this.#port, ask)) ?? undefined
    } catch (thrown) {
      if (isNotFound(thrown)) return undefined
      throw this.#failure(thrown, 'reading', key)
    }
  }

  #see(key: string, sequence: number): void {
    this.#seen.see(key, sequence)
    this.#known.see(sequence)
  }

  #check(key: string): void {
    this.#port.checkOpen()
    checkKey(key)
  }

  /** A copy: the client keeps what it is given until it is sent. */
  #checkValue(key: string, value: Uint8Array): Uint8Array {
    this.#check(key)
    this.#port.checkSize(`${this.name}: ${key}`, value)
    return new Uint8Array(value)
  }

  #failure(thrown: unknown, doing: string, key: string): MabeamError {
    return this.#port.failure(thrown, `${doing} ${key} of state ${this.name}`)
  }
}

/** Of the value that a key's newest message is; null when it has none. */
function valueRevision(found: StoredMsg | undefined): number | null {
  return found === undefined || endOf(found.header) !== undefined ? null : revisionOf(found.seq)
}

function isConflict(thrown: unknown): boolean {
  const code = refusalCode(thrown)
  return code === refusal.wrongLastSequence || code === refusal.writeUnderWay
}
