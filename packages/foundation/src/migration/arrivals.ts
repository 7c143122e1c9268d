/** Actors that come to this node under their names in the system: carries out what `arrival-step.ts` decides. */

import type { ActorContext, ActorDefinition } from '../actors/actor.ts'
import type { CancelTimer } from '../clock.ts'
import type { Directory } from '../directory/directory.ts'
import { namePlace } from '../directory/directory-record.ts'
import { limitReached, nameTaken, nodeStopped, noSuchActor } from '../errors/actor-errors.ts'
import { moveRefused } from '../errors/migration-errors.ts'
import { definitionMissing } from '../errors/remote-errors.ts'
import { isMabeamError } from '../errors.ts'
import { isGone } from '../membership/member.ts'
import type { Membership } from '../membership/membership.ts'
import type { SpawnOptions } from '../node/spawn-options.ts'
import type { SystemActorSpec, SystemActors } from '../node/system-actors.ts'
import type { NodePort } from '../node-port.ts'
import type { RemoteMove } from '../remote/remote.ts'
import {
  type ArrivalCommand,
  type ArrivalEvent,
  type ArrivalState,
  type ArrivalStep,
  arrivalStep,
  newArrival,
} from './arrival-step.ts'
import type { Migration } from './migration.ts'
import { askedMove, isOfMove, moveNote, type OfferedMove, offeredMove } from './move-message.ts'

export interface ArrivalsSettings {
  readonly port: NodePort
  readonly migration: Migration
  readonly directory: Directory
  readonly membership: Membership
  readonly actors: SystemActors
  /** @default arrivalStep; tests plant a wrong one */
  readonly step?: ArrivalStep
}

/** Actors that come here at once. */
const arrivalsMax = 1_000
/** How long the other node may take to say that its copy has ended. */
const toldMs = 3_000
const againMs = 250
/** How long a name is kept for the other node to take back, where what came could not begin. */
const keptMs = 10_000

export class Arrivals {
  readonly #settings: ArrivalsSettings
  readonly #arrivals = new Map<string, Arrival>()
  readonly #kept = new Set<CancelTimer>()
  readonly #endNews: () => void
  #closed = false

  constructor(settings: ArrivalsSettings) {
    this.#settings = settings
    const { migration, membership } = settings
    migration.on('move-ask', async (what) => this.#ask(what))
    migration.on('move-offer', (what) => this.#offer(what))
    migration.on('move-open', async (what) => this.#open(what))
    this.#endNews = membership.onChange(({ member }) => {
      if (!isGone(member.status)) return
      for (const one of this.#arrivals.values()) one.sourceIsGone(member.name)
    })
  }

  get size(): number {
    return this.#arrivals.size
  }

  isComing(name: string): boolean {
    return this.#arrivals.has(name)
  }

  /** The name is somebody else's; whether it was one that had not begun. */
  lost(name: string): boolean {
    const arrival = this.#arrivals.get(name)
    arrival?.send({ type: 'lost' })
    return arrival !== undefined
  }

  close(): void {
    this.#closed = true
    this.#endNews()
    for (const cancel of this.#kept) cancel()
    for (const one of [...this.#arrivals.values()]) one.send({ type: 'lost' })
  }

  #ask({ name, data }: RemoteMove): true {
    const { definition, version } = askedMove(data)
    this.#definition(name, `${definition}@${version}`)
    return true
  }

  #definition(name: string, key: string): ActorDefinition {
    const { port, actors } = this.#settings
    if (this.#closed) throw nodeStopped(port.name)
    const definition = actors.definitions.get(key)
    if (definition === undefined) throw definitionMissing(port.name, key, [...actors.definitions.keys()])
    // Also one that is being started here, and is not known to have the name.
    const isHere = actors.running(name) !== undefined || actors.spec(name) !== undefined
    if (this.#arrivals.has(name) || isHere) throw nameTaken(name)
    if (this.#arrivals.size >= arrivalsMax) throw limitReached(`node ${port.name}`, 'arrivalsMax', arrivalsMax)
    return definition
  }

  async #offer({ name, data, from }: RemoteMove): Promise<true> {
    const offer = offeredMove(data)
    const known = this.#arrivals.get(name)
    // Said again where the answer is long in coming.
    if (known?.move === offer.move) return await known.ready
    const definition = this.#definition(name, `${offer.definition}@${offer.version}`)
    const options = { ...(offer.options as SpawnOptions), name }
    const spec: SystemActorSpec = { definition, arg: offer.arg as never, options }
    const arrival = new Arrival(this.#settings, { spec, offer, from }, () => {
      if (this.#arrivals.get(name) === arrival) this.#arrivals.delete(name)
      if (arrival.keepsName && !this.#closed) this.#giveBackLater(name)
    })
    this.#arrivals.set(name, arrival)
    arrival.send({ type: 'start' })
    return await arrival.ready
  }

  /** Said again where the answer was lost. */
  #open({ name, data }: RemoteMove): true {
    const arrival = this.#arrivals.get(name)
    if (arrival?.move === data) arrival?.send({ type: 'told' })
    if (this.#settings.actors.running(name) === undefined) throw noSuchActor(`"${name}"`, false)
    return true
  }

  #giveBackLater(name: string): void {
    const { port, directory, actors } = this.#settings
    const cancel = port.clock.setTimer(
      keptMs,
      () => {
        this.#kept.delete(cancel)
        if (actors.running(name) === undefined) directory.unregister(name).catch(() => {})
      },
      { unref: true },
    )
    this.#kept.add(cancel)
  }
}

interface ArrivalGiven {
  readonly spec: SystemActorSpec
  readonly offer: OfferedMove
  /** The node it comes from. */
  readonly from: string
}

class Arrival {
  /** The name is this node's, and nothing runs under it. */
  keepsName = false
  readonly #settings: ArrivalsSettings
  readonly #given: ArrivalGiven
  readonly #onEnd: () => void
  readonly #ready = Promise.withResolvers<true>()
  readonly #gate = Promise.withResolvers<void>()
  #state: ArrivalState = newArrival
  #cancel: CancelTimer = () => {}

  constructor(settings: ArrivalsSettings, given: ArrivalGiven, onEnd: () => void) {
    this.#settings = settings
    this.#given = given
    this.#onEnd = onEnd
    // Nobody may be waiting any more.
    this.#ready.promise.catch(() => {})
    this.#gate.promise.catch(() => {})
  }

  /** Resolves when it has loaded and waits. */
  get ready(): Promise<true> {
    return this.#ready.promise
  }

  /** Which attempt it is. */
  get move(): string {
    return this.#given.offer.move
  }

  sourceIsGone(node: string): void {
    if (node === this.#given.from && this.#state.phase === 'waiting') this.send({ type: 'due' })
  }

  send(event: ArrivalEvent): void {
    const { step = arrivalStep } = this.#settings
    const [state, commands] = step(this.#state, event)
    const isOver = state.phase === 'open' || state.phase === 'over'
    const wasOver = this.#state.phase === 'open' || this.#state.phase === 'over'
    this.#state = state
    for (const command of commands) this.#carryOut(command)
    if (!isOver || wasOver) return
    this.#cancel()
    this.#onEnd()
  }

  #carryOut(command: ArrivalCommand): void {
    const { name } = this.#given.spec.options
    switch (command.type) {
      case 'name-claim':
        this.#written(this.#claim())
        break
      case 'name-settle':
        this.#written(this.#settle())
        break
      case 'actor-load':
        this.keepsName = true
        void this.#load()
        break
      case 'source-answer':
        this.#ready.resolve(true)
        break
      case 'source-refuse':
        this.#ready.reject(
          command.thrown ?? moveRefused(`"${name}"`, 'its name is not that of the other node any more'),
        )
        break
      case 'wait-told':
        this.#wait(toldMs)
        break
      case 'wait-again':
        this.#wait(againMs)
        break
      case 'actor-open':
        this.keepsName = false
        this.#gate.resolve()
        break
      case 'actor-drop':
        this.#gate.reject(moveRefused(`"${name}"`, 'it was taken back'))
        this.#settings.actors.running(name)?.kill()
    }
  }

  #wait(ms: number): void {
    this.#cancel()
    this.#cancel = this.#settings.port.clock.setTimer(ms, () => this.send({ type: 'due' }), { unref: true })
  }

  async #claim(): Promise<void> {
    const { directory, actors, port } = this.#settings
    const { spec, offer, from } = this.#given
    const { name } = spec.options
    const { move, epoch, revision } = offer
    const what = { address: actors.addressOf(name), metadata: moveNote(move) }
    await directory.records.takeOver(namePlace(name), what, (held) => {
      // Written by a try whose answer was lost.
      if (isOfMove(held, move) && held?.node === port.name && held.epoch === port.epoch) return true
      return held?.node === from && held.epoch === epoch && held.revision === revision
    })
  }

  async #settle(): Promise<void> {
    const { name } = this.#given.spec.options
    const decided = await this.#settings.migration.decisions.decide(this.#given.offer.move, 'target')
    if (decided === 'source') throw nameTaken(name)
  }

  #written(writing: Promise<void>): void {
    writing.then(
      () => this.send({ type: 'written', outcome: 'done' }),
      (thrown) => {
        const code = isMabeamError(thrown) ? thrown.code : undefined
        if (code === 'foundation/engine-unavailable') this.send({ type: 'written', outcome: 'unknown' })
        else if (code === 'foundation/name-taken') this.send({ type: 'written', outcome: 'refused' })
        else this.send({ type: 'failed', thrown })
      },
    )
  }

  async #load(): Promise<void> {
    const { migration, actors } = this.#settings
    const { spec, offer } = this.#given
    try {
      const saved = await migration.snapshots.unpack(offer.state, `"${spec.options.name}"`)
      await actors.begin(spec, (context, running) => this.#begin(saved, context, running))
    } catch (thrown) {
      this.send({ type: 'failed', thrown })
    }
  }

  /** In place of `init`: messages wait until it is done. */
  async #begin(saved: unknown, context: ActorContext, running: ActorDefinition): Promise<unknown> {
    const { arg } = this.#given.spec
    const { actors, migration } = this.#settings
    const { name } = this.#given.spec.options
    const actor = actors.running(name)
    // What comes for one that does not begin is for whoever has the name.
    if (actor !== undefined) actor.attachments.mail = (waiting) => migration.departures.leave(name, waiting)
    const next = running.load === undefined ? saved : await running.load(saved, arg, context)
    this.send({ type: 'loaded' })
    await this.#gate.promise
    if (actor !== undefined) actor.attachments.mail = undefined
    return next
  }
}
