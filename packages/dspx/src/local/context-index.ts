/**
 * The vocabulary of one prompt: every feature of its demonstrations and hints has a weight, so that a new text is read into a short
 * sparse vector. Built for a constant part, then asked at every call.
 */

import type { InstructionLesson } from './instruction-lesson.ts'
import { absent, families, type Lexicon, type LexiconWord, type ReadWords } from './lexicon.ts'
import { isNearer, nearWordsMax } from './near-words.ts'
import { NumberStore } from './number-store.ts'
import { noPlace } from './shared-places.ts'
import type { FeatureSet } from './sizes.ts'

/** A text as numbers: distinct features of the vocabulary and their weights. */
export interface SparseText {
  readonly ids: Int32Array
  /** Of each feature among those of the demonstrations; -1 where only hints have it. */
  readonly places: Int32Array
  /** The place of each in the instruction's lesson; -1 where only demonstrations have it. */
  readonly hints: Int32Array
  /** Of unit length over all features of the text, also those the vocabulary lacks. */
  readonly weights: Float64Array
  /** How loudly each feature is read after reasoning has named words (their weights have grown then, too); 1 where absent. */
  loudness?: Float64Array
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
  /** Holds the texts of the demonstrations, which are read once. */
  readonly #store: NumberStore

  /** Reads the demonstrations' texts, which decide how rare a feature is; the lesson only adds vocabulary. */
  constructor(lesson: InstructionLesson, demonstrations: readonly ReadWords[]) {
    this.lexicon = lesson.lexicon
    this.#lesson = lesson
    this.#demonstrations = demonstrations
    const places = this.#places()
    let features = 0
    for (const { ids } of demonstrations) {
      features += ids.length
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
    this.#store = new NumberStore({ floats: features, ints: 2 * features })
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
    return [...this.lexicon.word(form).ids].filter((id) => this.#knows(id))
  }

  /** The number of a pair of neighbours, if any demonstration has it. */
  pairOf(before: string, after: string): number | undefined {
    const id = this.lexicon.pair(this.lexicon.word(before), this.lexicon.word(after))
    return this.#knows(id) ? id : undefined
  }

  /** Whether the vocabulary has a word. */
  knows(form: string): boolean {
    return this.#knows(this.lexicon.word(form).ids[0] as number)
  }

  /** The known word that an unknown one looks like. */
  nearestWord(form: string): string | undefined {
    if (this.#near.has(form)) return this.#near.get(form)
    const shown = this.lexicon.pieces.nearest(this.lexicon.word(form), this.#shownWords())
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
    const hinted = this.#lesson.places()
    const known = this.#known(text, places, hinted)
    const size = known.ids.length
    const read = {
      ids: known.ids,
      places: this.#store.ints(size),
      hints: this.#store.ints(size),
      weights: this.#store.floats(size),
    }
    for (let i = 0; i < size; i++) {
      const id = known.ids[i] as number
      const place = places[id] as number
      read.places[i] = place
      read.hints[i] = hinted[id] as number
      read.weights[i] = (known.roots[i] as number) * this.#rarity(place)
    }
    scale(read.weights, known.families, this.#unknownLength(text, size < text.ids.length))
    return read
  }

  /** The known features of a text: all those of a demonstration. */
  #known(text: ReadWords, places: Int32Array, hinted: Int32Array): Pick<ReadWords, 'ids' | 'roots' | 'families'> {
    const { ids, roots, families: familyOf } = text
    let unknown = 0
    for (let i = 0; i < ids.length; i++) if (isUnknown(ids[i] as number, places, hinted)) unknown++
    if (unknown === 0) return text
    const size = ids.length - unknown
    const known = { ids: new Int32Array(size), roots: new Float64Array(size), families: new Uint8Array(size) }
    for (let i = 0, next = 0; i < ids.length; i++) {
      const id = ids[i] as number
      if (isUnknown(id, places, hinted)) continue
      known.ids[next] = id
      known.roots[next] = roots[i] as number
      known.families[next] = familyOf[i] as number
      next++
    }
    return known
  }

  /** The squared length that unknown features give to each family. */
  #unknownLength(text: ReadWords, hasUnknown: boolean): FamilyLengths {
    const missing = { words: 0, pairs: text.absentPairs, pieces: text.absentPieces }
    const places = this.#places()
    const hinted = this.#lesson.places()
    for (const { ids, share } of text.words) {
      const id = ids[0] as number
      if (id === absent || (hasUnknown && isUnknown(id, places, hinted))) missing.words += share
    }
    for (let i = 0; hasUnknown && i < text.ids.length; i++) {
      const family = text.families[i]
      if (family === families.word || !isUnknown(text.ids[i] as number, places, hinted)) continue
      if (family === families.pair) missing.pairs += text.counts[i] as number
      else missing.pieces += text.counts[i] as number
    }
    const rarest = this.#rarities[0] as number
    const unseen = unseenShare * rarest * rarest
    return { words: missing.words * unseen, pairs: missing.pairs * unseen, pieces: missing.pieces * unseen }
  }

  #places(): Int32Array {
    const places = this.lexicon.places.upTo(this.lexicon.size)
    this.lexicon.places.take(this, this.#ids)
    return places
  }

  #knows(id: number): boolean {
    return id !== absent && !isUnknown(id, this.#places(), this.#lesson.places())
  }

  #rarity(place: number): number {
    return this.#rarities[place === noPlace ? 0 : (this.#documentCounts[place] as number)] as number
  }

  *#shownWords(): Generator<LexiconWord> {
    for (const { words } of this.#demonstrations) yield* words
  }
}

/** Squared lengths of a text, by the families of its features. */
interface FamilyLengths {
  readonly words: number
  readonly pairs: number
  readonly pieces: number
}

function isUnknown(id: number, places: Int32Array, hinted: Int32Array): boolean {
  return places[id] === noPlace && hinted[id] === noPlace
}

/** Gives each family of features its share of the length. Changes the weights. */
function scale(weights: Float64Array, familyOf: Uint8Array, unknown: FamilyLengths): void {
  let { words, pairs, pieces } = unknown
  for (let i = 0; i < weights.length; i++) {
    const square = (weights[i] as number) * (weights[i] as number)
    if (familyOf[i] === families.piece) pieces += square
    else if (familyOf[i] === families.pair) pairs += square
    else words += square
  }
  const { word, pair, piece } = familyShares
  const total = word + (pairs > 0 ? pair : 0) + (pieces > 0 ? piece : 0)
  const wordScale = words > 0 ? Math.sqrt(word / total / words) : 0
  const pairScale = pairs > 0 ? Math.sqrt(pair / total / pairs) : 0
  const pieceScale = pieces > 0 ? Math.sqrt(piece / total / pieces) : 0
  for (let i = 0; i < weights.length; i++) {
    const own = familyOf[i] === families.piece ? pieceScale : familyOf[i] === families.pair ? pairScale : wordScale
    weights[i] = (weights[i] as number) * own
  }
}

function rarityOf(features: FeatureSet, count: number, documents: number): number {
  return features.idf ? Math.max(0.1, Math.log((documents + 1) / (count + 0.5))) : 1
}
