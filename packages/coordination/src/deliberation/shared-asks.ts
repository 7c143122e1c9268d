/**
 * Asks that are shared: who asks the same question later is given the answers that are there, waits for those under way, and only
 * the rest is asked. So the same ballots serve each of several protocols that come one after another.
 */

import { isDeepStrictEqual } from 'node:util'
import type { Answer, AskCommand, ProtocolCommand, ProtocolEvent } from '../sessions/protocol.ts'

type AnswersEvent = Extract<ProtocolEvent, { type: 'answers' }>

/** What was really asked. */
export interface SharedAsk {
  readonly command: AskCommand
  readonly waiting: ReadonlySet<string>
  readonly answers: ReadonlyMap<string, Answer>
}

/** Who wants answers. */
interface Listener {
  readonly command: AskCommand
  readonly waiting: ReadonlySet<string>
}

export interface SharedAsks {
  /** By name: `ask-1` and so on. */
  readonly asks: ReadonlyMap<string, SharedAsk>
  /** By the name of the ask that it wanted. */
  readonly listeners: ReadonlyMap<string, Listener>
}

export const noSharedAsks: SharedAsks = { asks: new Map(), listeners: new Map() }

/** What comes of wanting: perhaps an ask, perhaps answers at once. */
export interface Wanted {
  readonly shared: SharedAsks
  readonly commands: readonly ProtocolCommand<never>[]
  readonly event?: AnswersEvent
}

/**
 * Wants answers to an ask whose `to` is named.
 *
 * Ensures: nobody is asked the same question twice in one way. An answer that is there is taken, in whichever way it was got, unless it was got directly
 * and is to be agreed on; that somebody was absent is taken only from an ask of the same way.
 */
export function wantAnswers(shared: SharedAsks, command: AskCommand, atMs: number): Wanted {
  const known: Answer[] = []
  const waiting = new Set<string>()
  const rest: string[] = []
  const same = [...shared.asks.values()].filter((one) => isSameQuestion(one.command, command))
  for (const id of command.to ?? []) {
    const answer = same
      .map(({ answers, command: by }) => usable(answers.get(id), by, command))
      .find((one) => one !== undefined)
    const isUnderWay = same.some((one) => one.waiting.has(id) && one.command.integrity === command.integrity)
    if (answer !== undefined) {
      known.push(answer)
      continue
    }
    waiting.add(id)
    if (!isUnderWay) rest.push(id)
  }
  const listeners = new Map(shared.listeners).set(command.ask, { command, waiting })
  const asks = new Map(shared.asks)
  const commands: AskCommand[] = []
  if (rest.length > 0) {
    const asked: AskCommand = { ...command, ask: `ask-${asks.size + 1}`, to: rest }
    asks.set(asked.ask, { command: asked, waiting: new Set(rest), answers: new Map() })
    commands.push(asked)
  }
  const pending = waiting.size
  const event: AnswersEvent = { type: 'answers', ask: command.ask, answers: known, pending, atMs }
  return { shared: { asks, listeners }, commands, ...(known.length > 0 || pending === 0 ? { event } : {}) }
}

/** Answers that came, as they are to be told to those who wanted them. */
export function shareAnswers(shared: SharedAsks, event: AnswersEvent): readonly [SharedAsks, readonly AnswersEvent[]] {
  const ask = shared.asks.get(event.ask)
  if (ask === undefined) return [shared, []]
  const answers = new Map(ask.answers)
  const stillOut = new Set(ask.waiting)
  for (const answer of event.answers) {
    answers.set(answer.from, answer)
    stillOut.delete(answer.from)
  }
  const listeners = new Map(shared.listeners)
  const events: AnswersEvent[] = []
  for (const [name, { command, waiting }] of shared.listeners) {
    if (!isSameQuestion(command, ask.command)) continue
    const isSameWay = command.integrity === ask.command.integrity
    const theirs = event.answers.filter(
      (one) => waiting.has(one.from) && (isSameWay || usable(one, ask.command, command) !== undefined),
    )
    if (theirs.length === 0) continue
    const left = new Set(waiting)
    for (const { from } of theirs) left.delete(from)
    listeners.set(name, { command, waiting: left })
    events.push({ ...event, ask: name, answers: theirs, pending: left.size })
  }
  const asks = new Map(shared.asks).set(event.ask, { ...ask, answers, waiting: stillOut })
  return [{ asks, listeners }, events]
}

/** No answers are wanted any more by that name. What was asked stays open, so that others may want its answers. */
export function forgetListener(shared: SharedAsks, name: string): SharedAsks {
  const listeners = new Map(shared.listeners)
  listeners.delete(name)
  return { ...shared, listeners }
}

/** Closes what nobody waits for. */
export function closeUnwanted(shared: SharedAsks): readonly [SharedAsks, readonly ProtocolCommand<never>[]] {
  const asks = new Map(shared.asks)
  const commands: ProtocolCommand<never>[] = []
  for (const [name, ask] of shared.asks) {
    const isWanted = shared.listeners
      .values()
      .some(({ command, waiting }) => isSameQuestion(command, ask.command) && !waiting.isDisjointFrom(ask.waiting))
    if (isWanted || ask.waiting.size === 0) continue
    asks.set(name, { ...ask, waiting: new Set() })
    commands.push({ type: 'close-ask', ask: name })
  }
  return [{ ...shared, asks }, commands]
}

/** Who asks in which way is no part of the question, nor when. */
function isSameQuestion(one: AskCommand, other: AskCommand): boolean {
  if (one.request !== other.request) return false
  return isDeepStrictEqual([one.question, one.own], [other.question, other.own])
}

function usable(answer: Answer | undefined, by: AskCommand, wanted: AskCommand): Answer | undefined {
  if (answer === undefined || by.integrity === wanted.integrity) return answer
  const isSafer = by.integrity === undefined
  return isSafer && !('absent' in answer) ? answer : undefined
}
