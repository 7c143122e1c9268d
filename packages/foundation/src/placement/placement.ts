/**
 * A placement on this node: offers to run its places, takes and gives claims as `placement-step.ts` says, and keeps what runs
 * here in step with what this node holds.
 *
 * Ensures: of one place at most one node believes to be the holder in one session, and every holder has a higher fencing token
 * than those before; a node that lost its session stops everything at once.
 */

import type { CancelTimer } from '../clock.ts'
import { placeTimeout } from '../errors/remote-errors.ts'
import type { Claim, Claims } from '../leases/claims.ts'
import type { Sessions } from '../leases/sessions.ts'
import type { NodePort } from '../node-port.ts'
import type { DrainLeft, DrainPart } from '../operations/drain-part.ts'
import { nothingLeft } from '../operations/drain-part.ts'
import { offeringNodes } from './offers.ts'
import type { Pins } from './pins.ts'
import { type PlaceHost, PlaceRunner, type PlaceStatus } from './place-runner.ts'
import { type PlacementStep, type PlaceView, placementStep } from './placement-step.ts'
import { Refusals } from './refusals.ts'

export interface PlacementSettings {
  readonly name: string
  /** The keys of its places: names unique in the system. */
  readonly places: readonly string[]
  readonly policy: 'stay' | 'balance'
  readonly host: PlaceHost
  /** After a place failed to start or ended here, this node leaves it to others for so long. */
  readonly refuseMs: number
  /** What all nodes that place it must agree on; told with the offer. */
  readonly terms: string
  /** Whether this node may run places at all. @default true */
  readonly offers?: boolean
}

/** What a placement needs of its node. */
export interface PlacementParts {
  readonly port: NodePort
  readonly sessions: Sessions
  readonly claims: Claims
  readonly pins: Pins
  /** @default placementStep; tests plant a wrong one */
  readonly step?: PlacementStep
}

/** How often what failed, or news that never came, are tried again. */
const reconcileMs = 1_000
const settledDefaultMs = 30_000
/** Plans made at one moment of the clock before the next waits. */
const plansAtOnceMax = 64
const giveWayMs = 10

/** What others that offer the placement have agreed on, where that is not `terms`. */
export function otherTerms(claims: Claims, name: string, terms: string): string | undefined {
  const offers = claims.under(`offer.${name}.`).filter((one) => claims.standing(one.key) === 'held')
  const other = offers.find(({ handedOver }) => typeof handedOver === 'string' && handedOver !== terms)
  return other && String(other.handedOver)
}

export class Placement implements AsyncDisposable, DrainPart {
  readonly #settings: PlacementSettings
  readonly #parts: PlacementParts
  readonly #runners = new Map<string, PlaceRunner>()
  readonly #taking = new Map<string, Promise<void>>()
  /** Whose taking was not answered: it may still turn out to be this node's. */
  readonly #doubts = new Set<string>()
  readonly #refusals: Refusals
  /** When each place began to run here. */
  readonly #ranSinceMs = new Map<string, number>()
  readonly #unsubscribe: (() => void)[] = []
  #cancelTimer: CancelTimer | undefined
  #planned = false
  /** Plans made without time passing. */
  #plansNow = 0
  #plannedMs = Number.NEGATIVE_INFINITY
  #cancelPlan: CancelTimer | undefined
  /** Set while this node is drained: told when what is left may be another. */
  #onDrain: (() => void) | undefined
  /** Given up while drained, until somebody else is seen to hold it. */
  readonly #untaken = new Set<string>()
  #withdrawing: Promise<void> | undefined
  #closing = false
  #closed = false

  constructor(settings: PlacementSettings, parts: PlacementParts) {
    this.#settings = settings
    this.#parts = parts
    const { name, refuseMs } = settings
    this.#refusals = new Refusals({ name, refuseMs, port: parts.port, claims: parts.claims })
    const runner = {
      clock: parts.port.clock,
      host: settings.host,
      release: (claim: Claim, handedOver: unknown) => parts.claims.release(claim, handedOver),
      onChange: () => this.#plan(),
      onFailed: (key: string) => this.#refuse(key),
    }
    for (const key of settings.places) this.#runners.set(key, new PlaceRunner(key, runner))
  }

  get name(): string {
    return this.#settings.name
  }

  get places(): readonly string[] {
    return this.#settings.places
  }

  /** What this node does at a place. */
  status(key: string): PlaceStatus {
    return this.#runners.get(key)?.status ?? 'idle'
  }

  /** The node that holds a place, as far as is known here. */
  holder(key: string): string | undefined {
    const { claims } = this.#parts
    return claims.standing(key) === 'held' ? claims.get(key)?.node : undefined
  }

  /** Nodes that offer to run places. */
  get candidates(): readonly string[] {
    return offeringNodes(this.#parts.claims, this.name)
  }

  /**
   * Resolves when every place is held, as far as is known here. Rejects with `foundation/place-timeout`, and with
   * `signal.reason`.
   */
  async settled(options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {}): Promise<void> {
    const { timeoutMs = settledDefaultMs, signal } = options
    signal?.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const { claims, port } = this.#parts
    const look = () => {
      if (this.places.every((key) => this.holder(key) !== undefined)) resolve()
    }
    const onAbort = () => reject(signal?.reason)
    const missing = () => this.places.filter((key) => this.holder(key) === undefined)
    const cancel = port.clock.setTimer(timeoutMs, () => reject(placeTimeout(this.name, missing(), timeoutMs)))
    const unsubscribe = claims.onChange(look)
    signal?.addEventListener('abort', onAbort, { once: true })
    look()
    try {
      await promise
    } finally {
      cancel()
      unsubscribe()
      signal?.removeEventListener('abort', onAbort)
    }
  }

  open(): void {
    const { claims, sessions, pins } = this.#parts
    const mine = (key: string | undefined) =>
      key === undefined || this.#runners.has(key) || this.#noticePrefixes.some((prefix) => key.startsWith(prefix))
    this.#unsubscribe.push(
      claims.onChange((key) => mine(key) && this.#plan()),
      pins.onChange(() => this.#plan()),
      sessions.onLost(() => {
        for (const runner of this.#runners.values()) if (runner.status !== 'idle') runner.kill()
      }),
    )
    this.#tick()
  }

  /** Offers nothing any more, and gives what runs here to whoever else offers; what nobody else can have stays. */
  drain(onChange: () => void): void {
    this.#onDrain = onChange
    this.#plan()
  }

  undrain(): void {
    this.#onDrain = undefined
    this.#untaken.clear()
    this.#plan()
  }

  get left(): DrainLeft {
    if (this.#closed) return nothingLeft
    const places = this.places.filter((key) => this.#isMine(key) || this.status(key) !== 'idle')
    // Not offering any more is part of it: until then others may leave places to this node.
    const isOpen = this.#taking.size + this.#doubts.size > 0
    const registrations = this.#isMine(this.#offerKey) || isOpen ? 1 : 0
    return { ...nothingLeft, places, untaken: [...this.#untaken], registrations }
  }

  /** Hands all places over and offers none any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing) return
    this.#closing = true
    this.#cancelTimer?.()
    this.#cancelPlan?.()
    // What is being taken meanwhile would be held for as long as this node lives.
    await this.#taking.get(this.#offerKey)
    await this.#giveUp(this.#offerKey)
    await this.#refusals.end()
    await Promise.all([...this.#runners.values()].map((one) => one.leave()))
    await Promise.all(this.#taking.values())
    await Promise.all(this.places.map((key) => this.#giveUp(key)))
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    for (const runner of this.#runners.values()) if (runner.status !== 'idle') runner.kill()
    this.#closed = true
  }

  /** A claim of this node's session that nothing runs under. */
  async #giveUp(key: string): Promise<void> {
    const { claims } = this.#parts
    const claim = claims.get(key)
    if (claim === undefined || !this.#isMine(key)) return
    await claims.release(claim, claim.handedOver).catch(() => {})
  }

  /** What nodes say of themselves about this placement. */
  get #noticePrefixes(): readonly string[] {
    return [`offer.${this.name}.`, `refuse.${this.name}.`]
  }

  get #offerKey(): string {
    return `offer.${this.name}.${this.#parts.port.name}`
  }

  #tick(): void {
    if (this.#closing) return
    this.#plan()
    this.#cancelTimer = this.#parts.port.clock.setTimer(reconcileMs, () => this.#tick(), { unref: true })
  }

  /** Once for all that happens in one turn. Two that take from each other without end give way to everything else. */
  #plan(): void {
    if (this.#planned || this.#closed) return
    this.#planned = true
    const nowMs = this.#parts.port.clock.monotonicMs()
    this.#plansNow = nowMs === this.#plannedMs ? this.#plansNow + 1 : 1
    this.#plannedMs = nowMs
    const run = () => {
      this.#planned = false
      if (!this.#closing) this.#reconcile()
    }
    if (this.#plansNow <= plansAtOnceMax) queueMicrotask(run)
    else this.#cancelPlan = this.#parts.port.clock.setTimer(giveWayMs, run, { unref: true })
  }

  #reconcile(): void {
    const { claims, sessions, port, step = placementStep } = this.#parts
    const session = sessions.own
    if (session === undefined) return
    const draining = this.#onDrain !== undefined
    const offered = this.#isMine(this.#offerKey)
    if (draining && offered) this.#withdraw()
    // Taking it again settles whose it is; then it is given up.
    if (draining) for (const key of this.#doubts) this.#take(key)
    const offers = this.#settings.offers !== false && !draining
    if (offers && claims.standing(this.#offerKey) === 'free') this.#take(this.#offerKey)
    this.#refusals.tell()
    this.#forgetDeadNotices()
    for (const [key, runner] of this.#runners) {
      const claim = claims.get(key)
      const mine = claim?.node === port.name && claim.session === session && !claim.released
      if (mine && runner.status === 'idle') this.#begin(runner, claim)
      // Somebody else has it, which this node's session outlived: it must have been given up here already.
      else if (!mine && runner.status === 'running' && runner.claim !== undefined) this.#killIfTaken(runner, claim)
      this.#noteRunning(runner)
    }
    // Until the others know that it does not offer any more, they would leave to it what it gives.
    const leaving = draining && !offered
    const { policy } = this.#settings
    const view = { self: port.name, candidates: this.candidates, places: this.#views(), policy, leaving }
    for (const command of step(view)) {
      if (command.type === 'place-give') this.#give(command.key)
      else if (!draining) this.#take(command.key)
    }
    if (draining) this.#tellLeft()
  }

  /** Runs what this node has taken; what it hears of only while it is drained goes to others as it is. */
  #begin(runner: PlaceRunner, claim: Claim): void {
    if (this.#onDrain === undefined) runner.run(claim)
    else void this.#giveUp(runner.key)
  }

  #give(key: string): void {
    if (this.#onDrain !== undefined) this.#untaken.add(key)
    void this.#runners.get(key)?.give()
  }

  #tellLeft(): void {
    for (const key of this.#untaken) {
      const holder = this.holder(key)
      if (holder !== undefined && holder !== this.#parts.port.name) this.#untaken.delete(key)
    }
    this.#onDrain?.()
  }

  /** Offers no more; tried again with the next plan. */
  #withdraw(): void {
    this.#withdrawing ??= this.#giveUp(this.#offerKey).finally(() => {
      this.#withdrawing = undefined
    })
  }

  /** Whether this node's session has the claim. */
  #isMine(key: string): boolean {
    const { claims, sessions, port } = this.#parts
    const claim = claims.get(key)
    return claim?.node === port.name && claim.session === sessions.own && !claim.released
  }

  #views(): readonly PlaceView[] {
    const { claims, pins } = this.#parts
    return this.#settings.places.map((key) => {
      const standing = claims.standing(key)
      return {
        key,
        holder: standing === 'held' ? claims.get(key)?.node : undefined,
        unsettled: standing === 'unknown',
        refusedBy: this.#refusals.by(key),
        pinned: pins.get(key),
      }
    })
  }

  /** What has run for as long as it would have been refused has not failed again. */
  #noteRunning({ key, status }: PlaceRunner): void {
    const nowMs = this.#parts.port.clock.monotonicMs()
    if (status !== 'running') this.#ranSinceMs.delete(key)
    else if (!this.#ranSinceMs.has(key)) this.#ranSinceMs.set(key, nowMs)
    else if (nowMs - (this.#ranSinceMs.get(key) ?? nowMs) >= this.#settings.refuseMs) this.#refusals.forget(key)
  }

  #killIfTaken(runner: PlaceRunner, claim: Claim | undefined): void {
    if (claim !== undefined && claim.token > (runner.claim?.token ?? 0)) runner.kill()
  }

  #take(key: string): void {
    if (this.#taking.has(key)) return
    const taking = this.#parts.claims.take(key, key === this.#offerKey ? this.#settings.terms : undefined).then(
      (claim) => {
        this.#taking.delete(key)
        this.#doubts.delete(key)
        // Somebody else was faster: the watch tells, or the next tick; asking at once again would go round for ever.
        if (claim !== undefined) this.#plan()
      },
      () => {
        // Not known: the watch or the next try tells.
        this.#taking.delete(key)
        this.#doubts.add(key)
      },
    )
    this.#taking.set(key, taking)
  }

  #refuse(key: string): void {
    this.#refusals.refuse(key)
    const { telemetry, name: node } = this.#parts.port
    if (!telemetry.enabled) return
    const metadata = { node, placement: this.name, place: key }
    telemetry.emit({ name: 'foundation.place-failed', measurements: { count: 1 }, metadata })
  }

  /** What nodes that are gone said of themselves is of no use to anybody. */
  #forgetDeadNotices(): void {
    const { claims, port } = this.#parts
    const notices = this.#noticePrefixes.flatMap((prefix) => claims.under(prefix))
    for (const notice of notices) {
      if (notice.node !== port.name && claims.standing(notice.key) === 'free') claims.forget(notice.key).catch(() => {})
    }
  }
}
