/** Starts actors at places, each under a supervisor of its own, and hands them over with what they know and what waits for them. */

import type { ActorContext, ActorDefinition, ArgOf } from '../actors/actor.ts'
import { handOver } from '../actors/hand-over.ts'
import type { RunningActor } from '../actors/running-actor.ts'
import { delay } from '../clock.ts'
import { isMabeamError } from '../errors.ts'
import type { Claim } from '../leases/claims.ts'
import type { PlacedActor, PlaceHost } from '../placement/place-runner.ts'
import type { SupervisorRuntime } from '../supervision/supervisor.ts'
import { actorOptionsOf, type PlaceOptions } from './place-options.ts'
import type { PlacingParts } from './placing.ts'

/** How long after the engine did not answer a state is stored again. */
const storeAgainMs = 250

/** What is placed. */
export interface PlacedGiven<D extends ActorDefinition> {
  readonly definition: D
  readonly arg: ArgOf<D>
  readonly options: PlaceOptions
}

export class ActorPlaceHost<D extends ActorDefinition> implements PlaceHost {
  readonly #parts: PlacingParts
  readonly #given: PlacedGiven<D>

  constructor(parts: PlacingParts, given: PlacedGiven<D>) {
    this.#parts = parts
    this.#given = given
  }

  async start(claim: Claim, signal: AbortSignal): Promise<PlacedActor> {
    const { definition, arg, options } = this.#given
    const { kernel, actors, system } = this.#parts
    let left = await system.migration.snapshots.unpack(claim.handedOver, `"${claim.key}"`)
    signal.throwIfAborted()
    const place = () => {
      // Only the first start goes on from what was handed over; what crashes begins anew, as everywhere.
      const saved = left
      left = undefined
      const begin =
        saved === undefined || definition.load === undefined
          ? undefined
          : (context: ActorContext, running: ActorDefinition) => running.load?.(saved, arg, context)
      return { fence: claim.token, begin }
    }
    const onAbort = () => kernel.entryOf(claim.key)?.actor?.kill()
    signal.addEventListener('abort', onAbort, { once: true })
    const starting = actors.spawnSupervised(definition, arg, {
      ...actorOptionsOf(options),
      name: claim.key,
      scope: 'system',
      restart: 'permanent',
      place,
    })
    const started = await starting.finally(() => signal.removeEventListener('abort', onAbort))
    return new ActorAtPlace(this.#parts, claim, started)
  }
}

interface StartedAtPlace {
  readonly supervisor: SupervisorRuntime
  readonly shutdownMs: number
}

class ActorAtPlace implements PlacedActor {
  readonly ended: Promise<void>
  readonly #parts: PlacingParts
  readonly #claim: Claim
  readonly #started: StartedAtPlace
  #isOver = false
  #isKilled = false

  constructor(parts: PlacingParts, claim: Claim, started: StartedAtPlace) {
    this.#parts = parts
    this.#claim = claim
    this.#started = started
    this.ended = started.supervisor.stopped.then(() => (this.#isOver ? new Promise<void>(() => {}) : undefined))
  }

  async stop(): Promise<unknown> {
    this.#isOver = true
    const { supervisor, shutdownMs } = this.#started
    const { clock } = this.#parts.port
    const actor = this.#running
    // It has as long for the message under way as for its last words: then it ends without having been saved.
    const cancel = clock.setTimer(shutdownMs, () => {
      supervisor.requestStop()
      actor?.kill()
    })
    // One that is being restarted has nothing to hand over.
    const saved = actor && (await this.#handOver(actor).catch(() => undefined))
    cancel()
    await supervisor.stop()
    return saved
  }

  kill(): void {
    this.#isOver = true
    this.#isKilled = true
    this.#started.supervisor.requestStop()
    this.#running?.kill()
  }

  released(): void {
    void this.#parts.system.migration.snapshots.drop(this.#claim.handedOver)
  }

  get #running(): RunningActor | undefined {
    return this.#parts.kernel.entryOf(this.#claim.key)?.actor
  }

  async #handOver(actor: RunningActor): Promise<unknown> {
    const { key } = this.#claim
    const { departures } = this.#parts.system.migration
    const figures = { stateBytes: 0, sinceMs: this.#parts.port.clock.monotonicMs() }
    // What was sent after it before is to be back first.
    await departures.settling(key)
    const saved = await handOver(actor, {
      stop: () => this.#started.supervisor.requestStop(),
      mail: (waiting) => departures.leave(key, waiting, figures),
    })
    if (actor.definition.save === undefined) return undefined
    return await this.#packed(saved, figures)
  }

  /** Until the engine has it, since it is nowhere else. */
  async #packed(saved: unknown, figures: { stateBytes: number }): Promise<unknown> {
    const { key, token } = this.#claim
    const { snapshots } = this.#parts.system.migration
    for (;;) {
      try {
        const { value, bytes } = await snapshots.pack(saved, `"${key}"`, `${key}.${token}`)
        figures.stateBytes = bytes
        return value
      } catch (thrown) {
        // What can't be sent is said to be lost by whoever gives the claim up with it.
        if (!isMabeamError(thrown) || !thrown.retryable || this.#isKilled) return saved
        await delay(this.#parts.port.clock, storeAgainMs)
      }
    }
  }
}
