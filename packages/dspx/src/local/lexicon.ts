/**
 * Numbers for the features of all prompts that one model reads, so that a text is taken apart once, whatever prompts it stands in.
 * A prompt's own vocabulary (`ContextIndex`) is a choice among these numbers.
 */

import { familyPrefix, isFunctionWord, type Word, wordFeatures, wordsOf } from './features.ts'
import { WordPieces } from './near-words.ts'
import { PhraseCues } from './phrase-cues.ts'
import { SharedPlaces } from './shared-places.ts'
import type { FeatureSet } from './sizes.ts'
import { TextMemory } from './text-memory.ts'

/** The number of a feature that the lexicon does not hold: no prompt that was read has it. */
export const absent = -1

/** Function words count this much of another word. */
const functionWordShare = 0.2

/** Features, words and cues together after which a lexicon takes no more, and a new one is begun for the next prompt. */
export const lexiconMax = 100_000

/** Pairs are numbered by the numbers of their two words. */
const pairBase = 2 ** 26

/** A word with its own features. */
export interface LexiconWord {
  readonly form: string
  /** The whole word first, then its pieces, each as often as it stands there; or `absent`. */
  readonly ids: Int32Array
  readonly share: number
  /** Its number among the words of the lexicon; `absent` of one that came when it was full. */
  readonly number: number
}

/** Words in order, and what they are together: distinct features in the order in which they first come. */
export interface ReadWords {
  readonly words: readonly LexiconWord[]
  readonly ids: Int32Array
  /** How often each feature comes; a function word counts less. */
  readonly counts: Float64Array
  /** The square roots of these. */
  readonly roots: Float64Array
  /** Of each feature. */
  readonly families: Uint8Array
  readonly absentPairs: number
  readonly absentPieces: number
}

/** A text, read. */
export interface ReadText extends ReadWords {
  /** The words where they stand in the text. */
  readonly standing: readonly Word[]
}

/** Families as numbers. */
export const families = { word: 0, pair: 1, piece: 2 } as const

/** Numbers of features, for one size of the model. Holds `lexiconMax`, and what the last prompt and the last input bring beyond. */
export class Lexicon {
  readonly features: FeatureSet
  /** The places that the prompt which is read gives to features. */
  readonly places = new SharedPlaces()
  /** The places that the instruction which is read gives to features near its values. */
  readonly hinted = new SharedPlaces()
  readonly pieces = new WordPieces()
  readonly cues = new PhraseCues()
  readonly #max: number
  readonly #words = new Map<string, LexiconWord>()
  readonly #ids = new Map<string, number>()
  readonly #pairs = new Map<number, number>()
  readonly #families: number[] = []
  readonly #texts = new TextMemory<ReadText>()
  #isOpen = true
  #counts = new Float64Array(1_024)

  constructor(features: FeatureSet, max = lexiconMax) {
    this.features = features
    this.#max = max
  }

  /** How many features have a number: `0 … size - 1`. */
  get size(): number {
    return this.#families.length
  }

  /** False once it is full: what it lacks is `absent` from then on, so that no more prompts can be learnt with it. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Closes it where it is full. To be called between prompts, never while one is learnt. */
  settle(): void {
    if (this.size + this.#words.size + this.cues.size < this.#max) return
    this.#isOpen = false
    this.cues.close()
  }

  isPiece(id: number): boolean {
    return this.#families[id] === families.piece
  }

  /** A text, as it was read before, or now. */
  text(text: string): ReadText {
    return this.#texts.recall(text, () => {
      const standing = wordsOf(text)
      return { ...this.wordsTogether(standing.map(({ form }) => form)), standing }
    })
  }

  word(form: string): LexiconWord {
    const known = this.#words.get(form)
    if (known !== undefined) return known
    const ids = Int32Array.from(wordFeatures(form, this.features), (feature) => this.#numberOf(feature))
    const number = this.#isOpen ? this.#words.size : absent
    const word = { form, ids, share: isFunctionWord(form) ? functionWordShare : 1, number }
    if (this.#isOpen) this.#words.set(form, word)
    return word
  }

  /** The number of two neighbours; `absent` where the size looks at no pairs. */
  pair(before: LexiconWord, after: LexiconWord): number {
    const one = before.ids[0] as number
    const other = after.ids[0] as number
    if (!this.features.bigrams || one === absent || other === absent) return absent
    const key = one * pairBase + other
    const known = this.#pairs.get(key)
    if (known !== undefined) return known
    if (!this.#isOpen) return absent
    this.#pairs.set(key, this.size)
    return this.#add(families.pair)
  }

  /** What words that stand in this order are together. */
  wordsTogether(forms: readonly string[]): ReadWords {
    const words = forms.map((form) => this.word(form))
    const touched: number[] = []
    let absentPairs = 0
    let absentPieces = 0
    for (let at = 0; at < words.length; at++) {
      const { ids, share } = words[at] as LexiconWord
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i] as number
        if (id !== absent) this.#count(id, share, touched)
        else if (i > 0) absentPieces++
      }
      if (at === 0 || !this.features.bigrams) continue
      const pair = this.pair(words[at - 1] as LexiconWord, words[at] as LexiconWord)
      if (pair === absent) absentPairs++
      else this.#count(pair, 1, touched)
    }
    return { words, ...this.#counted(touched), absentPairs, absentPieces }
  }

  /** Takes what was counted, so that counting can begin anew. */
  #counted(touched: readonly number[]): Pick<ReadWords, 'ids' | 'counts' | 'roots' | 'families'> {
    const counts = new Float64Array(touched.length)
    const roots = new Float64Array(touched.length)
    const found = new Uint8Array(touched.length)
    for (let i = 0; i < touched.length; i++) {
      const id = touched[i] as number
      counts[i] = this.#counts[id] as number
      roots[i] = Math.sqrt(counts[i] as number)
      found[i] = this.#families[id] as number
      this.#counts[id] = 0
    }
    return { ids: Int32Array.from(touched), counts, roots, families: found }
  }

  #count(id: number, share: number, touched: number[]): void {
    if (id >= this.#counts.length) {
      const grown = new Float64Array(2 * Math.max(this.size, this.#counts.length))
      grown.set(this.#counts)
      this.#counts = grown
    }
    if (this.#counts[id] === 0) touched.push(id)
    this.#counts[id] = (this.#counts[id] as number) + share
  }

  #numberOf(feature: string): number {
    const known = this.#ids.get(feature)
    if (known !== undefined || !this.#isOpen) return known ?? absent
    this.#ids.set(feature, this.size)
    return this.#add(feature.startsWith(familyPrefix.piece) ? families.piece : families.word)
  }

  #add(family: number): number {
    this.#families.push(family)
    return this.size - 1
  }
}
