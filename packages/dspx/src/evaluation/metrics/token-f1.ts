/** Token F1: how many words answer and label share, for free text. */

import { checkOptions, rule } from '@mabeam/foundation'
import { words } from '../../text/words.ts'
import { labelOf, type Metric } from '../metric.ts'

/**
 * Harmonic mean of precision and recall over the words of a text field, counted with repetition. Two empty texts
 * score 1.
 *
 * Source: Rajpurkar et al., SQuAD, EMNLP 2016 (the F1 of its evaluation script). Differs: articles are kept, and words
 * are Unicode letters and digits, so that it is not for English only.
 * @example tokenF1('evidence').score({ id: '1', inputs: {}, outputs: { evidence: 'charged twice' } }, { evidence: 'twice' }) // => 2/3
 */
export function tokenF1(field: string): Metric {
  checkOptions('tokenF1', { field }, { field: rule.string() })
  const name = `token-f1(${field})`
  return {
    name,
    fields: [field],
    score(example, answer) {
      return wordF1(words(textOf(labelOf(name, example, field))), words(textOf(answer[field])))
    },
  }
}

function wordF1(expected: readonly string[], got: readonly string[]): number {
  if (expected.length === 0 && got.length === 0) return 1
  const open = new Map<string, number>()
  for (const word of expected) open.set(word, (open.get(word) ?? 0) + 1)
  let shared = 0
  for (const word of got) {
    const count = open.get(word) ?? 0
    if (count === 0) continue
    open.set(word, count - 1)
    shared++
  }
  return (2 * shared) / (expected.length + got.length)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)
}
