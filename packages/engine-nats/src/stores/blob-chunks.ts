/** The chunks of long values: written and read a few at once, each a message of its own, and removed together. */

import type { NatsPort } from '../nats-port.ts'
import type { BlobRecord } from './blob-record.ts'
import { isNotFound } from './server-refusal.ts'
import { untilHeard } from './until-heard.ts'

/** Chunks that are there, whether a record names them or not. */
export interface KnownUpload {
  readonly key: string
  readonly upload: string
}

/** Short enough that other messages of the connection need not wait long. */
const chunkBytes = 262_144
const underWayMax = 8

export class BlobChunks {
  readonly #port: NatsPort
  readonly #stream: string
  readonly #subject: string

  /** `subject` is that of all chunks, to which the upload, a number and the key are added. */
  constructor(port: NatsPort, stream: string, subject: string) {
    this.#port = port
    this.#stream = stream
    this.#subject = subject
  }

  /** As long as a message may be, and no longer than is good for others. */
  get bytesMax(): number {
    return Math.min(chunkBytes, this.#port.bytesMax())
  }

  /** Resolves with how many there are, when all are kept. The first one is there before all others, so that it tells of them. */
  async write({ key, upload }: KnownUpload, body: Uint8Array): Promise<number> {
    const { bytesMax } = this
    const count = Math.ceil(body.length / bytesMax)
    const write = async (i: number) => {
      const chunk = body.subarray(i * bytesMax, (i + 1) * bytesMax)
      const subject = `${this.#subject}.${upload}.${i}.${key}`
      await untilHeard(this.#port, () => this.#port.access().client.publish(subject, chunk))
    }
    await write(0)
    await eachOf(count - 1, (i) => write(i + 1))
    return count
  }

  /** Undefined when one is missing, or they are not as long as they should be. */
  async read(key: string, { upload, chunks, bytes }: BlobRecord): Promise<Uint8Array | undefined> {
    const found = new Array<Uint8Array>(chunks)
    let isWhole = true
    await eachOf(chunks, async (i) => {
      const chunk = isWhole ? await this.#chunk(`${this.#subject}.${upload}.${i}.${key}`) : undefined
      if (chunk === undefined) isWhole = false
      else found[i] = chunk
    })
    if (!isWhole || found.reduce((sum, one) => sum + one.length, 0) !== bytes) return undefined
    const body = new Uint8Array(bytes)
    let at = 0
    for (const one of found) {
      body.set(one, at)
      at += one.length
    }
    return body
  }

  async remove(upload: string): Promise<void> {
    await this.#port.access().manager.streams.purge(this.#stream, { filter: `${this.#subject}.${upload}.>` })
  }

  /** All uploads, and what time it is at the server. */
  async uploads(): Promise<{ readonly uploads: readonly KnownUpload[]; readonly nowMs: number }> {
    const filter = `${this.#subject}.*.0.>`
    const { state, ts } = await this.#port
      .access()
      .manager.streams.info(this.#stream, { subjects_filter: filter, deleted_details: false })
    const uploads = Object.keys(state.subjects ?? {}).map((subject) => {
      const [upload = '', , ...key] = subject.slice(this.#subject.length + 1).split('.')
      return { upload, key: key.join('.') }
    })
    return { uploads, nowMs: ts === undefined ? this.#port.clock.nowMs() : Date.parse(ts) }
  }

  /** When its newest chunk was written, as the server has it. */
  async writtenMs(upload: string): Promise<number | undefined> {
    const query = { last_by_subj: `${this.#subject}.${upload}.>` }
    const found = await orNone(this.#port.access().manager.streams.getMessage(this.#stream, query))
    return found?.time.getTime()
  }

  /** From any server; a server that is behind does not have it, but another one may. */
  async #chunk(subject: string): Promise<Uint8Array | undefined> {
    const { manager } = this.#port.access()
    const query = { last_by_subj: subject }
    const near = await untilHeard(this.#port, () => manager.direct.getMessage(this.#stream, query))
    if (near !== null || this.#port.replicas === 1) return near?.data
    return (await orNone(manager.streams.getMessage(this.#stream, query)))?.data
  }
}

/** For each number below `count`, a few at once. Stops at the first that fails. */
async function eachOf(count: number, run: (i: number) => Promise<void>): Promise<void> {
  let next = 0
  let failed = false
  const work = async () => {
    while (next < count && !failed) {
      try {
        await run(next++)
      } catch (thrown) {
        failed = true
        throw thrown
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(count, underWayMax) }, work))
}

async function orNone<T>(found: Promise<T | null>): Promise<T | undefined> {
  try {
    return (await found) ?? undefined
  } catch (thrown) {
    if (isNotFound(thrown)) return undefined
    throw thrown
  }
}
