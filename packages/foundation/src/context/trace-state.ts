/**
 * `tracestate` of W3C Trace Context: what each tracing vendor keeps along a trace, newest first. Pure.
 *
 * Source: W3C Trace Context (Recommendation, 23 November 2021), 3.3. Differs: none.
 */

/** One vendor's entry. */
export type TraceStateMember = readonly [key: string, value: string]

export const traceStateLimits = { membersMax: 32, lengthMax: 512 } as const

const simpleKey = /^[a-z][a-z0-9_\-*/]{0,255}$/
const tenantKey = /^[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13}$/
/** Printable ASCII without comma and equals sign, not ending in a space. */
const memberValue = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/

export function isTraceStateMember([key, value]: TraceStateMember): boolean {
  return (simpleKey.test(key) || tenantKey.test(key)) && memberValue.test(value)
}

/** The members, or undefined when any of it breaks the grammar: the whole header is to be ignored then. */
export function parseTraceState(header: string): readonly TraceStateMember[] | undefined {
  const members: TraceStateMember[] = []
  const keys = new Set<string>()
  for (const item of header.split(',')) {
    const text = item.replace(/^[ \t]+|[ \t]+$/g, '')
    if (text === '') continue
    const equals = text.indexOf('=')
    const member: TraceStateMember = [text.slice(0, equals), text.slice(equals + 1)]
    if (equals < 0 || !isTraceStateMember(member) || keys.has(member[0])) return undefined
    keys.add(member[0])
    members.push(member)
    if (members.length > traceStateLimits.membersMax) return undefined
  }
  return members
}

/** Drops what makes it too long as the recommendation says: first entries above 128 characters, then from the end. */
export function printTraceState(members: readonly TraceStateMember[]): string {
  const items = members.map(([key, value]) => `${key}=${value}`)
  const length = () => items.reduce((sum, item) => sum + item.length + 1, -1)
  for (let i = items.length - 1; i >= 0 && length() > traceStateLimits.lengthMax; i--) {
    if ((items[i] as string).length > 128) items.splice(i, 1)
  }
  while (length() > traceStateLimits.lengthMax) items.pop()
  return items.join(',')
}
