/**
 * One place on this node: starts what runs there once the claim is this node's, hands it over when it should be elsewhere, and
 * kills it when the session is lost. One thing at a time; the newest wish counts when that is done.
 */

import { type Clock, delay } from '../clock.ts'
import { isMabeamError } from '../errors.ts'
import type { Claim } from '../leases/claims.ts'

/** What runs at a place. */
export interface PlacedActor {
  /** Resolves when it has ended by itself or was given up by its supervisor; never after `stop` or `kill`. */
  readonly ended: Promise<void>
  /** Ends it in order and resolves with what the next holder is given. */
  stop(): Promise<unknown>
  /** What it was ended with by `stop` is known to be the next holder's. @default nothing is done */
  released?(): void
  /** Ends it at once: its claim is somebody else's by now. */
  kill(): void
}

/** How long after the engine did not answer a claim is given up again. */
const releaseAgainMs = 250

/** How actors are started at places; never two at once for one key. */
export interface PlaceHost {
  /** When the signal aborts, the claim is lost or given up: what is being started ends at once. */
  start(claim: Claim, signal: AbortSignal): Promise<PlacedActor>
}

/** What a place may be doing on this node. */
export type PlaceStatus = 'idle' | 'starting' | 'running' | 'stopping'

export interface PlaceRunnerSettings {
  readonly clock: Clock
  readonly host: PlaceHost
  /** Gives the claim up; tried again while the engine is away, since what is handed over is nowhere else. */
  readonly release: (claim: Claim, handedOver: unknown) => Promise<void>
  readonly onChange: () => void
  /** It would not start, or ended: how often in a row. */
  readonly onFailed: (key: string, thrown: unknown) => void
}

export class PlaceRunner {
  readonly key: string
  readonly #settings: PlaceRunnerSettings
  #status: PlaceStatus = 'idle'
  #claim: Claim | undefined
  #actor: PlacedActor | undefined
  /** Raised by `kill`: what was begun before it is void. */
  #generation = 0
  #isLeaving = false
  /** Of the start under way, which nothing else begins before the end of. */
  #start: AbortController | undefined
  /** The start, or the giving up, that is under way. Never rejects. */
  #work: Promise<void> = Promise.resolve()

  constructor(key: string, settings: PlaceRunnerSettings) {
    this.key = key
    this.#settings = settings
  }

  get status(): PlaceStatus {
    return this.#status
  }

  /** The claim it runs under. */
  get claim(): Claim | undefined {
    return this.#claim
  }

  /** Starts under that claim, unless it is busy. */
  run(claim: Claim): void {
    if (this.#status !== 'idle') return
    this.#status = 'starting'
    this.#claim = claim
    const generation = this.#generation
    const start = new AbortController()
    this.#start = start
    this.#work = this.#settings.host.start(claim, start.signal).then(
      (actor) => {
        this.#start = undefined
        if (generation !== this.#generation) {
          actor.kill()
          return this.#idle()
        }
        this.#actor = actor
        this.#status = 'running'
        actor.ended.then(() => this.#giveBack(generation, new Error('it ended')))
        this.#settings.onChange()
      },
      (thrown) => {
        this.#start = undefined
        return generation === this.#generation ? this.#giveBack(generation, thrown) : this.#idle()
      },
    )
  }

  /** Hands over what runs; resolves when what is under way is done: the claim is given up, or was lost. */
  give(): Promise<void> {
    const { claim } = this
    const actor = this.#actor
    if (this.#status === 'running' && claim !== undefined && actor !== undefined) this.#work = this.#hand(claim, actor)
    return this.#work
  }

  /** As `give`, for good: what is being started ends, and leaves what it was given to the next holder. */
  async leave(): Promise<void> {
    this.#isLeaving = true
    this.#start?.abort(new Error(`${this.key} is given up`))
    while (this.#status !== 'idle') await this.give()
  }

  /** The session is lost: whatever runs here ends now. */
  kill(): void {
    this.#generation++
    this.#actor?.kill()
    if (this.#start === undefined) this.#idle()
    else {
      this.#status = 'stopping'
      this.#claim = undefined
      this.#start.abort(new Error(`the claim of ${this.key} is lost`))
    }
  }

  async #hand(claim: Claim, actor: PlacedActor): Promise<void> {
    this.#status = 'stopping'
    const generation = this.#generation
    const handedOver = await actor.stop().catch(() => undefined)
    if (generation !== this.#generation) return
    if (await this.#release(claim, handedOver)) actor.released?.()
  }

  #giveBack(generation: number, thrown: unknown): Promise<void> | undefined {
    const claim = this.#claim
    if (generation !== this.#generation || claim === undefined || this.#status === 'stopping') return undefined
    this.#status = 'stopping'
    if (!this.#isLeaving) this.#settings.onFailed(this.key, thrown)
    this.#work = this.#release(claim, claim.handedOver).then(() => {})
    return this.#work
  }

  /** Until it is known to be given up, or the session is lost. Whether the next holder gets what is handed over. */
  async #release(claim: Claim, handedOver: unknown): Promise<boolean> {
    const generation = this.#generation
    const { release, clock, onFailed } = this.#settings
    let isLost = false
    let isDone = false
    while (generation === this.#generation) {
      try {
        await release(claim, isLost ? claim.handedOver : handedOver)
        isDone = !isLost
        break
      } catch (thrown) {
        if (isMabeamError(thrown) && thrown.retryable) await delay(clock, releaseAgainMs)
        else if (isLost) break
        else {
          // What can't be sent is lost, and said to be; the next holder begins as this one did.
          isLost = true
          onFailed(this.key, thrown)
        }
      }
    }
    if (generation === this.#generation) this.#idle()
    return isDone
  }

  #idle(): void {
    this.#status = 'idle'
    this.#claim = undefined
    this.#actor = undefined
    this.#settings.onChange()
  }
}
