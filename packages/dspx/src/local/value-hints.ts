/**
 * Which words of an instruction stand near which allowed value: `Words that point to "billing": refund, invoice`,
 * `billing: money, refunds; tech: crashes`, `If the customer asks for money back, choose billing.` A clause belongs to
 * a value when it begins by naming it, or names no other.
 */

/** Words of the instruction for each value, in the order of the values; one string a clause. */
export function hintsFor(values: readonly string[], instruction: string): readonly (readonly string[])[] {
  const mentions = mentionFinder(values)
  const hints: string[][] = values.map(() => [])
  let current: number | undefined
  for (const line of instruction.split('\n')) {
    if (line.trim() === '') current = undefined
    else current = readLine(line, { mentions, hints, current })
  }
  return hints
}

interface Mention {
  readonly value: number
  readonly start: number
  readonly end: number
}

type MentionFinder = (text: string) => Mention[]

interface HintState {
  readonly mentions: MentionFinder
  readonly hints: readonly string[][]
  /** The value that the lines above belong to, for lists under a heading. */
  readonly current: number | undefined
}

function readLine(line: string, state: HintState): number | undefined {
  const clauses = clausesOf(line).map((text) => ({ text, mentions: state.mentions(text) }))
  if (clauses.length > 1 && clauses.some(({ text, mentions }) => isOnlyMention(text, mentions))) return undefined
  let current = state.current
  const continues = /^\s*(?:[-*•]|\d+[.)]|\s)/.test(line)
  if (!continues) current = undefined
  for (const { text, mentions } of clauses) {
    const owner = ownerOf(text, mentions)
    if (owner !== undefined) {
      current = owner.value
      state.hints[owner.value]?.push(withoutMention(text, owner))
    } else if (mentions.length === 0 && current !== undefined) state.hints[current]?.push(text)
    else current = undefined
  }
  return current
}

function clausesOf(line: string): string[] {
  return line.split(/;|(?<=[.!?])\s+/).filter((clause) => clause.trim() !== '')
}

function isOnlyMention(text: string, mentions: readonly Mention[]): boolean {
  const only = mentions[0]
  return mentions.length === 1 && only !== undefined && withoutMention(text, only).replace(/[^\p{L}\p{N}]/gu, '') === ''
}

/** The value a clause is about: named alone before a colon or the like, or named alone altogether. */
function ownerOf(text: string, mentions: readonly Mention[]): Mention | undefined {
  const first = mentions[0]
  if (first === undefined) return undefined
  if (mentions.every((mention) => mention.value === first.value)) return first
  const head = /^[^:=]*?(?::(?=\s|$)|=|→|->|\s[–—-]\s|\()/.exec(text)
  const inHead = head ? mentions.filter((mention) => mention.end <= head[0].length) : []
  return inHead.length > 0 && inHead.every((mention) => mention.value === inHead[0]?.value) ? inHead[0] : undefined
}

function withoutMention(text: string, mention: Mention): string {
  return `${text.slice(0, mention.start)} ${text.slice(mention.end)}`
}

function mentionFinder(values: readonly string[]): MentionFinder {
  const byForm = new Map(values.map((value, i) => [spokenForm(value), i]))
  const longestFirst = [...byForm.keys()].filter((form) => form !== '').sort((a, b) => b.length - a.length)
  if (longestFirst.length === 0) return () => []
  const alternatives = longestFirst.map((form) => form.split(' ').map(escapePattern).join('[\\s_-]+')).join('|')
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${alternatives})(?![\\p{L}\\p{N}])`, 'giu')
  return (text) => {
    const found: Mention[] = []
    for (const match of text.matchAll(pattern)) {
      const value = byForm.get(spokenForm(match[0]))
      if (value !== undefined) found.push({ value, start: match.index, end: match.index + match[0].length })
    }
    return found
  }
}

function spokenForm(value: string): string {
  return value
    .toLowerCase()
    .split(/[\s_-]+/)
    .filter(Boolean)
    .join(' ')
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
