/**
 * Free-text answers: the phrase of the input that weighed most. What a phrase looks like is learnt from demonstrations
 * whose answers stand in their inputs (their words, neighbours, shape and length); without any, the words that weighed
 * most for the other fields decide.
 */

import { formsOf, isFunctionWord, type Word, wordsOf } from './features.ts'
import { absentCue, cuesPerWord, type PhraseCues } from './phrase-cues.ts'
import { noPlace, type SharedPlaces } from './shared-places.ts'

/** What a demonstration of an extraction shows. */
export interface ShownPhrase {
  /** Words of the answer. */
  readonly answerWords: number
  /** Where the answer stands in its input: the cues of all words there, and for each word whether it is of the answer. */
  readonly found?: { readonly cues: Int32Array; readonly inside: Uint8Array }
}

/** Words of a phrase where nothing shows how long it should be. */
const wordsByDefault = 3

/** What every word more or less than usual costs a phrase. */
const lengthPenalty = 0.15

/** How much a hundredfold likelier cue weighs beside the weights of the words themselves. */
const cueShare = 0.25

/** Reads a demonstration of an extraction. */
export function readPhrase(cues: PhraseCues, input: string, answer: string): ShownPhrase {
  const answerWords = formsOf(answer).length
  const start = phraseAt(input, answer)
  if (start < 0) return { answerWords }
  const words = wordsOf(input)
  const inside = Uint8Array.from(words, (word) => (word.start >= start && word.end <= start + answer.length ? 1 : 0))
  return { answerWords, found: { cues: cues.of(input, words), inside } }
}

/** What demonstrations taught about a field's phrases. */
export class PhraseKnowledge {
  /** How many of the demonstrated answers stand in their inputs. */
  readonly found: number
  /** Usual number of words of an answer. */
  readonly words: number
  readonly #places: SharedPlaces
  readonly #cues: number[] = []
  readonly #inside: number[] = []
  readonly #outside: number[] = []
  #insideWords = 0
  #outsideWords = 0
  readonly #size: () => number

  constructor(cues: PhraseCues, shown: readonly ShownPhrase[], description: string) {
    this.#places = cues.places
    this.#size = () => cues.size
    let answerWords = 0
    let found = 0
    for (const phrase of shown) {
      answerWords += phrase.answerWords
      if (phrase.found === undefined) continue
      found++
      this.#learn(phrase.found)
    }
    this.found = found
    this.words = shown.length > 0 ? Math.max(1, answerWords / shown.length) : describedWords(description)
  }

  /** Log-odds that a word with a cue belongs to the answer; 0 of a cue that no demonstration has. */
  logOdds(cue: number): number {
    const place = cue === absentCue ? noPlace : (this.#table()[cue] as number)
    if (place === noPlace) return 0
    const odds = ((this.#inside[place] as number) + 0.5) / (this.#insideWords + 1)
    return Math.log(odds / (((this.#outside[place] as number) + 0.5) / (this.#outsideWords + 1)))
  }

  #learn({ cues, inside }: NonNullable<ShownPhrase['found']>): void {
    const places = this.#table()
    for (let i = 0; i < cues.length; i++) {
      const cue = cues[i] as number
      if (places[cue] === noPlace) {
        places[cue] = this.#cues.length
        this.#cues.push(cue)
        this.#inside.push(0)
        this.#outside.push(0)
      }
      const counts = inside[Math.floor(i / cuesPerWord)] === 1 ? this.#inside : this.#outside
      counts[places[cue] as number] = (counts[places[cue] as number] as number) + 1
    }
    const insideWords = inside.reduce((sum, one) => sum + one, 0)
    this.#insideWords += insideWords
    this.#outsideWords += inside.length - insideWords
  }

  #table(): Int32Array {
    const places = this.#places.upTo(this.#size())
    this.#places.take(this, this.#cues)
    return places
  }
}

/** The weight of each word of an input as part of a phrase: what it weighed, and what demonstrations taught. */
export function phraseWeights(words: readonly Word[], cues: Int32Array, knowledge: PhraseKnowledge): Float64Array {
  const weights = new Float64Array(words.length)
  for (let i = 0; i < words.length; i++) {
    let sum = isFunctionWord((words[i] as Word).form) ? 0 : 0.05
    for (let k = 0; k < cuesPerWord; k++) sum += knowledge.logOdds(cues[i * cuesPerWord + k] as number) * cueShare
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

function crossesSentence(input: string, before: Word, after: Word): boolean {
  return /[.!?;\n]/.test(input.slice(before.end, after.start))
}

function describedWords(description: string): number {
  if (/\b(?:one|single) word\b/i.test(description)) return 1
  return /\bsentence\b/i.test(description) ? 12 : wordsByDefault
}
