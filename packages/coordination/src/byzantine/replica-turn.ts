/** One turn of a replica while it is being decided: the state as it becomes, and the effects in their order. */

import { leaderOf } from './agreement.ts'
import type { DecideMessage, Envelope, Message } from './message.ts'
import type { ReplicaSetup } from './replica-options.ts'
import type { DurableState, Refusals, ReplicaState } from './replica-state.ts'
import type { Statement } from './statement.ts'

/** `view`: the view is over. `gather`: ballots were waited for long enough. `fast`: the votes of all were. */
export type ReplicaTimer = 'view' | 'gather' | 'fast'

/** To be carried out in order, and each before the next begins. */
export type ReplicaEffect =
  /** To be on disk, with `fsync`, before anything that follows is done. In one process it may be passed over. */
  | { readonly type: 'persist'; readonly state: DurableState }
  /** To one member or to all, itself included. */
  | { readonly type: 'send'; readonly to: number | 'all'; readonly envelope: Envelope }
  /** Come back with that timer after that time. A later one of the same name takes its place. */
  | { readonly type: 'timer'; readonly timer: ReplicaTimer; readonly view: number; readonly delayMs: number }
  /** Once, and again at each start after that; no timer matters any more. It goes on answering those that have not heard. */
  | { readonly type: 'decided'; readonly decision: DecideMessage }

export class ReplicaTurn {
  readonly setup: ReplicaSetup
  readonly atMs: number
  readonly effects: ReplicaEffect[] = []
  #state: ReplicaState
  #isOwn = false
  #kept: DurableState

  constructor(setup: ReplicaSetup, state: ReplicaState, atMs: number) {
    this.setup = setup
    this.#state = state
    this.atMs = atMs
    this.#kept = state.durable
  }

  /** As it is by now; it changes with `update` until the turn is done. */
  get state(): ReplicaState {
    return this.#state
  }

  get self(): number {
    return this.setup.signer.member
  }

  get durable(): DurableState {
    return this.#state.durable
  }

  update(change: Partial<ReplicaState>): void {
    // Copied once a turn: nobody else has seen it before that is done.
    if (this.#isOwn) Object.assign(this.#state, change)
    else this.#state = { ...this.#state, ...change }
    this.#isOwn = true
  }

  /** Changes what is kept on disk: written before the next effect. */
  save(change: Partial<DurableState>): void {
    this.update({ durable: { ...this.durable, ...change } })
  }

  refuse(why: keyof Refusals): void {
    const { refused } = this.state
    this.update({ refused: { ...refused, [why]: refused[why] + 1 } })
  }

  /** Goes on to a view, if it is a later one, and gives it its time. */
  enter(view: number): void {
    if (view <= this.durable.view) return
    this.save({ view })
    this.timeView()
  }

  timeView(): void {
    const { view } = this.durable
    const { viewMs, viewMsMax } = this.setup
    this.timer('view', view, Math.min(viewMsMax, viewMs * 2 ** view))
  }

  timer(timer: ReplicaTimer, view: number, delayMs: number): void {
    this.effects.push({ type: 'timer', timer, view, delayMs })
  }

  sign(statement: Statement): Uint8Array {
    return this.setup.signer.sign(this.setup.verifier.bytesOf(statement))
  }

  send(to: number | 'all', message: Message): void {
    this.#persist()
    const { id, epoch } = this.setup.verifier.agreement
    this.effects.push({ type: 'send', to, envelope: { agreement: id, epoch, message } })
  }

  sendToLeader(view: number, message: Message): void {
    this.send(leaderOf(this.setup.verifier.agreement, view), message)
  }

  decided(decision: DecideMessage): void {
    this.#persist()
    this.effects.push({ type: 'decided', decision })
  }

  done(): readonly [ReplicaState, readonly ReplicaEffect[]] {
    this.#persist()
    return [this.#state, this.effects]
  }

  #persist(): void {
    if (this.#kept === this.durable) return
    this.#kept = this.durable
    this.effects.push({ type: 'persist', state: this.durable })
  }
}
