/**
 * Asks to seats. In a cluster of clusters each cluster has a seat, for which a representative answers: the first of an order, and when it
 * does not answer, or says something else than it was sent to say, the next. Participants answer for themselves.
 */

import type { Answer, AskCommand } from '../sessions/protocol.ts'
import { valueKey } from './value-key.ts'

/** What a cluster decided, as its representative is to say it. */
export interface Mandate {
  readonly cluster: string
  readonly value: unknown
  /** The name of the option, where there were options. */
  readonly option?: string
}

/** What a representative is told as `context`. */
export interface RepresentativeContext {
  readonly mandate: Mandate
  /** The context of the question, as all others have it. */
  readonly about?: unknown
}

/** A seat that is not a participant. */
export interface Seat {
  readonly mandate: Mandate
  /** In the order in which they are sent. */
  readonly representatives: readonly string[]
  /** Whether one that says something else is replaced. */
  readonly isBound: boolean
}

/** A representative that was replaced. */
export interface RepresentativeFailure {
  readonly cluster: string
  readonly representative: string
  /** Why it gave no answer, or that it said something else than its cluster had decided. */
  readonly reason: Extract<Answer, { absent: unknown }>['absent'] | 'faithless'
}

/** One ask, to seats. */
export interface SeatAsk {
  /** As the inner protocol gave it; `to` are seats. */
  readonly command: AskCommand
  readonly seats: ReadonlyMap<string, Seat>
  /** Seats that have not answered. */
  readonly waiting: ReadonlySet<string>
  /** By the name of what was really asked: the seat it is for; `undefined` for that to participants. */
  readonly open: ReadonlyMap<string, { readonly seat: string; readonly place: number } | undefined>
}

export type SeatAskTurn = readonly [ask: SeatAsk, asked: readonly AskCommand[]]

/** Asks participants together, and of each other seat the first representative. */
export function askSeats(command: AskCommand, seats: ReadonlyMap<string, Seat>): SeatAskTurn {
  const to = command.to ?? []
  const own = to.filter((seat) => !seats.has(seat))
  const ask: SeatAsk = { command, seats, waiting: new Set(to), open: new Map() }
  const asked: AskCommand[] = []
  const open = new Map(ask.open)
  // Also where nobody sits here: an ask to nobody is answered by nobody, and that ends it.
  if (own.length > 0 || to.length === 0) {
    open.set(command.ask, undefined)
    asked.push({ ...command, to: own })
  }
  for (const seat of to.filter((one) => seats.has(one))) {
    const sent = askRepresentative({ ...ask, open }, seat, 0)
    if (sent === undefined) continue
    open.set(sent.ask, { seat, place: 0 })
    asked.push(sent)
  }
  return [{ ...ask, open }, asked]
}

export interface SeatAnswers {
  readonly ask: SeatAsk
  /** Of seats. */
  readonly answers: readonly Answer[]
  /** To those who take the place of others. */
  readonly asked: readonly AskCommand[]
  readonly failures: readonly RepresentativeFailure[]
}

/** Answers to one of the asks that are open; `isOver`: no more are to come to that one. */
export function hearSeats(
  before: SeatAsk,
  name: string,
  heard: { answers: readonly Answer[]; isOver: boolean },
): SeatAnswers {
  const sent = before.open.get(name)
  const open = new Map(before.open)
  if (heard.isOver) open.delete(name)
  const ask = { ...before, open }
  if (sent === undefined) return answered(ask, heard.answers)
  const [answer] = heard.answers
  const seat = ask.seats.get(sent.seat)
  if (answer === undefined || seat === undefined) return answered(ask, [])
  const reason: RepresentativeFailure['reason'] | undefined =
    'absent' in answer ? answer.absent : isFaithful(seat, answer.value) ? undefined : 'faithless'
  if (reason === undefined) return answered(ask, [{ ...answer, from: sent.seat }])
  const failures = [{ cluster: sent.seat, representative: answer.from, reason }]
  const place = sent.place + 1
  const next = askRepresentative(ask, sent.seat, place)
  if (next === undefined) {
    const absent = reason === 'faithless' ? 'failed' : reason
    return { ...answered(ask, [{ from: sent.seat, absent, latencyMs: answer.latencyMs }]), failures }
  }
  open.set(next.ask, { seat: sent.seat, place })
  return { ask: { ...ask, open }, answers: [], asked: [next], failures }
}

function answered(ask: SeatAsk, answers: readonly Answer[]): SeatAnswers {
  const waiting = new Set(ask.waiting)
  for (const { from } of answers) waiting.delete(from)
  return { ask: { ...ask, waiting }, answers, asked: [], failures: [] }
}

/** One ask each, since each has a mandate of its own. */
function askRepresentative({ command, seats }: SeatAsk, seat: string, place: number): AskCommand | undefined {
  const { mandate, representatives, isBound } = seats.get(seat) ?? { representatives: [] }
  const representative = representatives[place]
  if (representative === undefined || mandate === undefined) return undefined
  const { context: about, ...question } = command.question
  const context: RepresentativeContext = { mandate, ...(about === undefined ? {} : { about }) }
  const own = command.own === undefined ? {} : { own: { [representative]: command.own[seat] } }
  return {
    ...command,
    ...own,
    ask: `${command.ask}@${seat}#${place + 1}`,
    to: [representative],
    question: { ...question, context },
    // What it may say is known already: there is nothing in it to agree on.
    ...(isBound ? { integrity: 'direct' } : {}),
  } as AskCommand
}

function isFaithful({ isBound, mandate }: Seat, said: object): boolean {
  if (!isBound) return true
  if ('option' in said) return said.option === mandate.option
  return !('value' in said) || valueKey(said.value) === valueKey(mandate.value)
}
