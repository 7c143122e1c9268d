/** A protocol that does as a test says, and keeps what it was told. */

import type { Protocol, ProtocolCommand, ProtocolEvent } from './protocol.ts'

export interface Scripted {
  readonly type: 'scripted'
  readonly what?: unknown
}

type Commands = readonly ProtocolCommand<Scripted>[]

export interface Script {
  readonly begin?: Commands
  /** @default nothing */
  readonly on?: (event: ProtocolEvent) => Commands
  readonly tasks?: NonNullable<Protocol['tasks']>
  readonly check?: (spec: unknown) => unknown
}

/** With the events it was told, in order. */
export type ScriptedProtocol = Protocol<object, unknown, number, Scripted> & { readonly events: ProtocolEvent[] }

export function scripted({ begin = [], on = () => [], tasks = {}, check = (spec) => spec }: Script): ScriptedProtocol {
  const events: ProtocolEvent[] = []
  return {
    name: 'scripted',
    version: 1,
    events,
    check,
    begin: () => [0, begin],
    step(steps, event) {
      events.push(event)
      return [steps + 1, on(event)]
    },
    tasks,
  }
}

export const done: ProtocolCommand<Scripted> = { type: 'done', outcome: { type: 'scripted' } }

/** An ask for ballots. */
export function ask(
  name: string,
  more: { readonly to?: readonly string[]; readonly round?: number; readonly timeoutMs?: number } = {},
) {
  return { type: 'ask', ask: name, round: 1, request: 'ballot', question: { question: name }, ...more } as const
}
