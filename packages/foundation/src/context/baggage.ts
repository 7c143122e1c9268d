/**
 * What a user gives along with a request, by name: `baggage` of W3C Baggage. Pure.
 *
 * Source: W3C Baggage (Candidate Recommendation Draft, 2024). Differs: a header that breaks the grammar, or is above the
 * limits that everybody must support, is ignored as a whole.
 */

/** A value, and what the header says about it behind a semicolon, as it stood there. */
export interface BaggageEntry {
  readonly value: string
  readonly properties?: string | undefined
}

export type Baggage = ReadonlyMap<string, BaggageEntry>

export const baggageLimits = { membersMax: 64, bytesMax: 8_192 } as const

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const octets = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/
/** What may stand in a value; the percent sign itself is always encoded. */
const plainOctet = /[\x21\x23\x24\x26-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]/

function isBaggageKey(key: string): boolean {
  return token.test(key)
}

/** The entries, the last one of a name counting; undefined for a header that is to be ignored. */
export function parseBaggage(header: string): Baggage | undefined {
  if (Buffer.byteLength(header) > baggageLimits.bytesMax) return undefined
  const entries = new Map<string, BaggageEntry>()
  let members = 0
  for (const item of header.split(',')) {
    if (trimmed(item) === '' || ++members > baggageLimits.membersMax) return undefined
    const [first = '', ...properties] = item.split(';')
    const pair = pairOf(first)
    if (pair?.value === undefined || !properties.every(isProperty)) return undefined
    const value = decoded(pair.value)
    entries.set(
      pair.key,
      properties.length === 0 ? { value } : { value, properties: properties.map(trimmed).join(';') },
    )
  }
  return entries
}

/** The header; empty for no entries. */
export function printBaggage(baggage: Baggage): string {
  const items: string[] = []
  for (const [key, { value, properties }] of baggage) {
    items.push(`${key}=${encoded(value)}${properties === undefined ? '' : `;${properties}`}`)
  }
  return items.join(',')
}

/** What keeps a baggage from being sent, in the words of "expected …"; undefined when nothing does. */
export function baggageFault(baggage: Baggage): string | undefined {
  const { membersMax, bytesMax } = baggageLimits
  for (const [key, { properties }] of baggage) {
    if (!isBaggageKey(key)) return `keys of letters, digits and !#$%&'*+-.^_\`|~, not ${JSON.stringify(key)}`
    if (properties !== undefined && !properties.split(';').every(isProperty)) return `properties as the header has them`
  }
  if (baggage.size > membersMax) return `at most ${membersMax} members`
  return Buffer.byteLength(printBaggage(baggage)) > bytesMax ? `at most ${bytesMax} bytes as a header` : undefined
}

function isProperty(text: string): boolean {
  return pairOf(text) !== undefined
}

function pairOf(text: string): { readonly key: string; readonly value: string | undefined } | undefined {
  const equals = text.indexOf('=')
  const key = trimmed(equals < 0 ? text : text.slice(0, equals))
  const value = equals < 0 ? undefined : trimmed(text.slice(equals + 1))
  return token.test(key) && (value === undefined || octets.test(value)) ? { key, value } : undefined
}

function trimmed(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '')
}

function encoded(value: string): string {
  let out = ''
  for (const byte of Buffer.from(value)) {
    const char = String.fromCharCode(byte)
    out += byte < 0x80 && plainOctet.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return out
}

/** Bytes that are no UTF-8 become U+FFFD; a percent sign that begins no byte stays. */
function decoded(value: string): string {
  if (!value.includes('%')) return value
  const bytes: number[] = []
  for (let i = 0; i < value.length; i++) {
    const hex = value[i] === '%' ? /^[0-9A-Fa-f]{2}/.exec(value.slice(i + 1, i + 3)) : null
    if (hex === null) bytes.push(value.charCodeAt(i))
    else {
      bytes.push(Number.parseInt(hex[0], 16))
      i += 2
    }
  }
  return Buffer.from(bytes).toString()
}
