/** News on their way: which go with a message, and what becomes of those that come in. */

import { isGone, type MemberNews } from './member.ts'
import { type HeldMember, type MembershipDraft, newsTimesMax } from './membership-state.ts'

/** How the news came: in passing, or by comparing all that two members know. */
export type NewsWay = 'gossip' | 'sync'

/**
 * The news to go with a message to `to`: first what it must object to, then those passed on least. Each is passed on
 * `newsFactor` times the binary logarithm of the number of members, then no more; new attributes half as often, and after
 * the rest.
 *
 * Source: Das, Gupta & Motivala, SWIM, DSN 2002, section 4.1 (infection-style dissemination). Differs: none.
 */
export function newsFor(draft: MembershipDraft<unknown>, to: string): readonly MemberNews[] {
  const { timings, queue } = draft.state
  const news: MemberNews[] = []
  const held = draft.state.members.get(to)
  if (held !== undefined && held.status !== 'alive') news.push(aged(held, draft.atMs))
  if (queue.size === 0) return news
  const timesMax = newsTimesMax(draft.state)
  const next = [...queue].sort((a, b) => a[1] - b[1]).slice(0, timings.newsMax)
  for (const [name, times] of next) {
    if (times + 1 >= timesMax) draft.queue.delete(name)
    else draft.queue.set(name, times + 1)
    const one = draft.state.members.get(name)
    if (one !== undefined && name !== to) news.push(aged(one, draft.atMs))
  }
  return news
}

/** A member as it is told to others. */
export function aged(held: HeldMember, atMs: number): MemberNews {
  const { name, epoch, incarnation, status, attributes, attributesRevision } = held
  const suspectedMs = status === 'suspect' ? atMs - held.sinceMs : 0
  return { name, epoch, incarnation, status, attributes, attributesRevision, suspectedMs }
}

/**
 * Takes in news; the names of members that are said to be down although nothing was wrong with them here, and are to be
 * asked.
 *
 * Ensures: nobody goes from alive to down by hearsay. In passing, news of a death make a suspect, which has its time to
 * object; two halves of a healed partition, comparing what they know, ask those whom the other half thought dead.
 */
export function takeNews(draft: MembershipDraft<unknown>, news: readonly MemberNews[], way: NewsWay): Set<string> {
  const doubtful = new Set<string>()
  for (const one of news) {
    if (one.name === draft.state.self.name) takeNewsOfSelf(draft, one)
    else if (draft.isNew(one)) takeNewsOfOther(draft, one, way === 'sync' ? doubtful : undefined)
  }
  return doubtful
}

function takeNewsOfSelf(draft: MembershipDraft<unknown>, news: MemberNews): void {
  const { self } = draft.state
  if (news.epoch > self.epoch) draft.commands.push({ type: 'replaced', byEpoch: news.epoch })
  if (news.epoch !== self.epoch || self.status === 'left') return
  if (news.status !== 'alive' && news.incarnation >= self.incarnation) draft.assertSelf({}, news.incarnation)
}

function takeNewsOfOther(draft: MembershipDraft<unknown>, news: MemberNews, doubtful: Set<string> | undefined): void {
  const held = draft.state.members.get(news.name)
  const isSurprising = news.status === 'down' && held?.status === 'alive' && held.epoch === news.epoch
  if (isSurprising && doubtful !== undefined) return void doubtful.add(news.name)
  hold(draft, isSurprising ? { ...news, status: 'suspect' } : news)
}

function hold(draft: MembershipDraft<unknown>, news: MemberNews): void {
  const { suspicionMs, suspicionMinMs } = draft.state.timings
  const leftMs = news.status === 'suspect' ? Math.max(suspicionMinMs, suspicionMs - news.suspectedMs) : 0
  const before = draft.state.members.get(news.name)
  const isSame = before?.epoch === news.epoch && before.status === news.status
  const sinceMs = isSame && news.status === 'alive' ? before.sinceMs : draft.atMs - news.suspectedMs
  draft.hold({ ...news, sinceMs, suspectUntilMs: draft.atMs + leftMs })
}

/** This node itself finds that a member does not answer. */
export function suspectMember(draft: MembershipDraft<unknown>, name: string): void {
  const held = draft.state.members.get(name)
  if (held?.status === 'alive') hold(draft, { ...held, status: 'suspect', suspectedMs: 0 })
}

/** Suspects whose time is up are down; who has been gone for long is forgotten. */
export function expireMembers(draft: MembershipDraft<unknown>): void {
  const { forgetMs } = draft.state.timings
  for (const one of draft.state.members.values()) {
    if (one.status === 'suspect' && one.suspectUntilMs <= draft.atMs) {
      draft.hold({ ...one, status: 'down', sinceMs: draft.atMs })
    } else if (isGone(one.status) && draft.atMs - one.sinceMs >= forgetMs) {
      draft.forget(one.name)
    }
  }
}
