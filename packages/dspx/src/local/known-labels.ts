/** Which `Label:` beginnings of lines are labels rather than somebody's colon: those that recur, or that the prompt names. */

import type { PromptMemory } from './prompt-memory.ts'
import type { Turn } from './turns.ts'

/** Keys of labels that most of the texts begin a line with. */
export function allowedKeys(texts: readonly string[], memory: PromptMemory): ReadonlySet<string> {
  const counts = new Map<string, number>()
  for (const text of texts) {
    for (const key of memory.turn(text).labels) counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const needed = Math.max(1, texts.length / 2)
  return new Set([...counts].filter(([, count]) => count >= needed).map(([key]) => key))
}

/** Keys of names that the constant part of a prompt uses as labels or puts in quotes. */
export function knownLabels(constant: readonly Turn[], memory: PromptMemory): ReadonlySet<string> {
  const keys = new Set<string>()
  for (const { role, text } of constant) {
    if (role !== 'system') continue
    for (const key of memory.turn(text).labels) keys.add(key)
    for (const key of memory.quoted(text)) keys.add(key)
  }
  for (const role of ['user', 'assistant'] as const) {
    const texts = constant.filter((turn) => turn.role === role).map((turn) => turn.text)
    for (const key of texts.length > 0 ? allowedKeys(texts, memory) : []) keys.add(key)
  }
  return keys
}
