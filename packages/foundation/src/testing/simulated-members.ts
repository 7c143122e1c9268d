/** Many members in one loop over a network that loses, delays and parts: for tests of the step and of its mutants. */

import type { MemberStatus } from '../membership/member.ts'
import { nodeAttributesDefaults } from '../membership/member.ts'
import type { MemberMessage } from '../membership/member-message.ts'
import { membershipDefaults } from '../membership/membership-options.ts'
import { type MembershipCommand, type MembershipState, newMembership } from '../membership/membership-state.ts'
import { type MembershipEvent, type MembershipStep, membershipStep } from '../membership/membership-step.ts'
import { type Random, seededRandom } from '../random.ts'

/** Whom an answer is for. */
interface Ask {
  readonly from: SimulatedMember
  readonly command: Extract<MembershipCommand<Ask>, { type: 'ask' }>
  done: boolean
}

export interface SimulatedMember {
  readonly name: string
  readonly epoch: number
  state: MembershipState
  /** Gone for good, without a word. */
  isDead: boolean
  /** What comes in waits until it goes on. */
  pausedUntilMs: number
  /** As paused, but its process lives and says so. */
  busyUntilMs: number
  /** Members on different sides do not hear each other. */
  side: number
  replaced: boolean
}

/** A change of status that a member saw. */
export interface Sighting {
  readonly atMs: number
  readonly by: string
  readonly of: string
  readonly epoch: number
  readonly status: MemberStatus
}

export interface SimulationOptions {
  readonly seed: number | string
  /** Share of messages lost, each way. @default 0 */
  readonly loss?: number
  /** Whether a request to who is dead fails at once. @default false */
  readonly tellsNobody?: boolean
  readonly step?: MembershipStep
}

export class SimulatedMembers {
  readonly members: SimulatedMember[] = []
  readonly sightings: Sighting[] = []
  nowMs = 0
  /** Messages that members sent, answers included. */
  sent = 0
  /** The most news on one message between two members in passing. */
  newsMost = 0
  readonly #options: Required<SimulationOptions>
  readonly #random: Random
  readonly #due = new Map<number, (() => void)[]>()

  constructor(options: SimulationOptions) {
    this.#options = { loss: 0, tellsNobody: false, step: membershipStep, ...options }
    this.#random = seededRandom(options.seed)
  }

  /** Starts a member, which says hello; a higher epoch for a name that was there. */
  join(name: string, epoch = 1, side = 0): SimulatedMember {
    const attributes = nodeAttributesDefaults
    const state = newMembership({ name, epoch, attributes }, membershipDefaults, this.nowMs)
    const member = { name, epoch, state, isDead: false, pausedUntilMs: 0, busyUntilMs: 0, side, replaced: false }
    this.members.push(member)
    this.broadcast(member, { type: 'hello', from: state.self, attempt: 0 })
    this.#at(this.#random.int(membershipDefaults.periodMs), () => this.#tick(member))
    return member
  }

  /** `n1`, `n2`, … that know each other. */
  joinAll(count: number): void {
    for (let i = 1; i <= count; i++) {
      this.join(`n${i}`)
      this.run(20)
    }
    this.run(5_000)
  }

  run(ms: number): void {
    const endMs = this.nowMs + ms
    for (; this.nowMs < endMs; this.nowMs++) {
      const due = this.#due.get(this.nowMs)
      if (due === undefined) continue
      this.#due.delete(this.nowMs)
      for (const run of due) run()
    }
  }

  leave(member: SimulatedMember): void {
    this.send(member, { type: 'leave', atMs: this.nowMs })
    member.isDead = true
  }

  send(member: SimulatedMember, event: MembershipEvent<Ask>): void {
    const [state, commands] = this.#options.step(member.state, event, this.#random)
    member.state = state
    for (const command of commands) this.#carryOut(member, command)
  }

  /** What living members hold about `name`: its status, or `unknown`. */
  views(name: string): readonly string[] {
    return this.living.filter((one) => one.name !== name).map((one) => this.view(one, name))
  }

  view(by: SimulatedMember, name: string): string {
    return by.state.members.get(name)?.status ?? 'unknown'
  }

  get living(): readonly SimulatedMember[] {
    return this.members.filter((one) => !one.isDead && !one.replaced)
  }

  /** Whether every living member holds every other for alive, in its present life. */
  get isWhole(): boolean {
    const { living } = this
    return living.every((by) =>
      living.every((of) => {
        const held = by.state.members.get(of.name)
        return by === of || (held?.status === 'alive' && held.epoch === of.epoch)
      }),
    )
  }

  broadcast(from: SimulatedMember, message: MemberMessage): void {
    for (const to of this.members) {
      if (to !== from) this.#deliver(from, to, () => this.send(to, { type: 'received', message, atMs: this.nowMs }))
    }
  }

  #tick(member: SimulatedMember): void {
    if (member.isDead) return
    const waitMs = this.#restMs(member)
    if (waitMs > 0) {
      this.#at(waitMs, () => this.#tick(member))
      return
    }
    this.send(member, { type: 'tick', atMs: this.nowMs })
    this.#at(membershipDefaults.periodMs, () => this.#tick(member))
  }

  #carryOut(from: SimulatedMember, command: MembershipCommand<Ask>): void {
    switch (command.type) {
      case 'broadcast':
        this.broadcast(from, command.message)
        return
      case 'send':
        this.#toName(from, command.to, (to) =>
          this.send(to, { type: 'received', message: command.message, atMs: this.nowMs }),
        )
        return
      case 'ask':
        this.#ask({ from, command, done: false })
        return
      case 'ask-pulse':
        this.#askPulse(from, command)
        return
      case 'reply':
        this.#reply(from, command.reply, command.message)
        return
      case 'changed': {
        const { name, epoch, status } = command.member
        if (command.before?.status === status && command.before.epoch === epoch) return
        this.sightings.push({ atMs: this.nowMs, by: from.name, of: name, epoch, status })
        return
      }
      case 'replaced':
        from.replaced = true
    }
  }

  #ask(ask: Ask): void {
    const { to, message, timeoutMs, purpose } = ask.command
    if ('news' in message) this.newsMost = Math.max(this.newsMost, message.news.length)
    const fail = (why: 'silence' | 'nobody') => {
      if (ask.done || ask.from.isDead) return
      ask.done = true
      this.send(ask.from, { type: 'unanswered', why, purpose, atMs: this.nowMs })
    }
    this.#at(timeoutMs, () => this.#whenAwake(ask.from, () => fail('silence')))
    const isThere = this.members.some((one) => one.name === to && !one.isDead)
    if (!isThere && this.#options.tellsNobody) {
      this.#at(2, () => fail('nobody'))
      return
    }
    this.#toName(ask.from, to, (target) =>
      this.send(target, { type: 'received', message, reply: ask, atMs: this.nowMs }),
    )
  }

  #askPulse(from: SimulatedMember, command: Extract<MembershipCommand<Ask>, { type: 'ask-pulse' }>): void {
    const { to, timeoutMs, purpose } = command
    let isDone = false
    const end = (event: MembershipEvent<Ask>) => {
      if (!isDone && !from.isDead) this.send(from, event)
      isDone = true
    }
    const late = () => end({ type: 'unanswered', why: 'silence', purpose, atMs: this.nowMs })
    this.#at(timeoutMs, () => this.#whenAwake(from, late))
    const target = this.members.findLast((one) => one.name === to)
    if (target === undefined || !this.#arrives(from, target)) return
    this.#at(1 + this.#random.int(10), () => {
      if (target.isDead || target.pausedUntilMs > this.nowMs) return
      this.#deliver(target, from, () => end({ type: 'beating', purpose, atMs: this.nowMs }))
    })
  }

  #restMs(member: SimulatedMember): number {
    return Math.max(member.pausedUntilMs, member.busyUntilMs) - this.nowMs
  }

  #reply(from: SimulatedMember, ask: Ask, message: MemberMessage): void {
    this.#deliver(from, ask.from, () => {
      if (ask.done) return
      ask.done = true
      this.send(ask.from, { type: 'answered', message, purpose: ask.command.purpose, atMs: this.nowMs })
    })
  }

  #toName(from: SimulatedMember, name: string, run: (to: SimulatedMember) => void): void {
    const to = this.members.findLast((one) => one.name === name)
    if (to !== undefined) this.#deliver(from, to, () => run(to))
    else this.sent++
  }

  #deliver(from: SimulatedMember, to: SimulatedMember, run: () => void): void {
    if (!this.#arrives(from, to)) return
    this.#at(1 + this.#random.int(10), () => this.#whenAwake(to, run))
  }

  #arrives(from: SimulatedMember, to: SimulatedMember): boolean {
    this.sent++
    return from.side === to.side && this.#random.next() >= this.#options.loss
  }

  #whenAwake(member: SimulatedMember, run: () => void): void {
    if (member.isDead) return
    const waitMs = this.#restMs(member)
    if (waitMs > 0) this.#at(waitMs + 1, () => this.#whenAwake(member, run))
    else run()
  }

  #at(delayMs: number, run: () => void): void {
    const atMs = this.nowMs + Math.max(1, Math.round(delayMs))
    const due = this.#due.get(atMs)
    if (due === undefined) this.#due.set(atMs, [run])
    else due.push(run)
  }
}
