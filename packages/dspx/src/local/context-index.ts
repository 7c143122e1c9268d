/**
 * The vocabulary of one prompt: every feature of its demonstrations and hints has a weight, so that a new text is read into a short
 * sparse vector. Built for a constant part, then asked at every call.
 */

import type { InstructionLesson } from './instruction-lesson.ts'
import { absent, type Lexicon, type LexiconWord, type ReadWords } from './lexicon.ts'
import { isNearer, nearWordsMax } from './near-words.ts'
import { noPlace } from './shared-places.ts'
import type { FeatureSet } from './sizes.ts'

/** A text as numbers: distinct features of the vocabulary and their weights. */
export interface SparseText {
  readonly ids: Int32Array
  /** Of each feature among those of the demonstrations; -1 where only hints have it. */
  readonly places: Int32Array
  /** Of unit length over all features of the text, also those the vocabulary lacks. */
  readonly weights: Float64Array
  /** How loudly each feature is read: 1, and more after reasoning has named its word (its weight has grown then, too). */
  readonly loudness: Float64Array
}

/** How much each family of features counts beside whole words. */
const familyShares = { word: 1, pair: 0.3, piece: 0.8 }

/** What features that the vocabulary lacks count towards the length of a text. */
const unseenShare = 0.5

/** The vocabulary of one prompt. */
export class ContextIndex {
  readonly lexicon: Lexicon
  readonly #lesson: InstructionLesson
  readonly #demonstrations: readonly ReadWords[]
  /** Features of the demonstrations, by place, and how many demonstrations have each. */
  readonly #ids: number[] = []
  readonly #documentCounts: number[] = []
  /** By how many demonstrations have a feature. */
  readonly #rarities: readonly number[]
  readonly #near = new Map<string, string | undefined>()

  /** Reads the demonstrations' texts, which decide how rare a feature is; the lesson only adds vocabulary. */
  constructor(lesson: InstructionLesson, demonstrations: readonly ReadWords[]) {
    this.lexicon = lesson.lexicon
    this.#lesson = lesson
    this.#demonstrations = demonstrations
    const places = this.#places()
    for (const { ids } of demonstrations) {
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i] as number
        const place = places[id] as number
        if (place !== noPlace) this.#documentCounts[place] = (this.#documentCounts[place] as number) + 1
        else {
          places[id] = this.#ids.length
          this.#ids.push(id)
          this.#documentCounts.push(1)
        }
      }
    }
    const documents = demonstrations.length
    this.#rarities = Array.from({ length: documents + 1 }, (_, count) =>
      rarityOf(this.lexicon.features, count, documents),
    )
  }

  /** How many features the demonstrations have. */
  get places(): number {
    return this.#ids.length
  }

  /** How many demonstrations have each feature. [places] */
  get documentCounts(): readonly number[] {
    return this.#documentCounts
  }

  /** The numbers of a word's own features, without its neighbours. */
  idsOf(form: string): number[] {
    const { ids } = this.lexicon.word(form)
    const places = this.#places()
    return [...ids].filter((id) => this.#knows(id, places))
  }

  /** The number of a pair of neighbours, if any demonstration has it. */
  pairOf(before: string, after: string): number | undefined {
    const id = this.lexicon.pair(this.lexicon.word(before), this.lexicon.word(after))
    return this.#knows(id, this.#places()) ? id : undefined
  }

  /** The place of a feature among those of the demonstrations, or -1. */
  placeOf(id: number): number {
    return this.#places()[id] as number
  }

  /** Whether the vocabulary has a word. */
  knows(form: string): boolean {
    return this.#knows(this.lexicon.word(form).ids[0] as number, this.#places())
  }

  /** The known word that an unknown one looks like. */
  nearestWord(form: string): string | undefined {
    if (this.#near.has(form)) return this.#near.get(form)
    const shown = this.lexicon.pieces.nearest(form, this.#shownForms())
    const taught = this.#lesson.nearestWord(form)
    const found = taught && isNearer(taught, shown) ? taught.form : shown?.form
    if (this.#near.size < nearWordsMax) this.#near.set(form, found)
    return found
  }

  /** How rare a feature of the demonstrations is: 1 for one that none of them has. */
  rarityAt(place: number): number {
    return this.#rarity(place) / (this.#rarities[0] as number)
  }

  /** Words as a sparse vector. */
  read(text: ReadWords): SparseText {
    const places = this.#places()
    const { ids, counts } = text
    const known = {
      ids: new Int32Array(ids.length),
      places: new Int32Array(ids.length),
      weights: new Float64Array(ids.length),
    }
    const missing = {
      words: this.#missingWords(text.words, places),
      pairs: text.absentPairs,
      pieces: text.absentPieces,
    }
    let length = 0
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] as number
      const place = places[id] as number
      if (place !== noPlace || this.#lesson.knows(id)) {
        known.ids[length] = id
        known.places[length] = place
        known.weights[length++] = Math.sqrt(counts[i] as number) * this.#rarity(place)
      } else if (this.lexicon.isPiece(id)) missing.pieces += counts[i] as number
      else if (this.lexicon.isPair(id)) missing.pairs += counts[i] as number
    }
    const weights = known.weights.subarray(0, length)
    const read = { ids: known.ids.subarray(0, length), places: known.places.subarray(0, length), weights }
    this.#scale(read, missing)
    return { ...read, loudness: new Float64Array(length).fill(1) }
  }

  #missingWords(words: readonly LexiconWord[], places: Int32Array): number {
    let missing = 0
    for (const { ids, share } of words) if (!this.#knows(ids[0] as number, places)) missing += share
    return missing
  }

  /** Gives each family of features its share of the length. Changes the weights. */
  #scale(
    { ids, weights }: Pick<SparseText, 'ids' | 'weights'>,
    missing: { readonly words: number; readonly pairs: number; readonly pieces: number },
  ): void {
    const rarest = this.#rarities[0] as number
    const unseen = unseenShare * rarest * rarest
    let words = missing.words * unseen
    let pairs = missing.pairs * unseen
    let pieces = missing.pieces * unseen
    const { lexicon } = this
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] as number
      const square = (weights[i] as number) * (weights[i] as number)
      if (lexicon.isPiece(id)) pieces += square
      else if (lexicon.isPair(id)) pairs += square
      else words += square
    }
    const { word, pair, piece } = familyShares
    const total = word + (pairs > 0 ? pair : 0) + (pieces > 0 ? piece : 0)
    const wordScale = words > 0 ? Math.sqrt(word / total / words) : 0
    const pairScale = pairs > 0 ? Math.sqrt(pair / total / pairs) : 0
    const pieceScale = pieces > 0 ? Math.sqrt(piece / total / pieces) : 0
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] as number
      const scale = lexicon.isPiece(id) ? pieceScale : lexicon.isPair(id) ? pairScale : wordScale
      weights[i] = (weights[i] as number) * scale
    }
  }

  #places(): Int32Array {
    const places = this.lexicon.places.upTo(this.lexicon.size)
    this.lexicon.places.take(this, this.#ids)
    return places
  }

  #knows(id: number, places: Int32Array): boolean {
    return id !== absent && (places[id] !== noPlace || this.#lesson.knows(id))
  }

  #rarity(place: number): number {
    return this.#rarities[place === noPlace ? 0 : (this.#documentCounts[place] as number)] as number
  }

  *#shownForms(): Generator<string> {
    for (const { words } of this.#demonstrations) for (const { form } of words) yield form
  }
}

function rarityOf(features: FeatureSet, count: number, documents: number): number {
  return features.idf ? Math.max(0.1, Math.log((documents + 1) / (count + 0.5))) : 1
}
