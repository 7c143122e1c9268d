/**
 * Reasoning fields: which words of the input weighed most, and for what. Writing them down is a second look at the
 * input: unknown words are read as the known ones they look like, and the words named are read again, louder.
 */

import type { ContextIndex, SparseText } from './context-index.ts'
import { isFunctionWord } from './features.ts'

/** A word of the input that speaks for an answer. */
export interface NamedWord {
  readonly form: string
  readonly evidence: number
}

/** How loud a word is read after reasoning has named it. */
const namedLoudness = 1.5

/** Words that a sentence of reasoning names. */
const namedWordsMax = 4

/** The strongest words, each once, only those that speak for the answer. */
export function strongestWords(words: readonly NamedWord[]): readonly NamedWord[] {
  const byForm = new Map<string, NamedWord>()
  for (const word of words) {
    if (isFunctionWord(word.form)) continue
    if (word.evidence > 0 && word.evidence > (byForm.get(word.form)?.evidence ?? 0)) byForm.set(word.form, word)
  }
  return [...byForm.values()].sort((a, b) => b.evidence - a.evidence).slice(0, namedWordsMax)
}

/** Reads words of a text louder. Changes `text`. */
export function raiseWords(index: ContextIndex, text: SparseText, forms: readonly string[]): void {
  const raised = new Set(forms.filter((form) => !isFunctionWord(form)).flatMap((form) => index.idsOf(form)))
  text.loudness ??= new Float64Array(text.ids.length).fill(1)
  for (let i = 0; i < text.ids.length; i++) {
    if (!raised.has(text.ids[i] as number)) continue
    text.loudness[i] = namedLoudness
    text.weights[i] = (text.weights[i] as number) * namedLoudness
  }
}

/** The forms of an input with unknown words replaced by the known ones that they look like. */
export function readAgain(index: ContextIndex, forms: readonly string[]): readonly string[] {
  return forms.map((form) => (index.knows(form) ? form : (index.nearestWord(form) ?? form)))
}

/**
 * One sentence that names the words and what they point to.
 *
 * @example reasoningSentence(['refund', 'twice'], 'billing') // => 'The words "refund" and "twice" point to billing.'
 */
export function reasoningSentence(forms: readonly string[], value: string): string {
  const quoted = forms.map((form) => `"${form}"`)
  const last = quoted.pop()
  if (last === undefined) return `No word of the input points anywhere clearly; ${value} is the nearest.`
  if (quoted.length === 0) return `The word ${last} points to ${value}.`
  return `The words ${quoted.join(', ')} and ${last} point to ${value}.`
}
