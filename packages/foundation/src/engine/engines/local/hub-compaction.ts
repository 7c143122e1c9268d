/** When the log of a hub is made short again, and the doing of it, a slice a turn, while the hub goes on. */

import { messageOf } from '../../../errors.ts'
import type { HubLog } from './hub-log.ts'
import type { Reporter } from './hub-port.ts'

export interface CompactionOptions {
  readonly reporter: Reporter
  /** Takes the snapshot. */
  begin(log: HubLog): void
  /** Writes what waits; false when the hub has ended. */
  flush(): boolean
}

const leastBytes = 4_194_304
/** Times the length of the last snapshot. */
const growth = 4

export class HubCompaction {
  readonly #log: HubLog
  readonly #options: CompactionOptions
  #failedAt = 0
  #isWanted = false

  constructor(log: HubLog, options: CompactionOptions) {
    this.#log = log
    this.#options = options
  }

  /** Something was refused because the log is as long as it may be. */
  want(): void {
    this.#isWanted = true
  }

  /** Begins one if the log is long enough for it. */
  consider(): void {
    const { bytes, baseBytes, isCompacting } = this.#log
    if (isCompacting) return
    const longBytes = Math.max(leastBytes, growth * baseBytes, this.#failedAt)
    // Without a change since the last snapshot another one would be as long.
    if (bytes < longBytes && !(this.#isWanted && bytes > baseBytes)) return
    this.#isWanted = false
    this.#attempt(() => {
      this.#options.begin(this.#log)
      this.#goOn(bytes)
    })
  }

  #goOn(bytesBefore: number): void {
    setImmediate(() => {
      // First what waits to be written: whether that can be is another matter than the snapshot.
      if (!this.#options.flush()) return
      this.#attempt(() => {
        if (!this.#log.compact()) return this.#goOn(bytesBefore)
        const { path, bytes } = this.#log
        this.#options.reporter.report('hub-log-compacted', { path }, { bytesBefore, bytes })
      })
    })
  }

  /** The log goes on as it is when it fails, and it is tried again when it has doubled. */
  #attempt(run: () => void): void {
    try {
      run()
    } catch (thrown) {
      this.#failedAt = this.#log.bytes * 2
      const { path, bytes } = this.#log
      this.#options.reporter.report('hub-log-not-compacted', { path, message: messageOf(thrown) }, { bytes })
    }
  }
}
