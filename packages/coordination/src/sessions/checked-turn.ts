/** What a protocol hands to the loop, looked at before anything of it is carried out: a protocol of somebody else's may be wrong. */

import { show } from '@mabeam/foundation'
import { agentRequests } from '../agents/agent-request.ts'
import { protocolFailed } from '../errors/session-errors.ts'
import type { AskCommand, Protocol, ProtocolCommand, Turn } from './protocol.ts'

/** Commands of one turn at most; an ask of many is one. */
const commandsMax = 100_000
/** Asks have names, which are remembered to the end. */
const nameLengthMax = 1_024

/** What a command is judged by. */
export interface TurnFacts {
  readonly protocol: Protocol
  readonly participants: ReadonlySet<string>
  hasAsk(ask: string): boolean
}

/** Throws `coordination/protocol-failed`, which names what is wrong. */
export function checkTurn({ protocol, participants, hasAsk }: TurnFacts, turn: Turn<unknown, never>): void {
  const fail = (why: string) => protocolFailed(protocol.name, why)
  if (!Array.isArray(turn) || !Array.isArray(turn[1]))
    throw fail(`expected a turn [state, commands], got ${show(turn)}`)
  const commands: readonly ProtocolCommand[] = turn[1]
  if (commands.length > commandsMax)
    throw fail(`expected at most ${commandsMax} commands a turn, got ${commands.length}`)
  const asks = new Set<string>()
  for (const [at, command] of commands.entries()) {
    const wrong = faultOf(command, protocol, participants)
    if (wrong !== undefined) throw fail(wrong)
    if (command.type === 'done' && at < commands.length - 1)
      throw fail(`a command after done: ${commands[at + 1]?.type}`)
    if (command.type === 'close-ask' && !hasAsk(command.ask) && !asks.has(command.ask)) {
      throw fail(`close-ask: there was no ask ${show(command.ask)}`)
    }
    if (command.type !== 'ask') continue
    if (hasAsk(command.ask) || asks.has(command.ask)) throw fail(`ask ${show(command.ask)}: asked twice`)
    asks.add(command.ask)
  }
}

function faultOf(command: ProtocolCommand, protocol: Protocol, participants: ReadonlySet<string>): string | undefined {
  switch (command?.type) {
    case 'ask':
      return faultOfAsk(command, participants)
    case 'close-ask':
    case 'progress':
      return undefined
    case 'cancel-timer':
      return isName(command.timer) ? undefined : `cancel-timer: expected a name, got ${show(command.timer)}`
    case 'timer': {
      if (!isName(command.timer)) return `timer: expected a name, got ${show(command.timer)}`
      const { delayMs } = command
      return isDelay(delayMs)
        ? undefined
        : `timer ${show(command.timer)}: delayMs: expected 0 or more, got ${show(delayMs)}`
    }
    case 'task':
      if (!isName(command.id)) return `task: id: expected a name, got ${show(command.id)}`
      return Object.hasOwn(protocol.tasks ?? {}, command.task) ? undefined : `it has no task ${show(command.task)}`
    case 'done':
      return typeof command.outcome === 'object' &&
        typeof (command.outcome as { type?: unknown } | null)?.type === 'string'
        ? undefined
        : `done: expected an outcome with a type, got ${show(command.outcome)}`
    default:
      return `expected a command, got ${show(command)}`
  }
}

function faultOfAsk(command: AskCommand, participants: ReadonlySet<string>): string | undefined {
  const { ask, round, request, to, timeoutMs, integrity } = command
  if (!isName(ask)) return `ask: expected a name, got ${show(ask)}`
  const of = `ask ${show(ask)}`
  if (!Object.hasOwn(agentRequests, request)) return `${of}: there is no request ${show(request)}`
  if (!Number.isSafeInteger(round) || round < 1) return `${of}: round: expected an integer from 1, got ${show(round)}`
  if (timeoutMs !== undefined && !(isDelay(timeoutMs) && timeoutMs > 0)) {
    return `${of}: timeoutMs: expected more than 0, got ${show(timeoutMs)}`
  }
  if (integrity !== undefined && integrity !== 'direct')
    return `${of}: integrity: expected direct, got ${show(integrity)}`
  if (to === undefined) return undefined
  if (!Array.isArray(to)) return `${of}: to: expected participants, got ${show(to)}`
  const stranger = to.find((id) => !participants.has(id))
  if (stranger !== undefined) return `${of}: ${show(stranger)} does not take part`
  return new Set(to).size === to.length ? undefined : `${of}: to: somebody is named twice`
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= nameLengthMax
}

function isDelay(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY
}
