/** Which `Label:` beginnings of lines are labels rather than somebody's colon: those that recur, or that the prompt names. */

import { fieldKey, labelLines } from './sections.ts'
import type { Turn } from './turns.ts'

/** Keys of labels that most of the texts begin a line with. */
export function allowedKeys(texts: readonly string[]): ReadonlySet<string> {
  const counts = new Map<string, number>()
  for (const text of texts) {
    for (const key of new Set(labelLines(text).map((line) => fieldKey(line.label)))) {
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
  }
  const needed = Math.max(1, texts.length / 2)
  return new Set([...counts].filter(([, count]) => count >= needed).map(([key]) => key))
}

/** Keys of names that the constant part of a prompt uses as labels or puts in quotes. */
export function knownLabels(constant: readonly Turn[]): ReadonlySet<string> {
  const keys = new Set<string>()
  for (const turn of constant) {
    if (turn.role !== 'system') continue
    for (const line of labelLines(turn.text)) keys.add(fieldKey(line.label))
    for (const match of turn.text.matchAll(/[`"']([\p{L}][\p{L}\p{N} _-]{0,40})[`"']/gu))
      keys.add(fieldKey(match[1] as string))
  }
  for (const role of ['user', 'assistant'] as const) {
    const texts = constant.filter((turn) => turn.role === role).map((turn) => turn.text)
    for (const key of texts.length > 0 ? allowedKeys(texts) : []) keys.add(key)
  }
  return keys
}
