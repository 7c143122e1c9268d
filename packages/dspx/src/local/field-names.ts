/** The names of the fields that a prompt asks for, in the order of the answer. */

import type { Demonstration } from './demonstrations.ts'
import { fieldKey } from './sections.ts'

/** What says the names. */
export interface NamingSource {
  /** System text and remarks, without demonstrations. */
  readonly instruction: string
  readonly inputNames: readonly string[]
}

/** What names are read from. */
export interface AskedSource extends NamingSource {
  readonly demonstrations: readonly Demonstration[]
  /** Names that the live part asks for. */
  readonly asked: readonly string[]
}

/** Names that the live part asks for, or that demonstrations answer; `undefined` where there are none. */
export function namesShown(source: Pick<AskedSource, 'asked' | 'demonstrations'>): readonly string[] | undefined {
  if (source.asked.length > 0) return withTrailing(source.asked, source.demonstrations)
  return source.demonstrations.findLast((demonstration) => demonstration.names.length > 0)?.names
}

/** Names that the instruction lists; `undefined` where it does not. */
export function namesListed(source: NamingSource): readonly string[] | undefined {
  return wireKeys(source) ?? firstNames(listPatterns, source)
}

/** Names that are said to be keys, beside the titles of the fields: the form of Ax since its version 24. */
function wireKeys({ instruction }: NamingSource): readonly string[] | undefined {
  const keys = [...instruction.matchAll(/^[^\n:]{1,80} \(wire key: `([^`\n]+)`\):/gm)].map(
    (match) => match[1] as string,
  )
  return keys.length > 0 ? [...new Set(keys)] : undefined
}

/** Names from the sentences that describe the answer; one empty name where there are none. */
export function namesDescribed(source: NamingSource): readonly string[] {
  return firstNames(sentencePatterns, source) ?? ['']
}

function firstNames(patterns: readonly RegExp[], source: NamingSource): readonly string[] | undefined {
  const inputs = new Set(source.inputNames.map(fieldKey))
  for (const pattern of patterns) {
    const block = pattern.exec(source.instruction)?.[1]
    const names = block === undefined ? [] : namesIn(block).filter((name) => !inputs.has(fieldKey(name)))
    if (names.length > 0) return [...new Set(names)]
  }
  return undefined
}

/** A label left open at the end may be only the first of those that demonstrations go on with. */
function withTrailing(asked: readonly string[], demonstrations: readonly Demonstration[]): readonly string[] {
  const names = demonstrations.at(-1)?.names ?? []
  const at = names.findIndex((name) => fieldKey(name) === fieldKey(asked.at(-1) as string))
  return at >= 0 ? [...asked, ...names.slice(at + 1).filter((name) => !asked.includes(name))] : asked
}

/** Lists of fields, as DSPy, Ax and we write them. */
const listPatterns = [
  /\b(?:produce|generate)(?: the| new)? fields?:?\s*((?:`[^`\n]+`(?:,| and)?\s*)+)/i,
  /Your output fields are:\s*\n((?:\s*(?:\d+\.|[-*]) [^\n]*\n?)+)/i,
]

/** Ways to say what an answer holds. */
const sentencePatterns = [
  /JSON object[^{]*(\{[\s\S]*?\n?\})/i,
  /(\{\s*"[\w ]+"\s*:[\s\S]*?\})/,
  /\b(?:answer|respond|reply|return|output|format)\b[^\n]*:?\s*\n((?:[ \t]*[\p{L}][\p{L}\p{N} _-]{0,30}:[^\n]*\n?)+)/iu,
  /\b(?:answer|respond|reply|return|output)\b[^\n]*?((?:<([\w-]+)>[^<]*<\/\2>\s*)+)/i,
  /\bJSON\b([^\n.]*["'`][\w -]+["'`][^\n]*)/i,
  /\b(?:answer|respond|reply|output|return)\b[^\n]*?[`"']([\p{L}][\p{L}\p{N} _-]{0,30}:)[^\n]{0,60}[`"']/iu,
]

function namesIn(block: string): string[] {
  const lines = [...block.matchAll(/^\s*(?:\d+\.|[-*]) [`"']?([\p{L}][\p{L}\p{N} _-]*?)[`"']?(?=[\s(:])/gmu)]
  if (lines.length > 0) return lines.map((match) => match[1] as string)
  const keyed = [...block.matchAll(/"([^"\n]+)"\s*:/g)]
  if (keyed.length > 0) return keyed.map((match) => match[1] as string)
  const tagged = [...block.matchAll(/<([\w-]+)>/g)]
  if (tagged.length > 0) return tagged.map((match) => match[1] as string)
  const quoted = [...block.replace(/\([^()]*\)/g, '').matchAll(/[`"']([^`"'\n]+)[`"']/g)]
  if (quoted.length > 0) return quoted.map((match) => match[1] as string)
  return [...block.matchAll(/^[ \t]*([\p{L}][\p{L}\p{N} _-]*?):/gmu)].map((match) => match[1] as string)
}
