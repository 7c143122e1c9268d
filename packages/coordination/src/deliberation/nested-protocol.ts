/**
 * A protocol inside of a protocol. The outer one gives it its events and hands its commands on; names of asks, timers and tasks get a
 * prefix, so that many can run side by side, and what it leaves open when it ends is closed.
 */

import type { AskCommand, Beginning, Outcome, Protocol, ProtocolCommand, ProtocolEvent } from '../sessions/protocol.ts'

/** A protocol on its way, as a value. */
export interface Nested {
  readonly protocol: Protocol
  readonly prefix: string
  /** Rounds of the outer protocol before its first. */
  readonly roundsBefore: number
  /** The last round of the outer protocol in which it asked. */
  readonly round: number
  readonly participants: readonly string[]
  readonly state: unknown
  /** By the names that the outer protocol sees. */
  readonly asks: ReadonlySet<string>
  readonly timers: ReadonlySet<string>
  /** Once it is done. */
  readonly outcome?: Outcome
}

/** What it wants done, in the names of the outer protocol; never `done`, which is its `outcome`. */
export type NestedCommand = Exclude<ProtocolCommand<never>, { type: 'done' }>
export type NestedTurn = readonly [nested: Nested, commands: readonly NestedCommand[]]

export interface NestedBeginning {
  readonly protocol: Protocol
  /** Unique among those of the outer protocol; without `/`. */
  readonly prefix: string
  /** @default 0 */
  readonly roundsBefore?: number
  /** Its `random` is one of its own, by the prefix. */
  readonly beginning: Beginning<unknown>
}

/** Begins it. Throws: what `begin` of the protocol throws. */
export function beginNested({ protocol, prefix, roundsBefore = 0, beginning }: NestedBeginning): NestedTurn {
  const [state, commands] = protocol.begin({ ...beginning, random: beginning.random.fork(prefix) })
  const nested: Nested = {
    protocol,
    prefix,
    roundsBefore,
    round: roundsBefore,
    participants: beginning.participants.map(({ id }) => id),
    state,
    asks: new Set(),
    timers: new Set(),
  }
  return taken(nested, commands)
}

/** One event of the outer protocol; one that is not meant for it, or comes after its end, changes nothing. */
export function stepNested(nested: Nested, event: ProtocolEvent): NestedTurn {
  const inner = nested.outcome === undefined ? innerEvent(nested, event) : undefined
  if (inner === undefined) return [nested, []]
  const [state, commands] = nested.protocol.step(nested.state, inner)
  return taken({ ...heard(nested, event), state }, commands)
}

/** What it has open is closed; it hears of nothing more. */
export function closeNested(nested: Nested): NestedTurn {
  const asks = [...nested.asks].map((ask) => ({ type: 'close-ask', ask }) as const)
  const timers = [...nested.timers].map((timer) => ({ type: 'cancel-timer', timer }) as const)
  return [{ ...nested, asks: new Set(), timers: new Set() }, [...asks, ...timers]]
}

/** What is of any use once the session is over: nothing can be asked or awaited any more. */
export function lastCommands(commands: readonly ProtocolCommand<never>[]): readonly ProtocolCommand<never>[] {
  return commands.filter(({ type }) => type === 'progress')
}

/** The tasks of protocols that run inside of another: for its `tasks`. */
export function nestedTasks(protocols: readonly Protocol[]): NonNullable<Protocol['tasks']> {
  return Object.fromEntries(
    protocols.flatMap(({ name, tasks = {} }) => Object.entries(tasks).map(([task, run]) => [`${name}/${task}`, run])),
  )
}

function taken(before: Nested, commands: readonly ProtocolCommand<Outcome>[]): NestedTurn {
  let nested = before
  const outer: NestedCommand[] = []
  for (const command of commands) {
    if (command.type === 'done') {
      const [closed, closing] = closeNested(nested)
      return [{ ...closed, outcome: command.outcome }, [...outer, ...closing]]
    }
    const [next, named] = outerCommand(nested, command)
    nested = next
    outer.push(...named)
  }
  return [nested, outer]
}

function outerCommand(nested: Nested, command: NestedCommand): NestedTurn {
  const named = (name: string) => `${nested.prefix}/${name}`
  switch (command.type) {
    case 'ask': {
      const ask = outerAsk(nested, command)
      const round = Math.max(nested.round, ask.round)
      return [{ ...nested, round, asks: new Set(nested.asks).add(ask.ask) }, [ask]]
    }
    case 'close-ask': {
      const ask = named(command.ask)
      return [{ ...nested, asks: without(nested.asks, ask) }, nested.asks.has(ask) ? [{ ...command, ask }] : []]
    }
    case 'timer': {
      const timer = named(command.timer)
      return [{ ...nested, timers: new Set(nested.timers).add(timer) }, [{ ...command, timer }]]
    }
    case 'cancel-timer': {
      const timer = named(command.timer)
      return [{ ...nested, timers: without(nested.timers, timer) }, [{ ...command, timer }]]
    }
    case 'task':
      return [nested, [{ ...command, task: `${nested.protocol.name}/${command.task}`, id: named(command.id) }]]
    case 'progress':
      return [nested, [{ ...command, progress: { type: 'nested', of: nested.prefix, progress: command.progress } }]]
  }
}

/** All participants of the inner protocol are some of the outer one. */
function outerAsk({ prefix, roundsBefore, participants }: Nested, command: AskCommand): AskCommand {
  return {
    ...command,
    ask: `${prefix}/${command.ask}`,
    round: roundsBefore + command.round,
    to: command.to ?? participants,
  }
}

function innerEvent({ prefix, protocol, asks, timers }: Nested, event: ProtocolEvent): ProtocolEvent | undefined {
  const inner = (name: string) => name.slice(prefix.length + 1)
  switch (event.type) {
    case 'answers':
      return asks.has(event.ask) ? { ...event, ask: inner(event.ask) } : undefined
    case 'timer':
      return timers.has(event.timer) ? { ...event, timer: inner(event.timer) } : undefined
    case 'task-done':
    case 'task-failed': {
      const isOwn = event.id.startsWith(`${prefix}/`)
      return isOwn ? { ...event, task: event.task.slice(protocol.name.length + 1), id: inner(event.id) } : undefined
    }
    case 'feedback':
    case 'ended':
      return event
  }
}

/** What is over by this event is not open any more. */
function heard(nested: Nested, event: ProtocolEvent): Nested {
  if (event.type === 'timer') return { ...nested, timers: without(nested.timers, event.timer) }
  if (event.type !== 'answers' || event.pending > 0) return nested
  return { ...nested, asks: without(nested.asks, event.ask) }
}

function without(names: ReadonlySet<string>, name: string): ReadonlySet<string> {
  return names.has(name) ? new Set([...names].filter((one) => one !== name)) : names
}
