/** Carries out what replicas decide, for the members of one node that follow the rules. */

import type { Envelope } from '../message.ts'
import type { ReplicaSetup } from '../replica-options.ts'
import { type DurableState, type Leading, newReplica, type Refusals, type ReplicaState } from '../replica-state.ts'
import { type ReplicaEvent, replicaStep } from '../replica-step.ts'
import type { ReplicaEffect, ReplicaTimer } from '../replica-turn.ts'
import { type Due, DueTimers } from './due-timers.ts'
import type { Mind, ReplicaWorld } from './mind.ts'

type TimerEffect = Extract<ReplicaEffect, { readonly type: 'timer' }>

interface Seat {
  readonly member: number
  readonly setup: ReplicaSetup
  readonly timers: { [T in ReplicaTimer]?: Due<SeatTimer> | undefined }
  state: ReplicaState
  /** The first view that it entered when no more answers could come. */
  answeredView: number | undefined
}

interface SeatTimer {
  readonly seat: Seat
  readonly effect: TimerEffect
}

/** Ballots that were given at the last moment still have to arrive. */
const gatherSlackMs = 50

export class ReplicaMind implements Mind {
  readonly #world: ReplicaWorld
  readonly #seats = new Map<number, Seat>()
  readonly #timers: DueTimers<SeatTimer>

  /** `kept`: what members of an earlier life of this node had written down. */
  constructor(world: ReplicaWorld, kept: ReadonlyMap<number, DurableState>) {
    this.#world = world
    this.#timers = new DueTimers(world, ({ seat, effect }) => {
      seat.timers[effect.timer] = undefined
      this.#expired(seat, effect)
    })
    for (const member of world.members) {
      const state = newReplica(kept.get(member))
      this.#seats.set(member, { member, setup: world.setup(member), timers: {}, state, answeredView: undefined })
    }
  }

  start(member: number, bytes: Uint8Array | undefined): void {
    this.#step(member, { type: 'start', bytes, atMs: this.#world.nowMs() })
  }

  receive(member: number, from: number, envelope: Envelope): void {
    this.#step(member, { type: 'message', from, envelope, atMs: this.#world.nowMs() })
  }

  end(): void {
    this.#timers.end()
    this.#seats.clear()
  }

  #step(member: number, event: ReplicaEvent): void {
    const seat = this.#seats.get(member)
    if (seat === undefined) return
    const before = seat.state
    const [after, effects] = replicaStep(seat.setup, before, event)
    seat.state = after
    if (event.type === 'message' && after.refused !== before.refused) this.#tellRefused(event.from, before, after)
    if (after.leading !== before.leading && after.leading?.phase === 'decided') this.#tellMissed(seat, after.leading)
    for (const effect of effects) this.#carryOut(seat, effect)
    if (after.gathered === 'waiting') this.#endGathering(seat)
  }

  #carryOut(seat: Seat, effect: ReplicaEffect): void {
    switch (effect.type) {
      case 'persist':
        this.#world.persist(seat.member, effect.state)
        return
      case 'send':
        this.#world.send(seat.member, effect.to, effect.envelope)
        return
      case 'decided':
        this.#world.decided(effect.decision)
        return
      case 'timer':
        this.#time(seat, effect)
        return
    }
  }

  #time(seat: Seat, effect: TimerEffect): void {
    const { timer, view } = effect
    this.#cancel(seat, timer)
    seat.timers[timer] = this.#timers.set(this.#delayOf(seat, effect), { seat, effect })
    if (timer === 'gather' && view === seat.state.durable.view) this.#endGathering(seat)
  }

  #cancel({ timers }: Seat, timer: ReplicaTimer): void {
    const due = timers[timer]
    if (due === undefined) return
    this.#timers.cancel(due)
    timers[timer] = undefined
  }

  #delayOf(seat: Seat, { timer, view, delayMs }: TimerEffect): number {
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

  #expired(seat: Seat, effect: TimerEffect): void {
    const { timer, view } = effect
    const atMs = this.#world.nowMs()
    // Who is still thinking about the question itself has no cause to give up a leader that waits for the answer.
    if (timer === 'view' && atMs < this.#world.answersByMs && this.#world.pending() > 0) {
      this.#time(seat, effect)
      return
    }
    this.#step(seat.member, { type: 'timer', timer, view, atMs })
  }

  /** Nobody but suspects is missing: they are not waited for. */
  #endGathering(seat: Seat): void {
    const { inputs, gathered } = seat.state
    if (gathered !== 'waiting' || seat.timers.gather === undefined) return
    const { members } = seat.setup.verifier.agreement.committee
    const isMissed = members.some((_, place) => inputs[place] === undefined && !this.#world.isSilent(place))
    if (isMissed) return
    this.#cancel(seat, 'gather')
    const { view } = seat.state.durable
    this.#step(seat.member, { type: 'timer', timer: 'gather', view, atMs: this.#world.nowMs() })
  }

  /** Of those who were two rounds of messages later than a quorum, or more: the network may be slow with anybody once. */
  #tellMissed({ setup }: Seat, { votes1 }: Leading): void {
    const { members } = setup.verifier.agreement.committee
    if (votes1.length === members.length) return
    const voted = new Set(votes1.map((vote) => vote.member))
    for (const place of members.keys()) if (!voted.has(place)) this.#world.missed(place)
  }

  #tellRefused(from: number, before: ReplicaState, after: ReplicaState): void {
    for (const reason of Object.keys(after.refused) as (keyof Refusals)[]) {
      if (after.refused[reason] > before.refused[reason]) this.#world.refused(from, reason)
    }
  }
}
