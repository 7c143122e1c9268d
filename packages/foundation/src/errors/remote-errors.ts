/** Errors between nodes: one factory a code. */

import { MabeamError } from '../errors.ts'

/** Nobody listens for that node: it is gone, or cut off, or says that it leaves. What was sent was not taken. */
export function nodeUnreachable(node: string, got = 'no responders'): MabeamError {
  return new MabeamError('foundation/node-unreachable', `node ${node}: expected it to listen, got ${got}`, {
    retryable: true,
    data: { node },
  })
}

/** The node went down while it was asked: what was asked for may or may not have happened. */
export function nodeDown(node: string): MabeamError {
  return new MabeamError('foundation/node-down', `node ${node}: went down before it answered`, { data: { node } })
}

/** A message overtook this one on the way, so it was refused: delivery stays in order. It was not worked on. */
export function messageLate(node: string): MabeamError {
  return new MabeamError('foundation/message-late', `node ${node}: refused a message that others had overtaken`, {
    retryable: true,
    data: { node },
  })
}

/** Code is never sent: a node starts only what it has. */
export function definitionMissing(node: string, definition: string, has: readonly string[]): MabeamError {
  const list = has.length === 0 ? 'none' : has.join(', ')
  const sentence = `node ${node}: expected it to have ${definition}, got ${list}; give it to startNode({ definitions })`
  return new MabeamError('foundation/definition-missing', sentence, { data: { node, definition, has } })
}

/** Nobody holds these places, as far as this node knows. */
export function placeTimeout(placement: string, places: readonly string[], timeoutMs: number): MabeamError {
  const shown = places.slice(0, 8).join(', ')
  const sentence = `placement ${placement}: expected a holder of ${shown} within ${timeoutMs} ms, got none; is there a node that may run it?`
  return new MabeamError('foundation/place-timeout', sentence, {
    retryable: true,
    data: { placement, places, timeoutMs },
  })
}
