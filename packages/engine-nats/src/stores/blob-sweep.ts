/**
 * Removes chunks that no record names: those of writers that were killed, and of values whose clearing away failed. Chunks of an
 * upload whose newest is younger than an hour may still get their record, and are left. All times are the server's.
 */

import { messageOf } from '@mabeam/foundation'
import type { NatsPort } from '../nats-port.ts'
import type { BlobChunks, KnownUpload } from './blob-chunks.ts'

export interface SweepSettings {
  readonly store: string
  readonly chunks: Pick<BlobChunks, 'uploads' | 'writtenMs' | 'remove'>
  /** Of the value that a key has; undefined when it has none. */
  uploadOf(key: string): Promise<string | undefined>
  /** @default 3_600_000 */
  readonly youngMs?: number
}

const everyMs = 3_600_000
/** Uploads that one sweep looks at. */
const uploadsMax = 10_000

export class BlobSweep {
  readonly #port: NatsPort
  readonly #settings: SweepSettings
  #dueMs = Number.NEGATIVE_INFINITY

  constructor(port: NatsPort, settings: SweepSettings) {
    this.#port = port
    this.#settings = settings
  }

  /** Sweeps beside whatever else goes on, unless that was done within an hour. */
  startIfDue(): void {
    const nowMs = this.#port.clock.monotonicMs()
    if (nowMs < this.#dueMs) return
    this.#dueMs = nowMs + everyMs
    this.run().catch((thrown) => {
      if (this.#port.closing.aborted) return
      this.#port.report('sweep-failed', { store: this.#settings.store, message: messageOf(thrown) })
    })
  }

  /** Resolves with how many uploads it removed. */
  async run(): Promise<number> {
    const { chunks, store } = this.#settings
    const { uploads, nowMs } = await chunks.uploads()
    let removed = 0
    for (const one of uploads.slice(0, uploadsMax)) {
      if (this.#port.closing.aborted) break
      if (!(await this.#isOrphan(one, nowMs))) continue
      await chunks.remove(one.upload)
      removed++
    }
    if (removed > 0) this.#port.report('chunks-swept', { store }, { uploads: removed })
    return removed
  }

  async #isOrphan({ key, upload }: KnownUpload, nowMs: number): Promise<boolean> {
    const { chunks, uploadOf, youngMs = 3_600_000 } = this.#settings
    if ((await uploadOf(key)) === upload) return false
    const writtenMs = await chunks.writtenMs(upload)
    return writtenMs !== undefined && nowMs - writtenMs > youngMs
  }
}
