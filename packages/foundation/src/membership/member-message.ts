/** What members say to each other, and the check of what comes in. Version 1. */

import { unreadableMessage } from '../errors/engine-errors.ts'
import type { MemberNews, MemberStatus, NodeAttributes, Stamp } from './member.ts'

/** A member in a digest: enough to tell who knows more. */
export type DigestEntry = Stamp & { readonly name: string }

export type MemberMessage =
  /** I am here; who is asked to answer tells of everybody. `attempt` lets others answer when those asked are gone. */
  | { readonly type: 'hello'; readonly from: MemberNews; readonly attempt: number }
  /** Are you there? */
  | { readonly type: 'ping'; readonly from: MemberNews; readonly news: readonly MemberNews[] }
  /** Please ask `target` for me whether it is there. */
  | {
      readonly type: 'relay'
      readonly from: MemberNews
      readonly target: string
      readonly news: readonly MemberNews[]
    }
  /** I am, or it is. */
  | { readonly type: 'pong'; readonly from: MemberNews; readonly news: readonly MemberNews[] }
  /** This is what I know; what do you know that I don't? */
  | { readonly type: 'sync'; readonly from: MemberNews; readonly digest: readonly DigestEntry[] }
  /** News from hello and sync. `more` is left to ask for. */
  | {
      readonly type: 'members'
      readonly from: MemberNews
      readonly news: readonly MemberNews[]
      readonly more: boolean
    }
  /** I go. */
  | { readonly type: 'leave'; readonly from: MemberNews }

const messageVersion = 1
const statuses: readonly MemberStatus[] = ['alive', 'suspect', 'down', 'left']

/** A message as it is encoded. */
export function messageOut(message: MemberMessage): object {
  return { v: messageVersion, ...message }
}

/** Throws `foundation/unreadable-message` for what is no message of this version. */
export function messageIn(value: unknown): MemberMessage {
  const message = value as { readonly v?: unknown } & MemberMessage
  if (typeof message !== 'object' || message === null) throw unreadableMessage('expected a message of a member')
  if (message.v !== messageVersion) {
    throw unreadableMessage(`expected version ${messageVersion} of member messages, got ${String(message.v)}`)
  }
  if (!isNews(message.from) || !isComplete(message)) throw unreadableMessage('a message of a member with parts missing')
  return message
}

function isComplete(message: MemberMessage): boolean {
  switch (message.type) {
    case 'hello':
      return Number.isSafeInteger(message.attempt)
    case 'leave':
      return true
    case 'sync':
      return Array.isArray(message.digest) && message.digest.every(isStamped)
    case 'relay':
      return typeof message.target === 'string' && areNews(message.news)
    case 'ping':
    case 'pong':
      return areNews(message.news)
    case 'members':
      return areNews(message.news) && typeof message.more === 'boolean'
    default:
      return false
  }
}

function areNews(value: unknown): boolean {
  return Array.isArray(value) && value.every(isNews)
}

function isNews(value: unknown): value is MemberNews {
  const news = value as MemberNews
  return (
    isStamped(value) &&
    isAttributes(news.attributes) &&
    typeof news.suspectedMs === 'number' &&
    Number.isSafeInteger(news.attributesRevision)
  )
}

function isStamped(value: unknown): value is DigestEntry {
  const entry = value as DigestEntry | null | undefined
  return (
    typeof entry === 'object' &&
    entry !== null &&
    typeof entry.name === 'string' &&
    Number.isSafeInteger(entry.epoch) &&
    Number.isSafeInteger(entry.incarnation) &&
    statuses.includes(entry.status)
  )
}

function isAttributes(value: unknown): value is NodeAttributes {
  const given = value as NodeAttributes | null | undefined
  if (typeof given !== 'object' || given === null) return false
  const numbers = [given.cores, given.memoryBytes, given.gpus, given.load]
  const texts = [given.version, ...Object.values(given.labels ?? { missing: 0 })]
  return numbers.every((one) => typeof one === 'number') && texts.every((one) => typeof one === 'string')
}
