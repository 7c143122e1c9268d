/**
 * What a member decides, as a pure step: state and event in, state and commands out. Each period it asks one member
 * whether it is there; on silence it asks others to try; on more silence it suspects, and the suspect has its time to
 * object. What changes goes with these messages, so that the traffic of a node does not grow with the number of nodes.
 *
 * Source: Das, Gupta & Motivala, SWIM, DSN 2002; the age of a suspicion goes with it, and a node that finds that it was
 * paused blames itself, after Dadgar, Phillips & Currey, Lifeguard, DSN-W 2018. Differs: the direct way is tried again
 * beside the relays; death by hearsay makes a suspect; the dead are asked rarely, so that halves of a partition find each other.
 */

import { rendezvousOrder } from '../placement/rendezvous.ts'
import type { Random } from '../random.ts'
import { isGone, type MemberNews, type NodeAttributes, supersedes } from './member.ts'
import { aged, expireMembers, type NewsWay, newsFor, suspectMember, takeNews } from './member-gossip.ts'
import type { DigestEntry, MemberMessage } from './member-message.ts'
import { type AskPurpose, type MembershipCommand, MembershipDraft, type MembershipState } from './membership-state.ts'

export type MembershipEvent<Reply> =
  /** Once a period. */
  | { readonly type: 'tick'; readonly atMs: number }
  /** `reply` is set when the sender waits for an answer. */
  | { readonly type: 'received'; readonly message: MemberMessage; readonly reply?: Reply; readonly atMs: number }
  | {
      readonly type: 'answered'
      readonly message: MemberMessage
      readonly purpose: AskPurpose<Reply>
      readonly atMs: number
    }
  /** `silence`: no answer in time; `nobody`: nobody listens there; `unsent`: it never left this node. */
  | {
      readonly type: 'unanswered'
      readonly why: 'silence' | 'nobody' | 'unsent'
      readonly purpose: AskPurpose<Reply>
      readonly atMs: number
    }
  /** Its process lives: it is busy, and nobody is blamed. */
  | { readonly type: 'beating'; readonly purpose: AskPurpose<Reply>; readonly atMs: number }
  | { readonly type: 'attributes'; readonly attributes: NodeAttributes; readonly atMs: number }
  | { readonly type: 'leave'; readonly atMs: number }

/** The decision as a function: what the runtime, simulations and mutants of tests pass around. */
export type MembershipStep = <Reply>(
  state: MembershipState,
  event: MembershipEvent<Reply>,
  random: Random,
) => readonly [MembershipState, readonly MembershipCommand<Reply>[]]

/** How many members tell a newcomer of all others. */
const welcomers = 3
/** Records in one answer that compares everything; the rest is asked for again. */
const syncNewsMax = 256
/** Suspects asked again in one period, and members asked because others think them dead. */
const rechecksMax = 4
/** A period longer than so many tells of a pause of this node. */
const pausePeriods = 3

/**
 * One decision.
 *
 * Ensures: a constant number of messages in a period, besides answers; only a suspect is declared down, and only when
 * it did not object in time and its process was not heard of meanwhile; only the node itself raises its incarnation.
 */
export const membershipStep: MembershipStep = (state, event, random) => {
  const draft = new MembershipDraft<never>(state, random, event.atMs)
  take(draft as MembershipDraft<unknown>, event)
  return [draft.state, draft.commands]
}

function take(draft: MembershipDraft<unknown>, event: MembershipEvent<unknown>): void {
  switch (event.type) {
    case 'tick':
      onTick(draft)
      return
    case 'received':
      onReceived(draft, event.message, event.reply)
      return
    case 'answered':
      onAnswered(draft, event.message, event.purpose)
      return
    case 'unanswered':
      if (event.purpose.type === 'probe') onSilence(draft, event.purpose.probe, event.why)
      return
    case 'beating':
      if (event.purpose.type === 'probe') onBeating(draft, event.purpose.probe)
      return
    case 'attributes':
      draft.state = { ...draft.state, wanted: event.attributes }
      sayAttributes(draft)
      return
    case 'leave':
      draft.assertSelf({ status: 'left' }, 0)
      draft.commands.push({ type: 'broadcast', message: { type: 'leave', from: draft.state.self } })
  }
}

function onTick(draft: MembershipDraft<unknown>): void {
  const { timings, tickMs } = draft.state
  const gapMs = draft.atMs - tickMs
  if (gapMs > pausePeriods * timings.periodMs) forgivePause(draft, gapMs)
  draft.state = { ...draft.state, tickMs: draft.atMs }
  expireMembers(draft)
  sayAttributes(draft)
  let rechecks = rechecksMax
  for (const one of draft.state.members.values()) {
    if (one.status === 'suspect' && rechecks-- > 0) probe(draft, one.name)
  }
  const target = nextInRound(draft)
  if (target !== undefined) probe(draft, target)
  if (draft.atMs >= draft.state.syncAtMs) {
    draft.state = { ...draft.state, syncAtMs: draft.atMs + timings.syncMs }
    syncWithOne(draft, (one) => !isGone(one.status))
  }
  if (draft.atMs >= draft.state.retryDownAtMs) {
    draft.state = { ...draft.state, retryDownAtMs: draft.atMs + timings.retryDownMs }
    syncWithOne(draft, (one) => one.status === 'down')
  }
}

/** What is new about this node, unless it said something not long ago. */
function sayAttributes(draft: MembershipDraft<unknown>): void {
  const { wanted, saidAtMs, timings, members } = draft.state
  if (wanted === undefined || draft.atMs - saidAtMs < timings.attributesMs * (members.size + 1)) return
  draft.assertSelf({ attributes: wanted }, 0)
  draft.state = { ...draft.state, wanted: undefined, saidAtMs: draft.atMs }
}

/** The node stood still, so the silence was its own: nobody is blamed for it. */
function forgivePause(draft: MembershipDraft<unknown>, gapMs: number): void {
  draft.probes.clear()
  for (const one of draft.state.members.values()) {
    if (one.status === 'suspect') {
      draft.members.set(one.name, { ...one, suspectUntilMs: one.suspectUntilMs + gapMs })
    }
  }
}

/** Each member once in a round, in random order: so that none waits for longer than a round. */
function nextInRound(draft: MembershipDraft<unknown>): string | undefined {
  const isThere = (name: string) => {
    const held = draft.state.members.get(name)
    return held !== undefined && !isGone(held.status)
  }
  const left = draft.state.round.filter(isThere)
  const round = left.length > 0 ? left : draft.random.shuffle([...draft.state.members.keys()].filter(isThere))
  draft.state = { ...draft.state, round: round.slice(1) }
  return round[0]
}

function probe(draft: MembershipDraft<unknown>, name: string, doubt: readonly MemberNews[] = []): void {
  const held = draft.state.members.get(name)
  if (held === undefined) return
  const id = draft.state.lastProbe + 1
  draft.state = { ...draft.state, lastProbe: id }
  draft.probes.set(id, { name, epoch: held.epoch, incarnation: held.incarnation, ways: 0 })
  draft.commands.push({
    type: 'ask',
    to: name,
    message: { type: 'ping', from: draft.state.self, news: [...doubt, ...newsFor(draft, name)] },
    timeoutMs: draft.state.timings.pingTimeoutMs,
    purpose: { type: 'probe', probe: id },
  })
}

function onSilence(draft: MembershipDraft<unknown>, id: number, why: 'silence' | 'nobody' | 'unsent'): void {
  const asked = draft.state.probes.get(id)
  if (asked === undefined) return
  const held = draft.state.members.get(asked.name)
  const isOver = held?.epoch !== asked.epoch || held.incarnation !== asked.incarnation || isGone(held.status)
  const isDirect = asked.ways === 0
  if (isOver || why === 'unsent') return void draft.probes.delete(id)
  if (isDirect && why === 'silence') {
    if (held.status === 'suspect') askPulse(draft, id, asked.name)
    else tryOtherWays(draft, id)
    return
  }
  if (!isDirect && asked.ways > 1) return void draft.probes.set(id, { ...asked, ways: asked.ways - 1 })
  draft.probes.delete(id)
  suspectMember(draft, asked.name)
}

/** The direct way once more, some by way of others, and the pulse of its process, which may be too busy to answer. */
function tryOtherWays(draft: MembershipDraft<unknown>, id: number): void {
  const asked = draft.state.probes.get(id)
  if (asked === undefined) return
  const { timings, self } = draft.state
  const others = [...draft.state.members.values()].filter((one) => one.status === 'alive' && one.name !== asked.name)
  const relays = draft.random.shuffle(others).slice(0, timings.relays)
  draft.probes.set(id, { ...asked, ways: relays.length + 2 })
  const purpose = { type: 'probe', probe: id } as const
  const timeoutMs = timings.pingTimeoutMs * 2
  const ping = { type: 'ping', from: self, news: newsFor(draft, asked.name) } as const
  draft.commands.push({ type: 'ask', to: asked.name, message: ping, timeoutMs, purpose })
  draft.commands.push({ type: 'ask-pulse', to: asked.name, timeoutMs, purpose })
  for (const { name } of relays) {
    const message = { type: 'relay', from: self, target: asked.name, news: newsFor(draft, name) } as const
    draft.commands.push({ type: 'ask', to: name, message, timeoutMs, purpose })
  }
}

/** Of a suspect that can't object because it is busy its process can. */
function askPulse(draft: MembershipDraft<unknown>, id: number, name: string): void {
  const asked = draft.state.probes.get(id)
  if (asked === undefined) return
  draft.probes.set(id, { ...asked, ways: 1 })
  const timeoutMs = draft.state.timings.pingTimeoutMs * 2
  draft.commands.push({ type: 'ask-pulse', to: name, timeoutMs, purpose: { type: 'probe', probe: id } })
}

/** Its process lives. A doubt of it stays, since it does not answer, and its time to object begins anew. */
function onBeating(draft: MembershipDraft<unknown>, id: number): void {
  const asked = draft.state.probes.get(id)
  draft.probes.delete(id)
  const held = asked && draft.state.members.get(asked.name)
  if (held?.status !== 'suspect' || held.epoch !== asked?.epoch || held.incarnation !== asked.incarnation) return
  const suspectUntilMs = Math.max(held.suspectUntilMs, draft.atMs + draft.state.timings.suspicionMs)
  draft.members.set(held.name, { ...held, suspectUntilMs })
}

function onReceived(draft: MembershipDraft<unknown>, message: MemberMessage, reply: unknown): void {
  hear(draft, message)
  if (message.type === 'hello') {
    onHello(draft, message, reply)
    return
  }
  if (reply === undefined) return
  if (message.type === 'ping') {
    const news = newsFor(draft, message.from.name)
    draft.commands.push({ type: 'reply', reply, message: { type: 'pong', from: draft.state.self, news } })
  } else if (message.type === 'sync') {
    draft.commands.push({ type: 'reply', reply, message: membersFor(draft, message.from, message.digest) })
  } else if (message.type === 'relay') {
    draft.commands.push({
      type: 'ask',
      to: message.target,
      message: { type: 'ping', from: draft.state.self, news: newsFor(draft, message.target) },
      timeoutMs: draft.state.timings.pingTimeoutMs,
      purpose: { type: 'relay', reply },
    })
  }
}

/** A few members answer, the same for all who know the same members; others when those did not. */
function onHello(
  draft: MembershipDraft<unknown>,
  message: Extract<MemberMessage, { type: 'hello' }>,
  reply: unknown,
): void {
  const { self, members } = draft.state
  const { name } = message.from
  if (name === self.name) return
  const there = [...members.values(), self].filter((one) => !isGone(one.status) && one.name !== name)
  const order = rendezvousOrder(
    `${name} ${message.attempt}`,
    there.map((one) => ({ name: one.name })),
  )
  if (!order.slice(0, welcomers).includes(self.name)) return
  const answer = membersFor(draft, message.from, [])
  if (reply !== undefined) draft.commands.push({ type: 'reply', reply, message: answer })
  else draft.commands.push({ type: 'send', to: name, message: answer })
}

function onAnswered(draft: MembershipDraft<unknown>, message: MemberMessage, purpose: AskPurpose<unknown>): void {
  const changedBefore = draft.commands.length
  hear(draft, message)
  if (purpose.type === 'probe') draft.probes.delete(purpose.probe)
  else if (purpose.type === 'relay') draft.commands.push({ type: 'reply', reply: purpose.reply, message })
  else if (message.type === 'members' && message.more && draft.commands.length > changedBefore) {
    askSync(draft, message.from.name)
  }
}

/** Takes in all that a message says. */
function hear(draft: MembershipDraft<unknown>, message: MemberMessage): void {
  const news = 'news' in message ? message.news : []
  const way: NewsWay = message.type === 'members' ? 'sync' : 'gossip'
  const doubtful = takeNews(draft, [message.from], 'gossip')
  for (const name of takeNews(draft, news, way)) doubtful.add(name)
  if (message.type === 'sync') {
    for (const name of takeNews(draft, knownFromDigest(draft, message.digest), 'sync')) doubtful.add(name)
  }
  for (const name of draft.random.shuffle([...doubtful]).slice(0, rechecksMax)) {
    const held = draft.state.members.get(name)
    // It hears that it is thought dead, and objects.
    if (held !== undefined) probe(draft, name, [{ ...aged(held, draft.atMs), status: 'down' }])
  }
}

/** What a digest tells of members whose attributes are known. */
function knownFromDigest(draft: MembershipDraft<unknown>, digest: readonly DigestEntry[]): readonly MemberNews[] {
  return digest.flatMap((entry) => {
    const held = entry.name === draft.state.self.name ? draft.state.self : draft.state.members.get(entry.name)
    const isKnown = held?.epoch === entry.epoch && held.incarnation === entry.incarnation
    const { attributes, attributesRevision } = held ?? draft.state.self
    return isKnown ? [{ ...entry, attributes, attributesRevision, suspectedMs: 0 }] : []
  })
}

/** What `to` does not know. */
function membersFor(draft: MembershipDraft<unknown>, to: MemberNews, digest: readonly DigestEntry[]): MemberMessage {
  const known = new Map(digest.map((entry) => [entry.name, entry]))
  known.set(to.name, to)
  const unknown = [...draft.state.members.values()].filter((held) => {
    const entry = known.get(held.name)
    return entry === undefined || supersedes(held, entry)
  })
  const news = draft.random.shuffle(unknown).slice(0, syncNewsMax)
  return {
    type: 'members',
    from: draft.state.self,
    news: news.map((one) => aged(one, draft.atMs)),
    more: news.length < unknown.length,
  }
}

function syncWithOne(draft: MembershipDraft<unknown>, isWanted: (one: MemberNews) => boolean): void {
  const names = [...draft.state.members.values()].filter(isWanted).map((one) => one.name)
  if (names.length > 0) askSync(draft, names[draft.random.int(names.length)] as string)
}

function askSync(draft: MembershipDraft<unknown>, to: string): void {
  const digest = [...draft.state.members.values()].map(({ name, epoch, incarnation, status }) => ({
    name,
    epoch,
    incarnation,
    status,
  }))
  draft.commands.push({
    type: 'ask',
    to,
    message: { type: 'sync', from: draft.state.self, digest },
    timeoutMs: draft.state.timings.pingTimeoutMs * 4,
    purpose: { type: 'sync' },
  })
}
