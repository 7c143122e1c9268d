/**
 * Stands by for the hub: when nobody listens at the place of a project, one of those who stand by takes over. Which one is decided by a
 * lock that names its process, so there are never two hubs on one log; a hub whose process is stopped keeps it, and is not replaced.
 */

import { randomBytes } from 'node:crypto'
import { lstatSync, rmSync } from 'node:fs'
import { hubPathTaken } from '../../../errors/local-errors.ts'
import { hasCode, messageOf, toWireError } from '../../../errors.ts'
import { acquireLock, type LockFile } from '../../../journal/lock-file.ts'
import { Hub, type HubSettings } from './hub.ts'

export interface StandbySettings extends Omit<HubSettings, 'keeps' | 'onFailed'> {
  /** Of the lock, as `acquireLock` takes it. */
  readonly lockToken: string
  /** There is a hub here now, or none any more. */
  onHub(isHere: boolean): void
  /** There could be one here, and it can't be. It is tried again. */
  onFailed(reason: Error): void
}

/** Before it is tried again where it failed. */
const againMs = 500
/** So long a lock may be held with nobody listening: longer than any log takes to be read. */
const lockedMs = 60_000

export class Standby {
  readonly #settings: StandbySettings
  #hub: Hub | undefined
  #lock: LockFile | undefined
  #turn: Promise<void> | undefined
  #isClosed = false
  #notBeforeMs = Number.NEGATIVE_INFINITY
  /** Since when somebody holds the lock whom nobody can reach. */
  #lockedSinceMs: number | undefined

  constructor(settings: StandbySettings) {
    this.#settings = settings
  }

  /** Nobody listens at the place: takes over, unless somebody else does or has just failed here. Resolves when it was tried. */
  async contend(): Promise<void> {
    const { clock } = this.#settings
    if (this.#turn !== undefined || this.#hub !== undefined || this.#isClosed) return
    if (clock.monotonicMs() < this.#notBeforeMs) return
    this.#turn = this.#takeOver().finally(() => {
      this.#turn = undefined
    })
    await this.#turn
  }

  /** There is a hub, wherever it is. */
  met(): void {
    this.#lockedSinceMs = undefined
  }

  /** Hands the place to whoever stands by. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#turn
    await this.#leave()
  }

  async #takeOver(): Promise<void> {
    const { place, clock, lockToken } = this.#settings
    const beganMs = clock.monotonicMs()
    try {
      this.#lock = await acquireLock(place.logPath, lockToken)
    } catch (thrown) {
      return hasCode(thrown, 'foundation/journal-locked') ? this.#locked(thrown) : this.#failed(thrown)
    }
    if (this.#isClosed) return this.#leave()
    try {
      removeStaleSocket(place.socketPath)
      this.#hub = await Hub.open({
        ...this.#settings,
        keeps: randomBytes(8).toString('hex'),
        onFailed: (reason) => this.#hubFailed(reason),
      })
    } catch (thrown) {
      await this.#leave()
      return this.#failed(thrown)
    }
    const { records, logBytes } = this.#hub
    const durationMs = clock.monotonicMs() - beganMs
    this.#settings.reporter.report('hub-started', { directory: place.directory }, { durationMs, records, logBytes })
    this.#settings.onHub(true)
  }

  /** Somebody else is at it, or is stopped in the middle of it; or it is held by one of another machine, and nobody is there at all. */
  #locked(thrown: Error): void {
    const nowMs = this.#settings.clock.monotonicMs()
    this.#lockedSinceMs ??= nowMs
    if (nowMs - this.#lockedSinceMs < lockedMs) return
    this.#lockedSinceMs = undefined
    this.#failed(thrown)
  }

  #hubFailed(reason: Error): void {
    this.#hub = undefined
    this.#settings.onHub(false)
    this.#failed(reason)
    void this.#leave()
  }

  #failed(thrown: unknown): void {
    const { clock, place, reporter, onFailed } = this.#settings
    this.#notBeforeMs = clock.monotonicMs() + againMs
    const { code, message } = toWireError(thrown)
    reporter.report('hub-failed', { directory: place.directory, code, message })
    onFailed(thrown instanceof Error ? thrown : new Error(messageOf(thrown)))
  }

  /** In this order: the next one finds everything closed when it gets the lock. */
  async #leave(): Promise<void> {
    const [hub, lock] = [this.#hub, this.#lock]
    this.#hub = undefined
    this.#lock = undefined
    await hub?.close()
    await lock?.release()
    if (hub !== undefined) this.#settings.onHub(false)
  }
}

/** Requires: the lock is held, so whoever listened there is gone. */
function removeStaleSocket(path: string): void {
  if (process.platform === 'win32') return
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isSocket()) throw hubPathTaken(path, found.isDirectory() ? 'a folder' : 'a file')
  rmSync(path)
}
