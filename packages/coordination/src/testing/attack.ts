/** The contract of an attack: what traitors know and can do, which is all that is not cryptographically impossible. */

import type { Random } from '@mabeam/foundation'
import type { Agreement } from '../byzantine/agreement.ts'
import type { Signer } from '../byzantine/authentication.ts'
import type { Envelope, Message } from '../byzantine/message.ts'
import type { ReplicaSetup } from '../byzantine/replica-options.ts'
import { newReplica, type ReplicaState } from '../byzantine/replica-state.ts'
import { type ReplicaEvent, replicaStep } from '../byzantine/replica-step.ts'
import type { Verifier } from '../byzantine/verifier.ts'

/** One way to misbehave. `open` is called once a run for all members that take part in it together. */
export interface Attack {
  readonly name: string
  open(world: AttackWorld): Attacker
}

/** What the members of one attack do; they know what any of them knows. */
export interface Attacker {
  start(): void
  /** An honest member, or a traitor of another attack, has sent something to `member`. */
  receive(member: number, from: number, envelope: Envelope): void
  /** A time that was asked for with `wake`. */
  wake?(about: unknown): void
}

/** What a traitor sends. The network has its own delays; his come before. */
export interface AttackMail {
  readonly from: number
  readonly to: number
  readonly envelope: Envelope
  /** @default 0 */
  readonly delayMs?: number
}

export interface AttackWorld {
  readonly agreement: Agreement
  readonly verifier: Verifier
  readonly random: Random
  /** The traitors of this attack, and everybody else. */
  readonly members: readonly number[]
  readonly others: readonly number[]
  /** Envelopes of another agreement of the same members. */
  readonly foreign: readonly Envelope[]
  readonly viewMs: number
  nowMs(): number
  /** Of those members only. */
  signer(member: number): Signer
  setup(member: number): ReplicaSetup
  /** A ballot or value that would be accepted; a different one for each number. */
  bytes(member: number, number: number): Uint8Array
  send(mail: AttackMail): void
  /** Comes back to this attacker with that. */
  wake(delayMs: number, about: unknown): void
  /** Until the network stabilises, nothing passes from one side to the other. */
  part(sides: readonly (readonly number[])[]): void
}

/** What leaves a brain, before it is sent. */
export type Outlet = (to: number, envelope: Envelope) => void

/** A replica that follows the rules, in the hands of a traitor: it is shown what he likes, and what it says goes where he likes. */
export class Brain {
  readonly member: number
  state: ReplicaState
  readonly #world: AttackWorld
  readonly #setup: ReplicaSetup
  readonly #outlet: Outlet
  readonly #bytes: Uint8Array

  constructor(world: AttackWorld, member: number, given: { readonly bytes?: Uint8Array; readonly outlet: Outlet }) {
    this.member = member
    this.#world = world
    this.#setup = world.setup(member)
    this.#bytes = given.bytes ?? world.bytes(member, 0)
    this.#outlet = given.outlet
    this.state = newReplica()
  }

  start(): void {
    this.#step({ type: 'start', bytes: this.#bytes, atMs: this.#world.nowMs() })
  }

  receive(from: number, envelope: Envelope): void {
    this.#step({ type: 'message', from, envelope, atMs: this.#world.nowMs() })
  }

  /** To be called from `wake`; false when it is not about this brain. */
  wake(about: unknown): boolean {
    if (!(about instanceof BrainTimer) || about.brain !== this) return false
    this.#step({ type: 'timer', timer: about.timer, view: about.view, atMs: this.#world.nowMs() })
    return true
  }

  #step(event: ReplicaEvent): void {
    const [state, effects] = replicaStep(this.#setup, this.state, event)
    this.state = state
    for (const effect of effects) {
      if (effect.type === 'timer') {
        this.#world.wake(effect.delayMs, new BrainTimer(this, effect.timer, effect.view))
      } else if (effect.type === 'send') {
        for (const to of targets(this.#world, effect.to)) {
          if (to === this.member) this.receive(to, effect.envelope)
          else this.#outlet(to, effect.envelope)
        }
      }
    }
  }
}

class BrainTimer {
  readonly brain: Brain
  readonly timer: 'view' | 'gather' | 'fast'
  readonly view: number

  constructor(brain: Brain, timer: 'view' | 'gather' | 'fast', view: number) {
    this.brain = brain
    this.timer = timer
    this.view = view
  }
}

/** Brains for all members of an attack, one each, whose words go through `outlet`; what it returns ends the run of the message. */
export function brainsOf(world: AttackWorld, outlet: (member: number) => Outlet): ReadonlyMap<number, Brain> {
  return new Map(world.members.map((member) => [member, new Brain(world, member, { outlet: outlet(member) })]))
}

/** An attacker of one brain a member that hears everything. */
export function brainAttacker(brains: ReadonlyMap<number, Brain>): Required<Attacker> {
  return {
    start() {
      for (const brain of brains.values()) brain.start()
    },
    receive: (member, from, envelope) => brains.get(member)?.receive(from, envelope),
    wake(about) {
      for (const brain of brains.values()) if (brain.wake(about)) return
    },
  }
}

/** An envelope of that agreement. */
export function sealed({ id, epoch }: Agreement, message: Message): Envelope {
  return { agreement: id, epoch, message }
}

function targets({ agreement }: AttackWorld, to: number | 'all'): readonly number[] {
  return to === 'all' ? [...agreement.committee.members.keys()] : [to]
}
