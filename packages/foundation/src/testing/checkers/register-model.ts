/** A register as one client after the other would see it: read, write, compare-and-set, delete. Values are compared as JSON. */

import { assert } from '../../errors.ts'
import type { SequentialModel } from './linearizability.ts'
import type { Operation } from './operation.ts'

/**
 * `read` outputs the value, `undefined` when there is none. `write` has the value as input. `cas` has
 * `{ expected, next }` as input and outputs whether it wrote. `delete` leaves no value.
 */
export const registerModel: SequentialModel = {
  initial: jsonText(undefined),
  step(state, operation) {
    const { op, input, output, outcome } = operation
    switch (op) {
      case 'read':
        return outcome === 'unknown' || jsonText(output) === state ? state : undefined
      case 'write':
        return jsonText(input)
      case 'delete':
        return jsonText(undefined)
      case 'cas':
        return afterCompareAndSet(state, operation)
      default:
        assert(false, `a register has read, write, cas and delete, got ${op}`)
    }
  },
}

/** The same for a register that begins with a value. */
export function registerWith(initial: unknown): SequentialModel {
  return { ...registerModel, initial: jsonText(initial) }
}

function afterCompareAndSet(state: string, { input, output, outcome }: Operation): string | undefined {
  const { expected, next } = input as { readonly expected: unknown; readonly next: unknown }
  const wrote = jsonText(expected) === state
  if (outcome === 'ok' && output !== wrote) return undefined
  return wrote ? jsonText(next) : state
}

/** Equal for values that are equal but for the order of their keys. */
function jsonText(value: unknown): string {
  const sorted = (_key: string, one: unknown) =>
    one !== null && typeof one === 'object' && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one
  return JSON.stringify(value, sorted) ?? 'nothing'
}
