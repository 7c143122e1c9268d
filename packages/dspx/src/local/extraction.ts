/**
 * Free-text answers: the phrase of the input that weighed most. What a phrase looks like is learnt from demonstrations
 * whose answers stand in their inputs (their words, neighbours, shape and length); without any, the words that weighed
 * most for the other fields decide.
 */

import { formsOf, isFunctionWord, stemOf, type Word, wordsOf } from './features.ts'

/** A demonstration of an extraction. */
export interface ShownPhrase {
  readonly input: string
  readonly answer: string
}

/** What demonstrations taught about a field's phrases. */
export interface PhraseKnowledge {
  /** How many of the demonstrated answers stand in their inputs. */
  readonly found: number
  /** Usual number of words of an answer. */
  readonly words: number
  /** Log-odds that a word with this cue belongs to the answer. */
  readonly cues: ReadonlyMap<string, number>
}

/** Words of a phrase where nothing shows how long it should be. */
const wordsByDefault = 3

/** What every word more or less than usual costs a phrase. */
const lengthPenalty = 0.15

/** How much a hundredfold likelier cue weighs beside the weights of the words themselves. */
const cueShare = 0.25

/** Learns from demonstrations what the phrases of a field look like. */
export function learnPhrases(shown: readonly ShownPhrase[], description: string): PhraseKnowledge {
  const inside = new Map<string, number>()
  const outside = new Map<string, number>()
  let found = 0
  let insideWords = 0
  let outsideWords = 0
  let answerWords = 0
  for (const { input, answer } of shown) {
    answerWords += formsOf(answer).length
    const start = phraseAt(input, answer)
    if (start < 0) continue
    found++
    const words = wordsOf(input)
    for (const [i, word] of words.entries()) {
      const isInside = word.start >= start && word.end <= start + answer.length
      if (isInside) insideWords++
      else outsideWords++
      const counts = isInside ? inside : outside
      for (const cue of cuesOf(words, i, input)) counts.set(cue, (counts.get(cue) ?? 0) + 1)
    }
  }
  const cues = new Map<string, number>()
  for (const cue of new Set([...inside.keys(), ...outside.keys()])) {
    const odds = ((inside.get(cue) ?? 0) + 0.5) / (insideWords + 1)
    cues.set(cue, Math.log(odds / (((outside.get(cue) ?? 0) + 0.5) / (outsideWords + 1))))
  }
  const words = shown.length > 0 ? Math.max(1, answerWords / shown.length) : describedWords(description)
  return { found, words, cues }
}

/** The weight of each word of an input as part of a phrase: what it weighed, and what demonstrations taught. */
export function phraseWeights(input: string, words: readonly Word[], knowledge: PhraseKnowledge): Float64Array {
  const weights = new Float64Array(words.length)
  for (let i = 0; i < words.length; i++) {
    let sum = isFunctionWord((words[i] as Word).form) ? 0 : 0.05
    for (const cue of cuesOf(words, i, input)) sum += (knowledge.cues.get(cue) ?? 0) * cueShare
    weights[i] = sum
  }
  return weights
}

/** A text whose words have weights. */
export interface WeighedText {
  readonly input: string
  readonly words: readonly Word[]
  /** One for each word. */
  readonly weights: Float64Array
}

/** The stretch of words that weighs most for its length, inside one sentence. Requires: at least one word. */
export function heaviestPhrase({ input, words, weights }: WeighedText, usualWords: number): string {
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length
  const spread = Math.sqrt(weights.reduce((sum, weight) => sum + (weight - mean) ** 2, 0) / weights.length) || 1
  let best: readonly [number, number] = [0, 0]
  let bestWeight = Number.NEGATIVE_INFINITY
  for (let first = 0; first < words.length; first++) {
    let sum = 0
    for (let last = first; last < Math.min(words.length, first + Math.ceil(usualWords * 2)); last++) {
      if (last > first && crossesSentence(input, words[last - 1] as Word, words[last] as Word)) break
      sum += ((weights[last] as number) - mean) / spread
      const weight = sum - lengthPenalty * Math.abs(last - first + 1 - usualWords)
      if (weight > bestWeight) {
        bestWeight = weight
        best = [first, last]
      }
    }
  }
  const [first, last] = best
  return input.slice((words[first] as Word).start, (words[last] as Word).end)
}

/** Where a phrase stands in an input, as whole words and in any case; -1 where it does not. */
export function phraseAt(input: string, phrase: string): number {
  const text = input.toLowerCase()
  const sought = phrase.toLowerCase().trim()
  if (sought === '') return -1
  for (let at = text.indexOf(sought); at >= 0; at = text.indexOf(sought, at + 1)) {
    const before = text.slice(Math.max(0, at - 1), at)
    const after = text.slice(at + sought.length, at + sought.length + 1)
    if (!/[\p{L}\p{N}]/u.test(before) && !/[\p{L}\p{N}]/u.test(after)) return at
  }
  return -1
}

/** The numbers in a text, as written. */
export function numbersIn(text: string): { readonly value: number; readonly start: number }[] {
  return [...text.matchAll(/(?<![\p{L}\d.])-?\d+(?:[.,]\d+)*/gu)].map((match) => ({
    value: Number(match[0].replace(/,(?=\d{3}(?!\d))/g, '').replace(',', '.')),
    start: match.index,
  }))
}

function cuesOf(words: readonly Word[], i: number, input: string): string[] {
  const word = words[i] as Word
  const raw = input.slice(word.start, word.end)
  const before = words[i - 1]?.form ?? '^'
  const after = words[i + 1]?.form ?? '$'
  return [`=${stemOf(word.form)}`, `<${before}`, `>${after}`, `~${shapeOf(raw)}`]
}

function shapeOf(raw: string): string {
  if (/^\d+$/.test(raw)) return 'number'
  if (/\d/.test(raw)) return 'code'
  if (/^\p{Lu}{2,}$/u.test(raw)) return 'capitals'
  return /^\p{Lu}/u.test(raw) ? 'name' : 'word'
}

function crossesSentence(input: string, before: Word, after: Word): boolean {
  return /[.!?;\n]/.test(input.slice(before.end, after.start))
}

function describedWords(description: string): number {
  if (/\b(?:one|single) word\b/i.test(description)) return 1
  return /\bsentence\b/i.test(description) ? 12 : wordsByDefault
}
