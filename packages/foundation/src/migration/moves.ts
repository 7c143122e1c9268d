/** Actors that leave this node under their names in the system: carries out what `move-step.ts` decides. */

import type { ActorAddress } from '../actors/actor-address.ts'
import { type HeldActor, holdActor } from '../actors/hand-over.ts'
import type { CancelTimer } from '../clock.ts'
import { type DirectoryRecord, namePlace } from '../directory/directory-record.ts'
import { limitReached, nameTaken, noSuchActor } from '../errors/actor-errors.ts'
import { moveTimeout } from '../errors/migration-errors.ts'
import { hasCode } from '../errors.ts'
import type { SystemActorSpec } from '../node/system-actors.ts'
import { unknownName } from '../options.ts'
import type { ArrivalsSettings } from './arrivals.ts'
import { isOfMove, moveNote } from './move-message.ts'
import { type MoveCommand, type MoveEvent, type MoveState, type MoveStep, moveStep, newMove } from './move-step.ts'
import type { Packed } from './snapshots.ts'

export interface MovesSettings extends Omit<ArrivalsSettings, 'step'> {
  /** @default moveStep; tests plant a wrong one */
  readonly step?: MoveStep
}

export interface MoveHow {
  readonly to: string
  readonly timeoutMs: number
  /** Gives it up as long as it can be taken back. */
  readonly signal?: AbortSignal | undefined
}

/** Actors that leave at once. */
const movesMax = 1_000
const againMs = 250
/** For what is done at once where it arrives. */
const answerMs = 2_000

export class Moves {
  readonly #settings: MovesSettings
  readonly #moves = new Map<string, Move>()
  #count = 0

  constructor(settings: MovesSettings) {
    this.#settings = settings
  }

  get size(): number {
    return this.#moves.size
  }

  /** Resolves when it has left; rejects with why it has not. Time is kept by whoever calls. */
  async move(spec: SystemActorSpec, how: MoveHow): Promise<void> {
    const { name } = spec.options
    const { port } = this.#settings
    if (this.#moves.has(name)) throw nameTaken(name)
    if (this.#moves.size >= movesMax) throw limitReached(`node ${port.name}`, 'movesMax', movesMax)
    const move = new Move(this.#settings, { spec, how, id: `${port.name}/${port.epoch}/${++this.#count}` })
    this.#moves.set(name, move)
    try {
      await move.run()
    } finally {
      this.#moves.delete(name)
    }
  }

  /** The name is somebody else's; whether that is part of a move. */
  lost(name: string): boolean {
    return this.#moves.get(name)?.isOffered === true
  }

  /** Whether it may be taken back, also where it has ended meanwhile: whose the name is has to be known first. */
  mayComeBack(name: string): boolean {
    return this.#moves.get(name)?.isUndecided === true
  }

  /** Resolves when none is under way, or so much time has passed: what can't be settled by then ends with the node. */
  async close(graceMs: number): Promise<void> {
    const { clock } = this.#settings.port
    const { promise, resolve } = Promise.withResolvers<void>()
    const moves = [...this.#moves.values()]
    for (const one of moves) one.giveUp(new Error('the node closes'))
    const cancel = clock.setTimer(graceMs, resolve)
    await Promise.race([Promise.allSettled(moves.map((one) => one.done)), promise])
    cancel()
    for (const one of moves) one.end()
  }
}

interface MoveGiven {
  readonly spec: SystemActorSpec
  readonly how: MoveHow
  /** Tells attempts apart. */
  readonly id: string
}

class Move {
  readonly #settings: MovesSettings
  readonly #given: MoveGiven
  /** The life of the other node that is meant. */
  readonly #target: Pick<ActorAddress, 'node' | 'epoch'>
  readonly #done = Promise.withResolvers<void>()
  /** Ends what is under way before it is offered. */
  readonly #givenUp = new AbortController()
  #state: MoveState = newMove
  #held: HeldActor | undefined
  /** Resolves when it has ended here. */
  readonly #left = Promise.withResolvers<void>()
  #packed: Packed | undefined
  #sinceMs = 0
  #cancel: CancelTimer = () => {}

  constructor(settings: MovesSettings, given: MoveGiven) {
    this.#settings = settings
    this.#given = given
    const { to } = given.how
    this.#target = { node: to, epoch: settings.membership.member(to)?.epoch ?? 0 }
    this.#done.promise.catch(() => {})
  }

  get done(): Promise<void> {
    return this.#done.promise
  }

  /** Whether the other node may have the name already. Not that of another actor, which was started here under it since. */
  get isOffered(): boolean {
    const { phase } = this.#state
    const spec = this.#settings.actors.spec(this.#name)
    if (spec !== undefined && spec !== this.#given.spec) return false
    return this.isUndecided || phase === 'opening'
  }

  get isUndecided(): boolean {
    const { phase } = this.#state
    return phase === 'offering' || phase === 'taking-back'
  }

  async run(): Promise<void> {
    const { signal, timeoutMs, to } = this.#given.how
    const { clock } = this.#settings.port
    const cancel = clock.setTimer(timeoutMs, () => this.giveUp(moveTimeout(`"${this.#name}"`, to, timeoutMs)))
    const onAbort = () => this.giveUp(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#send({ type: 'start' })
    await this.done.finally(() => {
      cancel()
      signal?.removeEventListener('abort', onAbort)
    })
  }

  giveUp(thrown: unknown): void {
    this.#givenUp.abort(thrown)
    this.#send({ type: 'failed', thrown })
  }

  /** The node is about to be closed. */
  end(): void {
    this.#cancel()
    this.#done.resolve()
  }

  get #name(): string {
    return this.#given.spec.options.name
  }

  #send(event: MoveEvent): void {
    const { step = moveStep } = this.#settings
    const [state, commands] = step(this.#state, event)
    this.#state = state
    for (const command of commands) this.#carryOut(command)
  }

  #carryOut(command: MoveCommand): void {
    const { migration, port } = this.#settings
    switch (command.type) {
      case 'target-ask':
        this.#try(this.#ask(), () => ({ type: 'accepted' }))
        break
      case 'actor-hold':
        this.#try(this.#hold(), () => ({ type: 'held' }))
        break
      case 'snapshot-store':
        this.#try(this.#store(), () => ({ type: 'stored' }))
        break
      case 'target-offer':
        this.#try(this.#offer(), () => ({ type: 'ready' }))
        break
      case 'name-take-back':
        void this.#takeBack()
        break
      case 'wait':
        this.#cancel = port.clock.setTimer(againMs, () => this.#send({ type: 'due' }), { unref: true })
        break
      case 'actor-release':
        this.#release()
        break
      case 'actor-leave':
        this.#leave(command.to === 'target')
        break
      case 'target-open':
        this.#open()
        break
      case 'snapshot-drop':
        void migration.snapshots.drop(this.#packed?.value)
        break
      case 'move-done':
        this.#done.resolve()
        break
      case 'move-failed':
        this.#done.reject(command.thrown)
    }
  }

  #try(trying: Promise<unknown>, next: () => MoveEvent): void {
    trying.then(
      () => this.#send(next()),
      (thrown) => this.#send({ type: 'failed', thrown }),
    )
  }

  async #ask(): Promise<void> {
    const { migration, membership } = this.#settings
    const { how, spec } = this.#given
    if (membership.member(how.to) === undefined) {
      throw unknownName(
        'move',
        'node',
        how.to,
        membership.members().map(({ name }) => name),
      )
    }
    const { name: definition, version } = spec.definition
    const what = { verb: 'move-ask', name: this.#name, data: { definition, version } }
    await migration.ask(this.#target, what, { timeoutMs: how.timeoutMs, signal: this.#givenUp.signal })
  }

  async #hold(): Promise<void> {
    const { actors, migration, port } = this.#settings
    const actor = actors.running(this.#name)
    if (actor === undefined) throw noSuchActor(`"${this.#name}"`, true)
    // What was sent after it before is to be back first.
    await migration.departures.settling(this.#name)
    this.#givenUp.signal.throwIfAborted()
    migration.departures.hold(this.#name)
    const held = await holdActor(actor, this.#givenUp.signal)
    this.#sinceMs = port.clock.monotonicMs()
    if (this.#state.phase === 'holding') this.#held = held
    else held.release()
  }

  async #store(): Promise<void> {
    const { snapshots } = this.#settings.migration
    this.#packed = await snapshots.pack(this.#held?.saved, `"${this.#name}"`, `${this.#name}.${this.#given.id}`)
  }

  async #offer(): Promise<void> {
    const { migration, directory, port } = this.#settings
    const { spec, how, id } = this.#given
    const record = await directory.records.getFresh(namePlace(this.#name).key)
    if (record === undefined || !this.#isOwn(record)) throw nameTaken(this.#name)
    const { name: definition, version } = spec.definition
    const data = {
      ...{ definition, version, move: id, epoch: port.epoch, revision: record.revision },
      ...{ state: this.#packed?.value, arg: spec.arg, options: { ...spec.options } },
    }
    const offer = { verb: 'move-offer', name: this.#name, data }
    for (;;) {
      try {
        await migration.ask(this.#target, offer, { timeoutMs: Math.min(answerMs, how.timeoutMs) })
        return
      } catch (thrown) {
        // Said again where nothing is heard of it: the actor stands still until it is answered.
        if (!hasCode(thrown, 'foundation/request-timeout') || this.#state.phase !== 'offering') throw thrown
      }
    }
  }

  async #takeBack(): Promise<void> {
    const { directory, actors, migration } = this.#settings
    const { id } = this.#given
    const place = namePlace(this.#name)
    const what = { address: actors.addressOf(this.#name), metadata: moveNote(id) }
    try {
      if ((await migration.decisions.decide(id, 'source')) === 'target') {
        return this.#send({ type: 'taken-back', owner: 'target' })
      }
      // Written anew also where it is its own, which voids what the other node may still write.
      await directory.records.takeOver(place, what, (held) => this.#mayTakeBack(held))
      this.#send({ type: 'taken-back', owner: 'self' })
    } catch (thrown) {
      const isTaken = hasCode(thrown, 'foundation/name-taken')
      const held = isTaken ? await directory.records.getFresh(place.key).catch(() => undefined) : undefined
      this.#send({ type: 'taken-back', owner: this.#mayTakeBack(held) ? 'unknown' : 'other' })
    }
  }

  #mayTakeBack(held: DirectoryRecord | undefined): boolean {
    if (held === undefined || this.#isOwn(held)) return true
    return held.node === this.#given.how.to && isOfMove(held, this.#given.id)
  }

  #isOwn({ node, epoch }: DirectoryRecord): boolean {
    const { port } = this.#settings
    return node === port.name && epoch === port.epoch
  }

  #release(): void {
    const { actors, directory, migration } = this.#settings
    this.#held?.release()
    migration.departures.stay(this.#name)
    // It was ended meanwhile, and gave its name back while that was not its own.
    if (this.#held !== undefined && actors.running(this.#name) === undefined && actors.spec(this.#name) === undefined) {
      directory.unregister(this.#name).catch(() => {})
    }
  }

  #leave(toTarget: boolean): void {
    const { actors, migration, port } = this.#settings
    const { departures } = migration
    const to = { ...actors.addressOf(this.#name), ...this.#target }
    const figures = { stateBytes: this.#packed?.bytes ?? 0, sinceMs: this.#sinceMs || port.clock.monotonicMs(), to }
    this.#held?.leave({
      stop: () => actors.requestStop(this.#name),
      mail: (waiting) => {
        if (toTarget) departures.leave(this.#name, waiting, figures)
        else departures.refuse(this.#name, waiting)
        this.#left.resolve()
      },
    })
  }

  #open(): void {
    const { migration } = this.#settings
    const what = { verb: 'move-open', name: this.#name, data: this.#given.id }
    // Its last words here come first.
    const opening = this.#left.promise.then(() => migration.ask(this.#target, what, { timeoutMs: answerMs }))
    opening.then(
      () => this.#send({ type: 'opened' }),
      () => this.#send({ type: 'unopened' }),
    )
  }
}
