/**
 * The turns before what is asked now: each is read by itself once, whatever prompts it stands in; together they say which
 * `Label:` beginnings of lines are labels rather than somebody's colon, and which turns are demonstrations.
 */

import type { KnownTurn, PromptMemory } from './prompt-memory.ts'
import { tokensPerTurn } from './tokens.ts'
import type { Turn } from './turns.ts'

/** The constant part of a prompt, turn by turn. */
export interface KnownTurns {
  readonly system: readonly string[]
  /** Each user turn with the assistant turn after it. */
  readonly pairs: readonly { readonly question: KnownTurn; readonly answer: KnownTurn }[]
  /** Keys of labels that most of the user turns begin a line with. */
  readonly userLabels: ReadonlySet<string>
  /** The same of the assistant turns. */
  readonly answerLabels: ReadonlySet<string>
  /** Keys of names that the turns use as labels or put in quotes. */
  readonly names: ReadonlySet<string>
  /** Tokens of the turns, with what their borders cost. */
  readonly tokens: number
}

/** Reads turns. */
export function knownTurns(turns: readonly Turn[], memory: PromptMemory): KnownTurns {
  const by = { system: [] as KnownTurn[], user: [] as KnownTurn[], assistant: [] as KnownTurn[] }
  const pairs: { readonly question: KnownTurn; readonly answer: KnownTurn }[] = []
  let tokens = 0
  let question: KnownTurn | undefined
  for (const { role, text } of turns) {
    const known = memory.turn(text)
    by[role].push(known)
    tokens += known.tokens + tokensPerTurn
    if (role === 'user') question = known
    else if (role === 'assistant' && question !== undefined) {
      pairs.push({ question, answer: known })
      question = undefined
    }
  }
  const userLabels = recurringLabels(by.user)
  const answerLabels = recurringLabels(by.assistant)
  const named = by.system.flatMap(({ text, labels }) => [...labels, ...memory.quoted(text)])
  const names = new Set([...named, ...userLabels, ...answerLabels])
  return { system: by.system.map(({ text }) => text), pairs, userLabels, answerLabels, names, tokens }
}

/** Keys of labels that most of the turns begin a line with. */
function recurringLabels(turns: readonly KnownTurn[]): ReadonlySet<string> {
  const counts = new Map<string, number>()
  for (const { labels } of turns) {
    if (labels.size === 0) continue
    for (const key of labels) counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const needed = Math.max(1, turns.length / 2)
  return new Set([...counts].filter(([, count]) => count >= needed).map(([key]) => key))
}
