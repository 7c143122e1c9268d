/**
 * Large values: a record for each key and chunks beside, in one stream. A value is written chunks first and becomes visible with
 * its record, on the condition that the record before is the one whose chunks are then removed. So each record that is replaced is
 * cleared away by whoever replaced it; what a writer that was killed leaves behind is swept away later.
 */

import { type BlobStore, checkKey, delay, engineUnavailable, payloadTooLarge } from '@mabeam/foundation'
import { DiscardPolicy, type StoredMsg } from '@nats-io/jetstream'
import { headers, nuid } from '@nats-io/nats-core'
import type { NatsPort } from '../nats-port.ts'
import { BlobChunks } from './blob-chunks.ts'
import { type BlobRecord, digestOf, parseRecord, printRecord } from './blob-record.ts'
import { BlobSweep } from './blob-sweep.ts'
import { isNotFound, refusal, refusalCode } from './server-refusal.ts'
import { nanosOf, openStream, streamName, streamSubject } from './store-stream.ts'
import { untilHeard } from './until-heard.ts'

/** A value up to this length is in its record. */
const shortBytesMax = 65_536
/** Tries of a write or read that met others of the same key. */
const triesMax = 50
const retryMs = 10
const recordHeader = 'Mabeam-Blob'

export async function openBlobs(port: NatsPort, name: string): Promise<BlobStore> {
  await openStream(port, {
    kind: 'blobs',
    name,
    options: {},
    config: {
      subjects: [`${streamSubject('blobs', name)}.>`],
      max_msgs_per_subject: 1,
      discard: DiscardPolicy.New,
      allow_direct: true,
      duplicate_window: nanosOf(1_000),
    },
  })
  return new NatsBlobs(port, name)
}

/** A record with its place. */
interface KeptRecord extends BlobRecord {
  readonly sequence: number
  /** The value, when it is in the record. */
  readonly short: Uint8Array
}

class NatsBlobs implements BlobStore {
  readonly name: string
  readonly #port: NatsPort
  readonly #stream: string
  readonly #subject: string
  readonly #chunks: BlobChunks
  readonly #sweep: BlobSweep

  constructor(port: NatsPort, name: string) {
    this.#port = port
    this.name = name
    this.#stream = streamName('blobs', name)
    this.#subject = streamSubject('blobs', name)
    this.#chunks = new BlobChunks(port, this.#stream, `${this.#subject}.chunk`)
    const uploadOf = async (key: string) => (await this.#record(key))?.upload
    this.#sweep = new BlobSweep(port, { store: name, chunks: this.#chunks, uploadOf })
  }

  async put(key: string, body: Uint8Array): Promise<void> {
    this.#check(key)
    const { blobBytesMax } = this.#port.limits
    if (body.length > blobBytesMax) throw payloadTooLarge(`${this.name}: ${key}`, blobBytesMax, body.length)
    const own = new Uint8Array(body)
    const upload = nuid.next()
    const isShort = own.length <= Math.min(shortBytesMax, this.#chunks.bytesMax)
    try {
      const chunks = isShort ? 0 : await this.#chunks.write({ key, upload }, own)
      const record = { upload, chunks, bytes: own.length, digest: digestOf(own) }
      await this.#replace(key, record, isShort ? own : new Uint8Array(0))
    } catch (thrown) {
      // Whether its record is there is not known when the server did not answer: the sweep finds out.
      if (!isShort && refusalCode(thrown) !== undefined) await this.#chunks.remove(upload).catch(() => {})
      throw this.#port.failure(thrown, `putting ${key} into blobs ${this.name}`)
    }
    this.#sweep.startIfDue()
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    this.#check(key)
    try {
      for (let tries = 1; tries <= triesMax; tries++) {
        const record = await this.#record(key)
        if (record === undefined) return undefined
        const { blobBytesMax } = this.#port.limits
        if (record.bytes > blobBytesMax) throw payloadTooLarge(`${this.name}: ${key}`, blobBytesMax, record.bytes)
        const body = record.chunks === 0 ? new Uint8Array(record.short) : await this.#chunks.read(key, record)
        if (body !== undefined && digestOf(body) === record.digest) return body
        // It was replaced while it was read: its chunks are gone, and there is another record.
        await delay(this.#port.clock, tries > 1 ? retryMs : 0, this.#port.closing)
      }
    } catch (thrown) {
      throw this.#port.failure(thrown, `getting ${key} from blobs ${this.name}`)
    }
    const cause = new Error('it was replaced faster than it could be read, or parts of it are lost')
    throw engineUnavailable(this.#port.name, `getting ${key} from blobs ${this.name}`, cause)
  }

  async delete(key: string): Promise<void> {
    this.#check(key)
    try {
      const record = await this.#record(key)
      if (record === undefined) return
      // One that was replaced meanwhile was deleted just before.
      await this.#port.access().manager.streams.deleteMessage(this.#stream, record.sequence, false)
      if (record.chunks > 0) await this.#chunks.remove(record.upload)
    } catch (thrown) {
      if (!isNotFound(thrown)) throw this.#port.failure(thrown, `deleting ${key} from blobs ${this.name}`)
    }
  }

  /** Writes the record in the place of the one there is, and clears that away. */
  async #replace(key: string, record: BlobRecord, short: Uint8Array): Promise<void> {
    for (let tries = 1; ; tries++) {
      const before = await this.#record(key)
      // One that was refused by a server that leads no more may be there all the same.
      if (before?.upload === record.upload) return
      const words = headers()
      words.set(recordHeader, printRecord(record))
      try {
        const expect = { lastSubjectSequence: before?.sequence ?? 0 }
        const subject = this.#recordSubject(key)
        await untilHeard(this.#port, () =>
          this.#port.access().client.publish(subject, short, { headers: words, expect }),
        )
        // What can't be removed now is swept away later: the value is kept, whatever becomes of the old one.
        if (before !== undefined && before.chunks > 0) await this.#chunks.remove(before.upload).catch(() => {})
        return
      } catch (thrown) {
        const code = refusalCode(thrown)
        const isMet = code === refusal.wrongLastSequence || code === refusal.writeUnderWay
        if (!isMet || tries >= triesMax) throw thrown
        await delay(this.#port.clock, code === refusal.writeUnderWay ? retryMs : 0, this.#port.closing)
      }
    }
  }

  /** From the leader, so that whoever was told that it is kept finds it. */
  async #record(key: string): Promise<KeptRecord | undefined> {
    const query = { last_by_subj: this.#recordSubject(key) }
    let found: StoredMsg | null
    try {
      found = await this.#port.access().manager.streams.getMessage(this.#stream, query)
    } catch (thrown) {
      if (isNotFound(thrown)) return undefined
      throw thrown
    }
    const record = found === null ? undefined : parseRecord(found.header.get(recordHeader))
    if (found === null) return undefined
    if (record === undefined) throw new Error('a record that this version can not read')
    return { ...record, sequence: found.seq, short: found.data }
  }

  #recordSubject(key: string): string {
    return `${this.#subject}.record.${key}`
  }

  #check(key: string): void {
    this.#port.checkOpen()
    checkKey(key)
  }
}
