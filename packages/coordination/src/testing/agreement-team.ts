/** Honest members of one agreement on one node, that hear each other at once and in order: for examples, benches and tests. */

import type { Signer } from '../byzantine/authentication.ts'
import type { DecideMessage, Envelope, Message } from '../byzantine/message.ts'
import { type ReplicaOptions, type ReplicaSetup, replicaSetup } from '../byzantine/replica-options.ts'
import { type DurableState, newReplica, type ReplicaState } from '../byzantine/replica-state.ts'
import { type ReplicaEvent, replicaStep } from '../byzantine/replica-step.ts'
import type { ReplicaTimer } from '../byzantine/replica-turn.ts'
import type { Verifier } from '../byzantine/verifier.ts'

export interface AgreementTeamOptions extends Omit<ReplicaOptions, 'verifier' | 'signer'> {
  /** One for all: they are on one node. */
  readonly verifier: Verifier
  /** Of all members, by place. */
  readonly signers: readonly Signer[]
  /** What each gives: its ballot, or the value that it would propose. */
  readonly bytesOf: (member: number) => Uint8Array | undefined
  /** Whether a message arrives. @default it does */
  readonly arrives?: (from: number, to: number, message: Message) => boolean
}

interface Mail {
  readonly from: number
  readonly to: number
  readonly envelope: Envelope
}

export class AgreementTeam {
  readonly replicas: ReplicaState[]
  readonly decisions: (DecideMessage | undefined)[]
  /** All that was said, also what did not arrive, and to how many others. */
  readonly sent: { readonly message: Message; readonly receivers: number }[] = []
  readonly #options: AgreementTeamOptions
  readonly #setups: readonly ReplicaSetup[]
  readonly #disks: (DurableState | undefined)[]
  readonly #timers: Map<ReplicaTimer, number>[]
  readonly #mail: Mail[] = []
  #nowMs = 0

  constructor(options: AgreementTeamOptions) {
    const { verifier, signers, bytesOf: _, arrives: __, ...rest } = options
    const { members } = verifier.agreement.committee
    this.#options = options
    this.#setups = signers.map((signer) => replicaSetup({ ...rest, verifier, signer }))
    this.replicas = members.map(() => newReplica())
    this.decisions = members.map(() => undefined)
    this.#disks = members.map(() => undefined)
    this.#timers = members.map(() => new Map())
  }

  /** All begin, and hear each other until nobody has anything to say. */
  start(): void {
    for (const member of this.replicas.keys()) this.#begin(member)
    this.#settle()
  }

  /** The member is gone and back, with what it had written. */
  restart(member: number): void {
    this.replicas[member] = newReplica(this.#disks[member])
    this.#timers[member] = new Map()
    this.#begin(member)
    this.#settle()
  }

  /** Time passes: everybody's timer of that name runs out. */
  expire(timer: ReplicaTimer): void {
    this.#nowMs += 1_000
    for (const [member, timers] of this.#timers.entries()) {
      const view = timers.get(timer)
      timers.delete(timer)
      if (view !== undefined) this.#step(member, { type: 'timer', timer, view, atMs: this.#nowMs })
    }
    this.#settle()
  }

  /** Somebody who is not here says that. */
  hear(from: number, to: number, envelope: Envelope): void {
    this.#mail.push({ from, to, envelope })
    this.#settle()
  }

  #begin(member: number): void {
    this.#step(member, { type: 'start', bytes: this.#options.bytesOf(member), atMs: this.#nowMs })
  }

  #settle(): void {
    for (let at = 0; at < this.#mail.length; at++) {
      const { from, to, envelope } = this.#mail[at] as Mail
      this.#step(to, { type: 'message', from, envelope, atMs: this.#nowMs })
    }
    this.#mail.length = 0
  }

  #step(member: number, event: ReplicaEvent): void {
    const [state, effects] = replicaStep(
      this.#setups[member] as ReplicaSetup,
      this.replicas[member] as ReplicaState,
      event,
    )
    this.replicas[member] = state
    for (const effect of effects) {
      if (effect.type === 'persist') this.#disks[member] = effect.state
      else if (effect.type === 'timer') this.#timers[member]?.set(effect.timer, effect.view)
      else if (effect.type === 'decided') this.decisions[member] = effect.decision
      else this.#send(member, effect.to, effect.envelope)
    }
  }

  #send(from: number, to: number | 'all', envelope: Envelope): void {
    const { arrives = () => true } = this.#options
    const targets = to === 'all' ? [...this.replicas.keys()] : [to]
    this.sent.push({ message: envelope.message, receivers: targets.filter((one) => one !== from).length })
    for (const one of targets) {
      if (arrives(from, one, envelope.message)) this.#mail.push({ from, to: one, envelope })
    }
  }
}
