/** Where a text stops being JSON: the error of the language does not always say. */

const token = /\s*(?:(")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)|([{}[\],:]))/y

/** What may stand next: a value, a key, what follows one of them, or nothing. */
type Wanted = 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'comma-or-end' | 'nothing'

/**
 * The place (from 0) of the first character that cannot stand there, the length of the text where it ends too early.
 * Requires: text that is no JSON.
 *
 * @example jsonFault('{"a": oops}') // => 6
 */
export function jsonFault(text: string): number {
  const open: string[] = []
  let wanted: Wanted = 'value'
  let at = 0
  for (;;) {
    token.lastIndex = at
    const found = token.exec(text)
    const end = found?.[1] === undefined ? token.lastIndex : stringEnd(text, token.lastIndex)
    const next: Wanted | undefined = found === null || end === undefined ? undefined : after(wanted, found, open)
    if (next === undefined || end === undefined) return at + spaceAt(text, at)
    wanted = next
    at = end
  }
}

function spaceAt(text: string, at: number): number {
  return /^\s*/.exec(text.slice(at, at + 1_000))?.[0].length ?? 0
}

/** Behind the quote that closes a string; undefined where none does, or what JSON forbids stands before. */
function stringEnd(text: string, from: number): number | undefined {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x22) return at + 1
    if (code < 0x20) return undefined
    if (code !== 0x5c) continue
    const escaped = /^(?:["\\/bfnrt]|u[\dA-Fa-f]{4})/.exec(text.slice(at + 1, at + 6))
    if (escaped === null) return undefined
    at += escaped[0].length
  }
  return undefined
}

/** What is wanted behind a token; undefined where it cannot stand. `open` are the objects and lists around it. */
function after(wanted: Wanted, [, string, scalar, mark]: RegExpExecArray, open: string[]): Wanted | undefined {
  const isValue = wanted === 'value' || wanted === 'value-or-end'
  const isKey = wanted === 'key' || wanted === 'key-or-end'
  const closed = (): Wanted => (open.length === 0 ? 'nothing' : 'comma-or-end')
  if (string !== undefined && isKey) return 'colon'
  if (string !== undefined || scalar !== undefined) return isValue ? closed() : undefined
  if (mark === '{' || mark === '[') {
    if (!isValue) return undefined
    open.push(mark)
    return mark === '{' ? 'key-or-end' : 'value-or-end'
  }
  if (mark === ':') return wanted === 'colon' ? 'value' : undefined
  if (mark === ',') return wanted !== 'comma-or-end' ? undefined : open.at(-1) === '{' ? 'key' : 'value'
  const ends = mark === '}' ? 'key-or-end' : 'value-or-end'
  if ((wanted !== ends && wanted !== 'comma-or-end') || open.at(-1) !== (mark === '}' ? '{' : '[')) return undefined
  open.pop()
  return closed()
}
