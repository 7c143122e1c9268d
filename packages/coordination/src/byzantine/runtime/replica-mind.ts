/** Carries out what replicas decide, for the members of one node that follow the rules. */

import type { CancelTimer } from '@mabeam/foundation'
import type { Envelope } from '../message.ts'
import type { ReplicaSetup } from '../replica-options.ts'
import { type DurableState, newReplica, type Refusals, type ReplicaState } from '../replica-state.ts'
import { type ReplicaEvent, replicaStep } from '../replica-step.ts'
import type { ReplicaEffect, ReplicaTimer } from '../replica-turn.ts'
import type { Mind, ReplicaWorld } from './mind.ts'

interface Seat {
  readonly setup: ReplicaSetup
  readonly timers: Map<ReplicaTimer, CancelTimer>
  state: ReplicaState
  /** The first view that it entered when no more answers could come. */
  answeredView: number | undefined
}

/** Ballots that were given at the last moment still have to arrive. */
const gatherSlackMs = 50

export class ReplicaMind implements Mind {
  readonly #world: ReplicaWorld
  readonly #seats = new Map<number, Seat>()

  /** `kept`: what members of an earlier life of this node had written down. */
  constructor(world: ReplicaWorld, kept: ReadonlyMap<number, DurableState>) {
    this.#world = world
    for (const member of world.members) {
      const state = newReplica(kept.get(member))
      this.#seats.set(member, { setup: world.setup(member), timers: new Map(), state, answeredView: undefined })
    }
  }

  start(member: number, bytes: Uint8Array | undefined): void {
    this.#step(member, { type: 'start', bytes, atMs: this.#world.nowMs() })
  }

  receive(member: number, from: number, envelope: Envelope): void {
    this.#step(member, { type: 'message', from, envelope, atMs: this.#world.nowMs() })
  }

  end(): void {
    for (const { timers } of this.#seats.values()) {
      for (const cancel of timers.values()) cancel()
      timers.clear()
    }
    this.#seats.clear()
  }

  #step(member: number, event: ReplicaEvent): void {
    const seat = this.#seats.get(member)
    if (seat === undefined) return
    const before = seat.state
    const [after, effects] = replicaStep(seat.setup, before, event)
    seat.state = after
    if (event.type === 'message' && after.refused !== before.refused) this.#tellRefused(event.from, before, after)
    for (const effect of effects) this.#carryOut(member, seat, effect)
    if (after.gathered === 'waiting') this.#endGathering(member, seat)
  }

  #carryOut(member: number, seat: Seat, effect: ReplicaEffect): void {
    switch (effect.type) {
      case 'persist':
        this.#world.persist(member, effect.state)
        return
      case 'send':
        this.#world.send(member, effect.to, effect.envelope)
        return
      case 'decided':
        this.#world.decided(effect.decision)
        return
      case 'timer':
        this.#time(member, seat, effect)
        return
    }
  }

  #time(member: number, seat: Seat, effect: Extract<ReplicaEffect, { readonly type: 'timer' }>): void {
    const { timer, view } = effect
    seat.timers.get(timer)?.()
    const cancel = this.#world.timer(this.#delayOf(seat, effect), () => {
      seat.timers.delete(timer)
      this.#expired(member, seat, effect)
    })
    seat.timers.set(timer, cancel)
    if (timer === 'gather' && view === seat.state.durable.view) this.#endGathering(member, seat)
  }

  #delayOf(seat: Seat, { timer, view, delayMs }: Extract<ReplicaEffect, { readonly type: 'timer' }>): number {
    const leftMs = Math.max(0, this.#world.answersByMs - this.#world.nowMs())
    // Ballots are waited for as long as agents have for their answers, however late the first of them came.
    if (timer === 'gather') return Math.min(delayMs, leftMs + gatherSlackMs)
    if (timer === 'fast') return delayMs
    // Leaders that only wait for ballots let views pass. Theirs must not be so long by then that a dead leader takes all the time there is.
    const { viewMs, viewMsMax } = seat.setup
    if (leftMs > 0) return Math.min(delayMs, leftMs + gatherSlackMs + viewMs)
    seat.answeredView ??= view
    return Math.min(viewMsMax, viewMs * 2 ** (view - seat.answeredView))
  }

  #expired(member: number, seat: Seat, effect: Extract<ReplicaEffect, { readonly type: 'timer' }>): void {
    const { timer, view } = effect
    const atMs = this.#world.nowMs()
    // Who is still thinking about the question itself has no cause to give up a leader that waits for the answer.
    if (timer === 'view' && atMs < this.#world.answersByMs && this.#world.pending() > 0) {
      this.#time(member, seat, effect)
      return
    }
    if (timer === 'fast') this.#tellMissed(seat)
    this.#step(member, { type: 'timer', timer, view, atMs })
  }

  /** Nobody but suspects is missing: they are not waited for. */
  #endGathering(member: number, seat: Seat): void {
    const { inputs, gathered } = seat.state
    const cancel = seat.timers.get('gather')
    if (gathered !== 'waiting' || cancel === undefined) return
    const { members } = seat.setup.verifier.agreement.committee
    const isMissed = members.some((_, place) => inputs[place] === undefined && !this.#world.isSuspect(place))
    if (isMissed) return
    cancel()
    seat.timers.delete('gather')
    const { view } = seat.state.durable
    this.#step(member, { type: 'timer', timer: 'gather', view, atMs: this.#world.nowMs() })
  }

  #tellMissed({ state, setup }: Seat): void {
    if (state.leading?.phase !== 'waiting') return
    const voted = new Set(state.leading.votes1.map((vote) => vote.member))
    for (const place of setup.verifier.agreement.committee.members.keys()) {
      if (!voted.has(place)) this.#world.missed(place)
    }
  }

  #tellRefused(from: number, before: ReplicaState, after: ReplicaState): void {
    for (const reason of Object.keys(after.refused) as (keyof Refusals)[]) {
      if (after.refused[reason] > before.refused[reason]) this.#world.refused(from, reason)
    }
  }
}
