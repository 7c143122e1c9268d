/**
 * Actors that have left this node, and the messages they have left behind: what waited goes first, in order, as soon as the next
 * holder is there, and what still comes is sent after it for a while. Answers to calls come back this way, so that their callers
 * notice nothing.
 *
 * *Delivery*: what waited at most once, in the order in which it waited. When nobody takes over in time, calls are refused with
 * `foundation/actor-moved`, which says that they were not worked on, and casts are lost and counted.
 */

import type { ActorAddress } from '../actors/actor-address.ts'
import type { Message } from '../actors/call-message.ts'
import type { IncomingCall, IncomingCast, Way } from '../actors/elsewhere.ts'
import type { CancelTimer, Clock } from '../clock.ts'
import { contextToWire } from '../context/wire-context.ts'
import { actorMoved, callTimeout, mailboxFull } from '../errors/actor-errors.ts'
import type { Telemetry } from '../telemetry.ts'

export interface DeparturesSettings {
  readonly clock: Clock
  readonly telemetry: Telemetry
  /** The name of this node. */
  readonly node: string
  /** Resolves with where the actor is by now and takes messages; with nothing when it can't be told for now. */
  readonly findReady: (name: string, signal: AbortSignal) => Promise<ActorAddress | undefined>
  /** Whether that is this node. */
  readonly isHere: (at: ActorAddress) => boolean
  readonly call: (at: ActorAddress, call: IncomingCall) => Promise<unknown>
  readonly cast: (at: ActorAddress, cast: IncomingCast) => void
  /** Resolves when all that was sent to a name at that place is where the actor is; rejects where that can't be told. */
  readonly settle: (name: string, at: ActorAddress) => Promise<void>
  /** Whether an actor of that name is about to begin here: its place is this node's already. */
  readonly isComing: (name: string) => boolean
  /** This node, where an actor of that name is here. */
  readonly here: (name: string) => ActorAddress | undefined
  /** Whether references of this node have to wait in line too. */
  readonly mark: (name: string, isReturning: boolean) => void
}

/** What is told of a move that is done. */
export interface MoveFigures {
  /** Of what was saved. */
  readonly stateBytes: number
  /** When it began to stand still, on the clock that only grows. */
  readonly sinceMs: number
  /** Where it has gone; asked for where that is not known. */
  readonly to?: ActorAddress
}

/** How long messages wait for the next holder. */
const holdMs = 10_000
/** What comes meanwhile, for one actor. */
export const lineMax = 10_000
/** How long what comes to the old place is sent after the actor. */
const forwardMs = 60_000
/** Actors whose new place is remembered; the one that left first is forgotten for one more. */
export const departuresMax = 10_000

interface Departure {
  readonly name: string
  /**
   * `held`: it still stands here. `leaving`: it has ended, and what waits is not on its way yet. `gone`: what comes is sent after
   * it. `returning`: it is back, and what was sent after it is not, so that what comes now has to wait.
   */
  phase: 'held' | 'leaving' | 'gone' | 'returning'
  /** Resolves when it is known where messages go from now on, and those that waited are on their way. */
  known: PromiseWithResolvers<void>
  /** What came meanwhile, in order, behind the mail. */
  readonly line: (() => void)[]
  /** What came back for one that has not begun, and goes before those. */
  readonly back: (() => void)[]
  to: ActorAddress | undefined
  cancel: CancelTimer
}

export class Departures {
  readonly #settings: DeparturesSettings
  readonly #departures = new Map<string, Departure>()
  readonly #closed = new AbortController()
  /** Calls that were sent after an actor and are not answered. */
  readonly #underway = new Set<Promise<unknown>>()
  /** Mail on its way, and the name it is for. */
  readonly #leaving = new Map<Promise<void>, string>()

  constructor(settings: DeparturesSettings) {
    this.#settings = settings
  }

  get size(): number {
    return this.#departures.size
  }

  /** An actor stands still and may leave. Who has to know where its messages go waits from now on. */
  hold(name: string): void {
    this.#begin(name, 'held')
  }

  /** It stays after all. */
  stay(name: string): void {
    const departure = this.#departures.get(name)
    if (departure?.phase === 'held') this.#forget(departure)
  }

  /** An actor of that name has begun here: what comes from now on waits until what was sent after it before is back. */
  returned(name: string): void {
    const departure = this.#departures.get(name)
    if (departure?.phase === 'gone') this.#awaitBack(departure)
    for (const next of departure?.back.splice(0) ?? []) next()
  }

  /** It has ended here. *Runs in* the turn in which it ended; what comes later waits behind `mail`. */
  leave(name: string, mail: readonly Message[], figures?: MoveFigures): void {
    if (this.#closed.signal.aborted) return void this.refuse(name, mail)
    const before = this.#departures.get(name)
    const isKept = before?.phase === 'held' || before?.phase === 'returning'
    const departure = isKept ? before : this.#begin(name, 'leaving')
    departure.phase = 'leaving'
    this.#settings.mark(name, false)
    const leaving = this.#follow(departure, mail, figures).finally(() => this.#leaving.delete(leaving))
    this.#leaving.set(leaving, name)
  }

  /** Undefined when nothing has to be waited for: it does not leave, or it is known where to. */
  settling(name: string): Promise<void> | undefined {
    const departure = this.#departures.get(name)
    return departure === undefined || departure.phase === 'gone' ? undefined : departure.known.promise
  }

  /** Nobody takes what it leaves behind: its callers are told that it was not worked on. */
  refuse(name: string, mail: readonly Message[]): void {
    this.stay(name)
    this.#return(name, mail)
  }

  /** Whether messages wait here, behind which one that came this way goes. What comes back from where the actor was goes first. */
  isInLine(name: string, way: Way | undefined): boolean {
    const phase = this.#departures.get(name)?.phase
    return phase === 'leaving' || (phase === 'returning' && !this.#isBack(way))
  }

  /** Where it went, for as long as that is remembered and it is not back. */
  placeOf(name: string): ActorAddress | undefined {
    const departure = this.#departures.get(name)
    return departure?.phase === 'gone' ? departure.to : undefined
  }

  /** A call that came here for one that left; undefined when nobody of that name did. */
  call(name: string, call: IncomingCall): Promise<unknown> | undefined {
    const departure = this.#lineOf(name)
    if (departure === undefined || departure.phase === 'held') return undefined
    if (departure.phase === 'gone') return this.#callAfter(departure, call)
    if (departure.line.length >= lineMax) return Promise.reject(mailboxFull(`"${name}"`, lineMax))
    const { clock } = this.#settings
    const untilMs = clock.monotonicMs() + call.timeoutMs
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#lineFor(departure, call.way).push(() => {
      const timeoutMs = untilMs - clock.monotonicMs()
      if (call.signal?.aborted) reject(call.signal.reason)
      else if (timeoutMs <= 0) reject(callTimeout(`"${name}"`, call.name, call.timeoutMs))
      else resolve(this.#callAfter(departure, { ...call, timeoutMs }))
    })
    return promise
  }

  /** Whether it was taken. */
  cast(name: string, cast: IncomingCast): boolean {
    const departure = this.#lineOf(name)
    if (departure === undefined || departure.phase === 'held') return false
    if (departure.phase === 'gone') this.#castAfter(departure, cast)
    else if (departure.line.length < lineMax)
      this.#lineFor(departure, cast.way).push(() => this.#castAfter(departure, cast))
    else this.#dropped(name, 1)
    return true
  }

  /** Resolves when what was left behind is delivered and answered, where somebody may take it, or so much time has passed. */
  async drained(timeoutMs: number, mayBeTaken: (name: string) => boolean): Promise<void> {
    const { clock } = this.#settings
    const untilMs = clock.monotonicMs() + timeoutMs
    const awaited = () => {
      const leaving = [...this.#leaving].filter(([, name]) => mayBeTaken(name)).map(([one]) => one)
      return [...leaving, ...this.#underway]
    }
    for (let waiting = awaited(); waiting.length > 0 && clock.monotonicMs() < untilMs; waiting = awaited()) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const cancel = clock.setTimer(untilMs - clock.monotonicMs(), resolve)
      void Promise.allSettled(waiting).then(() => resolve())
      await promise
      cancel()
    }
  }

  close(): void {
    this.#closed.abort(actorMoved('an actor that left'))
    for (const departure of this.#departures.values()) {
      if (departure.phase !== 'leaving') this.#forget(departure)
    }
  }

  #begin(name: string, phase: Departure['phase']): Departure {
    const before = this.#departures.get(name)
    if (before !== undefined && before.phase !== 'leaving') this.#forget(before)
    const departure: Departure = {
      name,
      phase,
      known: Promise.withResolvers(),
      line: [],
      back: [],
      to: undefined,
      cancel: () => {},
    }
    this.#departures.delete(name)
    this.#departures.set(name, departure)
    if (this.#departures.size > departuresMax) this.#forgetFirst()
    return departure
  }

  /** What comes for one that is about to begin waits as for one that has left. */
  #lineOf(name: string): Departure | undefined {
    const phase = this.#departures.get(name)?.phase
    if (phase !== undefined && phase !== 'gone') return this.#departures.get(name)
    if (this.#settings.isComing(name)) {
      const before = this.#departures.get(name)
      if (before === undefined) this.leave(name, [])
      else this.#awaitBack(before)
    }
    return this.#departures.get(name)
  }

  #awaitBack(departure: Departure): void {
    const { name, to } = departure
    const { settle, mark, here } = this.#settings
    if (to === undefined) return
    departure.phase = 'returning'
    departure.known = Promise.withResolvers()
    departure.cancel()
    mark(name, true)
    const back = async () => {
      const at = here(name) ?? (await this.#whereReady(name))
      departure.to = at === undefined || this.#settings.isHere(at) ? undefined : at
      this.#forget(departure)
    }
    settle(name, to).then(back, back)
  }

  #forgetFirst(): void {
    for (const departure of this.#departures.values()) {
      if (departure.phase !== 'gone') continue
      this.#forget(departure)
      return
    }
  }

  #forget(departure: Departure): void {
    departure.cancel()
    departure.phase = 'gone'
    const isNewest = this.#departures.get(departure.name) === departure
    if (isNewest) {
      this.#departures.delete(departure.name)
      this.#settings.mark(departure.name, false)
    }
    for (const next of [...departure.back.splice(0), ...departure.line.splice(0)]) next()
    departure.known.resolve()
  }

  /** Never rejects. */
  async #follow(departure: Departure, mail: readonly Message[], figures: MoveFigures | undefined): Promise<void> {
    const { clock } = this.#settings
    const at = figures?.to ?? (await this.#whereReady(departure.name))
    departure.to = at
    const castsLost = at === undefined ? this.#return(departure.name, mail) : this.#send(departure, at, mail)
    departure.phase = 'gone'
    if (at !== undefined) for (const next of [...departure.back.splice(0), ...departure.line.splice(0)]) next()
    if (at === undefined || this.#settings.isHere(at) || this.#closed.signal.aborted) this.#forget(departure)
    else {
      departure.cancel = clock.setTimer(forwardMs, () => this.#forget(departure), { unref: true })
      departure.known.resolve()
    }
    if (at !== undefined && figures !== undefined) this.#tellMoved(departure, { mail, castsLost, figures })
  }

  /** Undefined when nobody takes it in time. */
  async #whereReady(name: string): Promise<ActorAddress | undefined> {
    const { clock, findReady } = this.#settings
    const late = new AbortController()
    const cancel = clock.setTimer(holdMs, () => late.abort(actorMoved(`"${name}"`)), { unref: true })
    const signal = AbortSignal.any([late.signal, this.#closed.signal])
    const at = await findReady(name, signal).catch(() => undefined)
    cancel()
    return at
  }

  /** Returns how many casts could not be sent. */
  #send(departure: Departure, at: ActorAddress, mail: readonly Message[]): number {
    const { node } = this.#settings
    let castsLost = 0
    for (const message of mail) {
      if (message.done || message.lasting) continue
      const { name } = message.handler
      const { input, extras } = message
      const what = { name, input, context: contextToWire(message.context), way: { by: [node], isMail: true } }
      if (message.resolve !== undefined) {
        const timeoutMs = extras?.leftMs(this.#settings.clock.monotonicMs()) ?? Number.POSITIVE_INFINITY
        const call: IncomingCall = { ...what, timeoutMs, signal: extras?.handlerSignal, chain: extras?.chain ?? [] }
        this.#noted(this.#settings.call(at, call)).then(
          (reply) => message.succeed(reply),
          (thrown) => message.fail(thrown),
        )
        continue
      }
      try {
        this.#settings.cast(at, what)
      } catch {
        castsLost++
      }
    }
    if (castsLost > 0) this.#dropped(departure.name, castsLost)
    return castsLost
  }

  /** Nobody is known to take it. */
  #return(name: string, mail: readonly Message[]): number {
    let castsLost = 0
    for (const message of mail) {
      if (message.resolve !== undefined) message.fail(actorMoved(`"${name}"`))
      else if (!message.lasting) castsLost++
    }
    if (castsLost > 0) this.#dropped(name, castsLost)
    return castsLost
  }

  #callAfter({ name, to }: Departure, call: IncomingCall): Promise<unknown> {
    const at = to ?? this.#settings.here(name)
    if (at === undefined) return Promise.reject(actorMoved(`"${name}"`))
    return this.#noted(this.#settings.call(at, { ...call, way: this.#onward(call.way) }))
  }

  #castAfter({ name, to }: Departure, cast: IncomingCast): void {
    try {
      const at = to ?? this.#settings.here(name)
      if (at !== undefined) return void this.#settings.cast(at, { ...cast, way: this.#onward(cast.way) })
    } catch {
      // As one that nobody takes.
    }
    this.#dropped(name, 1)
  }

  #isBack(way: Way | undefined): boolean {
    return way !== undefined && (way.isMail || way.by.includes(this.#settings.node))
  }

  #lineFor(departure: Departure, way: Way | undefined): (() => void)[] {
    return departure.phase === 'returning' && this.#isBack(way) ? departure.back : departure.line
  }

  #onward(way: Way | undefined): Way {
    const { node } = this.#settings
    const by = way?.by ?? []
    return { by: by.includes(node) ? by : [...by, node], isMail: false }
  }

  #noted(calling: Promise<unknown>): Promise<unknown> {
    const over = () => void this.#underway.delete(calling)
    this.#underway.add(calling)
    calling.then(over, over)
    return calling
  }

  #tellMoved(
    { name, to }: Departure,
    told: { readonly mail: readonly Message[]; readonly castsLost: number; readonly figures: MoveFigures },
  ): void {
    const { telemetry, node, clock } = this.#settings
    if (!telemetry.enabled) return
    const { stateBytes, sinceMs } = told.figures
    const measurements = {
      stateBytes,
      messages: told.mail.length,
      durationMs: clock.monotonicMs() - sinceMs,
      castsLost: told.castsLost,
    }
    telemetry.emit({
      name: 'foundation.actor-moved',
      measurements,
      metadata: { node, actor: `"${name}"`, to: to?.node ?? '' },
    })
  }

  #dropped(name: string, count: number): void {
    const { telemetry, node } = this.#settings
    if (!telemetry.enabled) return
    const metadata = { node, actor: `"${name}"`, reason: 'actor-moved' }
    telemetry.emit({ name: 'foundation.message-dropped', measurements: { count }, metadata })
  }
}
