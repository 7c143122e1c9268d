/**
 * Guidance: the part of instructions that the extractive proposer writes, one line for each value of an output. It is read
 * back from the text, so that what a rewriting knows stands in the instructions alone and survives saving and copying.
 */

/** Instructions, taken apart. */
export interface Guidance {
  /** All other lines. */
  readonly base: string
  /** Words and phrases, the most telling first, by output and value. */
  readonly terms: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>
}

/** Takes instructions apart. What was not written by `guidanceText` stays in the base. */
export function readGuidance(instructions: string): Guidance {
  const terms = new Map<string, Map<string, readonly string[]>>()
  const base: string[] = []
  for (const line of instructions.split('\n')) {
    const [, field, value, list] = guidanceLine.exec(line) ?? []
    if (field === undefined || value === undefined || list === undefined) base.push(line)
    else
      terms.set(
        field,
        (terms.get(field) ?? new Map<string, readonly string[]>()).set(unquoted(value), list.split(', ')),
      )
  }
  return { base: base.join('\n').trimEnd(), terms }
}

/** Puts them together again: `readGuidance` of it gives the same guidance, without the lines of no words. */
export function guidanceText({ base, terms }: Guidance): string {
  const lines = [...terms].flatMap(([field, values]) =>
    [...values].flatMap(([value, list]) => (list.length === 0 ? [] : [lineOf(field, value, list)])),
  )
  return lines.length === 0 ? base : `${base}\n\n${lines.join('\n')}`
}

/** One line of guidance. */
export function lineOf(field: string, value: string, list: readonly string[]): string {
  const what = list.some((term) => term.includes(' ')) ? 'Words and phrases' : 'Words'
  return `${what} that point to ${field} ${JSON.stringify(value)}: ${list.join(', ')}.`
}

const guidanceLine = /^Words(?: and phrases)? that point to (\S+) ("(?:[^"\\]|\\.)*"): (.+)\.$/

function unquoted(value: string): string {
  try {
    return String(JSON.parse(value))
  } catch {
    return value
  }
}
