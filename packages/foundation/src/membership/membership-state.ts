/** What a member knows, and the draft in which one step changes a copy of it. */

import type { Random } from '../random.ts'
import { isGone, type MemberNews, type NodeAttributes, supersedes } from './member.ts'
import type { MemberMessage } from './member-message.ts'
import type { MembershipTimings } from './membership-options.ts'

/** Another member as it is held. */
export interface HeldMember extends MemberNews {
  readonly sinceMs: number
  /** A suspect that has not objected by then is down. */
  readonly suspectUntilMs: number
}

/** A member that was asked and has not answered. */
export interface Probe {
  readonly name: string
  readonly epoch: number
  readonly incarnation: number
  /** 0 while it is asked directly; then the number of ways still open. */
  readonly ways: number
}

export interface MembershipState {
  readonly timings: Required<MembershipTimings>
  readonly self: MemberNews
  /** The others, by name. */
  readonly members: ReadonlyMap<string, HeldMember>
  /** News that are passed on: how often each was, by name. At most one a member. */
  readonly queue: ReadonlyMap<string, number>
  readonly probes: ReadonlyMap<number, Probe>
  readonly lastProbe: number
  /** Whom to ask in the periods to come. */
  readonly round: readonly string[]
  /** What the node says of itself as soon as it may; what it has said is in `self`. */
  readonly wanted: NodeAttributes | undefined
  readonly saidAtMs: number
  readonly tickMs: number
  readonly syncAtMs: number
  readonly retryDownAtMs: number
}

/** A member before its first event. */
export function newMembership(
  self: Pick<MemberNews, 'name' | 'epoch' | 'attributes'>,
  timings: Required<MembershipTimings>,
  atMs: number,
): MembershipState {
  return {
    timings,
    self: { ...self, incarnation: 0, status: 'alive', suspectedMs: 0, attributesRevision: 0 },
    members: new Map(),
    queue: new Map([[self.name, 0]]),
    probes: new Map(),
    lastProbe: 0,
    round: [],
    wanted: undefined,
    saidAtMs: atMs - timings.attributesMs * timings.membersMax,
    tickMs: atMs,
    syncAtMs: atMs + timings.syncMs,
    retryDownAtMs: atMs + timings.retryDownMs,
  }
}

/** Why something was asked; comes back with the answer. `reply` is whom the answer is for. */
export type AskPurpose<Reply> =
  | { readonly type: 'probe'; readonly probe: number }
  | { readonly type: 'relay'; readonly reply: Reply }
  | { readonly type: 'sync' }

export type MembershipCommand<Reply> =
  | { readonly type: 'send'; readonly to: string; readonly message: MemberMessage }
  /** To all that listen for newcomers. */
  | { readonly type: 'broadcast'; readonly message: MemberMessage }
  | {
      readonly type: 'ask'
      readonly to: string
      readonly message: MemberMessage
      readonly timeoutMs: number
      readonly purpose: AskPurpose<Reply>
    }
  /** Asks whether its process lives at all: a busy one answers that, and nothing else. */
  | { readonly type: 'ask-pulse'; readonly to: string; readonly timeoutMs: number; readonly purpose: AskPurpose<Reply> }
  | { readonly type: 'reply'; readonly reply: Reply; readonly message: MemberMessage }
  /** A member was seen for the first time, or its status, epoch or attributes are new. */
  | { readonly type: 'changed'; readonly member: HeldMember; readonly before: HeldMember | undefined }
  /** Too many members: this one was not taken in. */
  | { readonly type: 'refused'; readonly name: string }
  /** A higher epoch of this node's own name is there. */
  | { readonly type: 'replaced'; readonly byEpoch: number }

/** A copy that is changed within one step, and the commands given meanwhile. Never outlives the step. */
export class MembershipDraft<Reply> {
  readonly commands: MembershipCommand<Reply>[] = []
  readonly random: Random
  readonly atMs: number
  state: MembershipState
  readonly #copied = { members: false, queue: false, probes: false }

  constructor(state: MembershipState, random: Random, atMs: number) {
    this.state = state
    this.random = random
    this.atMs = atMs
  }

  get members(): Map<string, HeldMember> {
    if (!this.#copied.members) this.state = { ...this.state, members: new Map(this.state.members) }
    this.#copied.members = true
    return this.state.members as Map<string, HeldMember>
  }

  get queue(): Map<string, number> {
    if (!this.#copied.queue) this.state = { ...this.state, queue: new Map(this.state.queue) }
    this.#copied.queue = true
    return this.state.queue as Map<string, number>
  }

  get probes(): Map<number, Probe> {
    if (!this.#copied.probes) this.state = { ...this.state, probes: new Map(this.state.probes) }
    this.#copied.probes = true
    return this.state.probes as Map<number, Probe>
  }

  /** Holds a member as it is now, passes the news on and tells of it. */
  hold(member: HeldMember): void {
    const before = this.state.members.get(member.name)
    if (before === undefined && !this.#hasRoom()) {
      this.commands.push({ type: 'refused', name: member.name })
      return
    }
    this.members.set(member.name, member)
    const isQuiet = isQuietNews(member, before)
    this.queue.set(member.name, isQuiet ? quietTimes(this.state) : 0)
    if (!isGone(member.status) && (before === undefined || isGone(before.status))) this.#intoRound(member.name)
    this.commands.push({ type: 'changed', member, before })
  }

  /** Objects to what is said about this node, or says something new about it. */
  assertSelf(news: Partial<Pick<MemberNews, 'attributes' | 'status'>>, overIncarnation: number): void {
    const incarnation = Math.max(this.state.self.incarnation, overIncarnation) + 1
    const isQuiet = news.attributes !== undefined
    const attributesRevision = this.state.self.attributesRevision + (isQuiet ? 1 : 0)
    this.state = { ...this.state, self: { ...this.state.self, ...news, incarnation, attributesRevision } }
    this.queue.set(this.state.self.name, isQuiet ? quietTimes(this.state) : 0)
  }

  /** Whether these news about another member are newer than what is held. */
  isNew(news: MemberNews): boolean {
    const held = this.state.members.get(news.name)
    return held === undefined || supersedes(news, held)
  }

  /** Room for one more, by forgetting the one that has been gone longest if need be. */
  #hasRoom(): boolean {
    if (this.state.members.size + 1 < this.state.timings.membersMax) return true
    let oldest: HeldMember | undefined
    for (const one of this.state.members.values()) {
      if (isGone(one.status) && (oldest === undefined || one.sinceMs < oldest.sinceMs)) oldest = one
    }
    if (oldest === undefined) return false
    this.forget(oldest.name)
    return true
  }

  forget(name: string): void {
    this.members.delete(name)
    this.queue.delete(name)
  }

  /** A newcomer is asked at a random time within the round under way. */
  #intoRound(name: string): void {
    const round = [...this.state.round]
    round.splice(this.random.int(round.length + 1), 0, name)
    this.state = { ...this.state, round }
  }
}

/** How often one piece of news is passed on. */
export function newsTimesMax({ timings, members }: MembershipState): number {
  return Math.ceil(timings.newsFactor * Math.log2(members.size + 2))
}

/** New attributes, and newcomers, who said hello to all: nobody's life depends on these. */
function isQuietNews(member: HeldMember, before: HeldMember | undefined): boolean {
  if (before === undefined || before.epoch !== member.epoch) return member.status === 'alive'
  return before.status === member.status && before.attributesRevision !== member.attributesRevision
}

/** Where the count of news that nobody's life depends on begins: they wait for those that somebody's does. */
function quietTimes(state: MembershipState): number {
  return Math.floor(newsTimesMax(state) / 2)
}
