/** The thin runtime of `membershipStep`: messages of the engine and one timer, and nothing decided. */

import type { CancelTimer } from '../clock.ts'
import type { EngineMessage, Subscription } from '../engine/engine.ts'
import { clusterPartClosed, nodeReplaced } from '../errors/cluster-errors.ts'
import { systemTaken } from '../errors/operation-errors.ts'
import { hasCode, isMabeamError, messageOf } from '../errors.ts'
import type { NodePort } from '../node-port.ts'
import { checkOptions, rule } from '../options.ts'
import type { Random } from '../random.ts'
import { isGone, type Member, type MemberNews, type NodeAttributes, nodeAttributesDefaults } from './member.ts'
import { type MemberMessage, messageIn, messageOut } from './member-message.ts'
import type { MemberChange, Membership } from './membership.ts'
import {
  checkedAttributes,
  type MembershipOptions,
  type MembershipTimings,
  membershipOptionsDefaults,
  membershipRules,
} from './membership-options.ts'
import { type HeldMember, type MembershipCommand, type MembershipState, newMembership } from './membership-state.ts'
import { type MembershipEvent, membershipStep } from './membership-step.ts'
import { NodeLife } from './node-life.ts'
import { probeSubject } from './pulse-subjects.ts'

type Command = MembershipCommand<EngineMessage>

const joinAttempts = 3

/**
 * Joins the system: resolves when a member has told of the others, or at once when nobody is there.
 *
 * *Delivery*: news reach every member within seconds, and in the end each holds the newest; a change that is soon
 * followed by another may be skipped. Rejects with `foundation/node-name-taken` and `foundation/system-taken`, and as the engine
 * does when it can't be subscribed to.
 * @example await using membership = await openMembership(port, { attributes: { labels: { zone: 'a' } } })
 */
export async function openMembership(port: NodePort, options: MembershipOptions = {}): Promise<Membership> {
  checkOptions('openMembership', options, {
    ...membershipRules,
    attributes: rule.optional(rule.object()),
    joinTimeoutMs: rule.optional(rule.number(1)),
  })
  const { attributes, joinTimeoutMs, ...timings } = { ...membershipOptionsDefaults, ...options }
  const said = checkedAttributes(port, nodeAttributesDefaults, attributes)
  const runtime = new MembershipRuntime(port, timings, { attributes: said, joinTimeoutMs })
  try {
    await runtime.join(joinTimeoutMs)
  } catch (thrown) {
    await runtime.abandon()
    throw thrown
  }
  return runtime
}

class MembershipRuntime implements Membership {
  readonly replaced: Promise<void>
  readonly #port: NodePort
  readonly #random: Random
  readonly #onReplaced: () => void
  readonly #listeners = new Set<(change: MemberChange) => void>()
  readonly #subscriptions: Subscription[] = []
  readonly #asking = new AbortController()
  readonly #life: NodeLife
  #state: MembershipState
  #cancelTick: CancelTimer | undefined
  #lastChangeMs: number
  #startedMs: number
  #hadMajority = true
  /** The epoch of a later life of this node's name, once one is heard of. */
  #laterEpoch: number | undefined
  #closing: Promise<void> | undefined

  constructor(
    port: NodePort,
    timings: Required<MembershipTimings>,
    { attributes, joinTimeoutMs }: { readonly attributes: NodeAttributes; readonly joinTimeoutMs: number },
  ) {
    const { promise, resolve } = Promise.withResolvers<void>()
    const nowMs = port.clock.monotonicMs()
    this.#port = port
    this.#random = port.random.fork('membership')
    this.replaced = promise
    this.#onReplaced = resolve
    this.#life = new NodeLife({ port, timeoutMs: joinTimeoutMs, onTaken: () => this.#onReplaced() })
    this.#lastChangeMs = nowMs
    this.#startedMs = nowMs
    this.#state = newMembership({ name: port.name, epoch: port.epoch, attributes }, timings, nowMs)
  }

  get self(): Member {
    const { self, wanted } = this.#state
    return memberOf({ ...self, attributes: wanted ?? self.attributes }, this.#startedMs)
  }

  get lastChangeMs(): number {
    return this.#lastChangeMs
  }

  get hasMajority(): boolean {
    let there = 1
    let down = 0
    for (const one of this.#state.members.values()) {
      if (!isGone(one.status)) there++
      else if (one.status === 'down') down++
    }
    return there > down
  }

  members(): readonly Member[] {
    const others = [...this.#state.members.values()].map((one) => memberOf(one, one.sinceMs))
    return [this.self, ...others].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  member(name: string): Member | undefined {
    if (name === this.#port.name) return this.self
    const held = this.#state.members.get(name)
    return held === undefined ? undefined : memberOf(held, held.sinceMs)
  }

  onChange(listener: (change: MemberChange) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  update(attributes: Partial<NodeAttributes>): void {
    this.#throwIfClosed()
    const next = checkedAttributes(this.#port, this.#state.wanted ?? this.#state.self.attributes, attributes)
    this.#take({ type: 'attributes', attributes: next, atMs: this.#nowMs })
  }

  /** Listens first, so that two that join at once hear of each other; asks those that are there; then tells all. */
  async join(timeoutMs: number): Promise<void> {
    const { system, name, engine } = this.#port
    const listen = async (subject: string) => {
      this.#subscriptions.push(await engine.subscribe(subject, (message) => this.#onMessage(message)))
    }
    const living = this.#life.open()
    // Waited for below; what it rejects with while this node still asks for the others is not lost.
    living.catch(() => {})
    await listen(inboxOf(system, name))
    for (let attempt = 0; attempt < joinAttempts; attempt++) {
      if (await this.#askForMembers(attempt, timeoutMs)) break
    }
    await living
    const { name: own, epoch } = this.#port
    if (this.#laterEpoch !== undefined) throw nodeReplaced(own, epoch, this.#laterEpoch)
    this.#checkSystem()
    await listen(helloOf(system))
    this.#life.check()
    this.#broadcast({ type: 'hello', from: this.#state.self, attempt: joinAttempts })
    this.#scheduleTick()
    this.#report('node-joined', { members: this.#state.members.size + 1 }, { epoch: this.#port.epoch })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Ends without a word: for a node that never joined. */
  async abandon(): Promise<void> {
    this.#cancelTick?.()
    this.#asking.abort(clusterPartClosed('membership', this.#port.name))
    for (const one of this.#subscriptions) await one[Symbol.asyncDispose]()
    await this.#life[Symbol.asyncDispose]()
    this.#listeners.clear()
  }

  async #close(): Promise<void> {
    this.#take({ type: 'leave', atMs: this.#nowMs })
    await this.abandon()
    this.#report('node-left', { members: this.#state.members.size + 1 }, { epoch: this.#port.epoch })
  }

  get #nowMs(): number {
    return this.#port.clock.monotonicMs()
  }

  /** Throws `foundation/system-taken` where those that are there say that they are of another system of that name. */
  #checkSystem(): void {
    for (const held of this.#state.members.values()) {
      const there = this.#otherSystemId(held)
      if (there === undefined) continue
      // Those it has asked know of it by now.
      this.#take({ type: 'leave', atMs: this.#nowMs })
      throw systemTaken(this.#port.system, this.#state.self.attributes.systemId, there)
    }
  }

  /** The system a member says it is of, where that is another than this node's and both say so. */
  #otherSystemId({ status, attributes }: HeldMember): string | undefined {
    const own = this.#state.self.attributes.systemId
    // Nodes of earlier versions say nothing of it.
    const { systemId = '' } = attributes as Partial<NodeAttributes>
    return isGone(status) || own === '' || systemId === '' || systemId === own ? undefined : systemId
  }

  /** True when it was answered, or nobody is there to answer. */
  async #askForMembers(attempt: number, timeoutMs: number): Promise<boolean> {
    const { system, engine } = this.#port
    const hello: MemberMessage = { type: 'hello', from: this.#state.self, attempt }
    try {
      const answer = await engine.request(helloOf(system), this.#encode(hello), { timeoutMs })
      this.#take({ type: 'answered', message: this.#decode(answer), purpose: { type: 'sync' }, atMs: this.#nowMs })
      return true
    } catch (thrown) {
      if (hasCode(thrown, 'foundation/no-responders')) return true
      if (hasCode(thrown, 'foundation/request-timeout')) return false
      throw thrown
    }
  }

  #scheduleTick(): void {
    const { periodMs } = this.#state.timings
    // Nodes that start together do not ask together.
    const delayMs = periodMs * (0.9 + 0.2 * this.#random.next())
    this.#cancelTick = this.#port.clock.setTimer(
      delayMs,
      () => {
        this.#scheduleTick()
        this.#take({ type: 'tick', atMs: this.#nowMs })
      },
      { unref: true },
    )
  }

  #onMessage(message: EngineMessage): void {
    if (this.#closing !== undefined) return
    try {
      const said = this.#decode(message.body)
      // Its own hello, or one of another node of the same name, which the epochs decide about.
      const isOwn = said.from.name === this.#port.name && said.from.epoch === this.#port.epoch
      if (isOwn) return
      const reply = message.isRequest ? { reply: message } : {}
      this.#take({ type: 'received', message: said, ...reply, atMs: this.#nowMs })
    } catch (thrown) {
      this.#report('member-message-unreadable', { count: 1 }, { message: messageOf(thrown) })
    }
  }

  #take(event: MembershipEvent<EngineMessage>): void {
    const [state, commands] = membershipStep(this.#state, event, this.#random)
    this.#state = state
    for (const command of commands) this.#carryOut(command)
  }

  #carryOut(command: Command): void {
    switch (command.type) {
      case 'send':
        this.#publish(inboxOf(this.#port.system, command.to), command.message)
        return
      case 'broadcast':
        this.#broadcast(command.message)
        return
      case 'ask':
        return void this.#ask(command)
      case 'ask-pulse':
        return void this.#askPulse(command)
      case 'reply':
        command.reply.respond(this.#encode(command.message))
        return
      case 'changed':
        this.#onMemberChange(command.member, command.before)
        return
      case 'refused':
        this.#report('member-refused', { count: 1 }, { member: command.name })
        return
      case 'replaced':
        this.#laterEpoch = command.byEpoch
        this.#report('node-replaced', { count: 1 }, { epoch: this.#port.epoch, byEpoch: command.byEpoch })
        this.#onReplaced()
        return
    }
  }

  #broadcast(message: MemberMessage): void {
    this.#publish(helloOf(this.#port.system), message)
  }

  #publish(subject: string, message: MemberMessage): void {
    try {
      this.#port.engine.publish(subject, this.#encode(message))
    } catch (thrown) {
      this.#report('member-message-unsent', { count: 1 }, { subject, message: messageOf(thrown) })
    }
  }

  /** Never rejects: each ask ends in one event. */
  async #ask(command: Extract<Command, { type: 'ask' }>): Promise<void> {
    const { purpose, timeoutMs } = command
    const { signal } = this.#asking
    try {
      const subject = inboxOf(this.#port.system, command.to)
      const answer = await this.#port.engine.request(subject, this.#encode(command.message), { timeoutMs, signal })
      if (signal.aborted) return
      this.#take({ type: 'answered', message: this.#decode(answer), purpose, atMs: this.#nowMs })
    } catch (thrown) {
      if (signal.aborted) return
      this.#take({ type: 'unanswered', why: whyUnanswered(thrown), purpose, atMs: this.#nowMs })
    }
  }

  /** Never rejects, as `#ask`. */
  async #askPulse({ to, timeoutMs, purpose }: Extract<Command, { type: 'ask-pulse' }>): Promise<void> {
    const { engine, system } = this.#port
    const { signal } = this.#asking
    try {
      await engine.request(probeSubject(system, to), new Uint8Array(0), { timeoutMs, signal, redundant: true })
      if (!signal.aborted) this.#take({ type: 'beating', purpose, atMs: this.#nowMs })
    } catch (thrown) {
      if (!signal.aborted) this.#take({ type: 'unanswered', why: whyUnanswered(thrown), purpose, atMs: this.#nowMs })
    }
  }

  #onMemberChange(held: HeldMember, heldBefore: HeldMember | undefined): void {
    const member = memberOf(held, held.sinceMs)
    const before = heldBefore === undefined ? undefined : memberOf(heldBefore, heldBefore.sinceMs)
    if (before?.status !== member.status || before.epoch !== member.epoch) {
      this.#lastChangeMs = this.#nowMs
      const metadata = { member: member.name, epoch: member.epoch, status: member.status, before: before?.status ?? '' }
      this.#report('member-changed', { members: this.#state.members.size + 1 }, metadata)
      this.#watchMajority()
    }
    const systemId = before?.epoch === member.epoch ? undefined : this.#otherSystemId(held)
    // Both came at the same moment, when there was nobody to be refused by.
    if (systemId !== undefined) this.#report('system-shared', { count: 1 }, { member: member.name, systemId })
    for (const listener of this.#listeners) {
      try {
        listener({ member, before })
      } catch (thrown) {
        this.#report('subscriber-failed', { count: 1 }, { subject: 'membership', message: messageOf(thrown) })
      }
    }
  }

  #watchMajority(): void {
    const { hasMajority } = this
    if (hasMajority === this.#hadMajority) return
    this.#hadMajority = hasMajority
    this.#report(hasMajority ? 'partition-healed' : 'partition-seen', { members: this.#state.members.size + 1 }, {})
  }

  #encode(message: MemberMessage): Uint8Array {
    return this.#port.codec.encode(messageOut(message))
  }

  #decode(body: Uint8Array): MemberMessage {
    return messageIn(this.#port.codec.decode(body))
  }

  #throwIfClosed(): void {
    if (this.#closing !== undefined) throw clusterPartClosed('membership', this.#port.name)
  }

  #report(
    event: string,
    measurements: { readonly [name: string]: number },
    metadata: { readonly [name: string]: string | number },
  ): void {
    const { telemetry, name } = this.#port
    if (!telemetry.enabled) return
    telemetry.emit({ name: `foundation.${event}`, measurements, metadata: { node: name, ...metadata } })
  }
}

function whyUnanswered(thrown: unknown): 'silence' | 'nobody' | 'unsent' {
  const code = isMabeamError(thrown) ? thrown.code : undefined
  if (code === 'foundation/no-responders') return 'nobody'
  return code === 'foundation/request-timeout' ? 'silence' : 'unsent'
}

function memberOf(news: MemberNews, sinceMs: number): Member {
  const { name, epoch, incarnation, status, attributes } = news
  return { ...attributes, name, epoch, incarnation, status, sinceMs }
}

function inboxOf(system: string, name: string): string {
  return `${system}.member.node.${name}`
}

function helloOf(system: string): string {
  return `${system}.member.hello`
}
