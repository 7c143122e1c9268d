/** A protocol under watch: each of its turns is looked at as the session loop would, and it is caught changing what it was given. */

import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { sizedCopy } from '../agents/sized-copy.ts'
import { askedInput } from '../sessions/asked-input.ts'
import { checkTurn } from '../sessions/checked-turn.ts'
import type { Outcome, Protocol, ProtocolEvent, Turn } from '../sessions/protocol.ts'

/**
 * The same protocol; its steps throw when a turn is one that a session fails for, holds what can't be sent, wants anything but an end
 * after the last event, or has changed the specification, the state or the event it was given.
 */
export function watchedProtocol<Spec, C, S, O extends Outcome>(
  protocol: Protocol<Spec, C, S, O>,
): Protocol<Spec, C, S, O> {
  let participants: ReadonlySet<string> = new Set()
  const asks = new Set<string>()
  const looked = (turn: Turn<S, O>, event?: ProtocolEvent): Turn<S, O> => {
    checkTurn({ protocol, participants, hasAsk: (ask) => asks.has(ask) }, turn as Turn<unknown, never>)
    for (const command of turn[1]) {
      if (command.type === 'ask') {
        asks.add(command.ask)
        askedInput('session', protocol.name, command)
      }
      const said =
        command.type === 'done' ? command.outcome : command.type === 'progress' ? command.progress : undefined
      assert.notEqual(
        sizedCopy(said, Number.MAX_SAFE_INTEGER),
        'unsendable',
        `${command.type} holds what can't be sent`,
      )
      const isLast = command.type === 'done' || command.type === 'progress'
      assert(event?.type !== 'ended' || isLast, `after the last event it wants ${command.type}`)
    }
    return [frozen(turn[0]), turn[1]]
  }
  return {
    ...protocol,
    check(spec, who) {
      participants = new Set(who.map(({ id }) => id))
      asks.clear()
      return frozen(protocol.check(frozen(spec), frozen(who)))
    },
    begin: (beginning) => unchanged(beginning.spec, () => looked(protocol.begin(beginning))),
    step: (state, event) => unchanged(state, () => looked(protocol.step(state, frozen(event)), event)),
  }
}

/** Maps and sets can't be frozen, so what is in them is looked at before and after. */
function unchanged<T>(given: unknown, run: () => T): T {
  const before = printed(given)
  const result = run()
  assert.equal(printed(given), before, 'it changed what it was given')
  return result
}

function printed(value: unknown): string {
  return inspect(value, { depth: 100, maxArrayLength: 100_000, maxStringLength: 100_000, breakLength: Infinity })
}

function frozen<T>(value: T): T {
  const waiting: unknown[] = [value]
  for (let one = waiting.pop(); waiting.length > 0 || one !== undefined; one = waiting.pop()) {
    if (typeof one !== 'object' || one === null || Object.isFrozen(one) || ArrayBuffer.isView(one)) continue
    Object.freeze(one)
    waiting.push(...Object.values(one), ...(one instanceof Map ? one.values() : []))
  }
  return value
}
