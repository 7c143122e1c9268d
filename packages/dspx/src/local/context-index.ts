/**
 * The vocabulary of one prompt: every feature of its demonstrations and hints has a number and a weight, so that a new
 * text is read into a short sparse vector. Built once for a constant part, then asked at every call.
 */

import { familyPrefix, formsOf, isFunctionWord, pairFeature, wordFeatures } from './features.ts'
import { NearWords } from './near-words.ts'
import type { FeatureSet } from './sizes.ts'

/** A text as numbers: distinct features of the vocabulary and their weights. */
export interface SparseText {
  readonly ids: Int32Array
  /** Of unit length over all features of the text, also those the vocabulary lacks. */
  readonly weights: Float64Array
  /** How loudly each feature is read: 1, and more after reasoning has named its word (its weight has grown then, too). */
  readonly loudness: Float64Array
}

/** How much each family of features counts beside whole words. */
const familyShares = { word: 1, pair: 0.3, piece: 0.8 }

/** Function words count this much of another word. */
const functionWordShare = 0.2

/** What features that the vocabulary lacks count towards the length of a text. */
const unseenShare = 0.5

/** Words whose features are remembered. */
const rememberedWordsMax = 20_000

interface WordEntry {
  readonly ids: Int32Array
  /** Pieces of the word that the vocabulary lacks, and whether it lacks the word. */
  readonly missingPieces: number
  readonly missingWord: boolean
  readonly share: number
}

/** The vocabulary of one prompt. */
export class ContextIndex {
  readonly features: FeatureSet
  readonly #ids = new Map<string, number>()
  readonly #isPiece: boolean[] = []
  readonly #isPair: boolean[] = []
  readonly #documentCounts: number[] = []
  #documents = 0
  #idf = new Float64Array(0)
  #rarest = 1
  readonly #words = new Map<string, WordEntry>()
  #counts = new Float64Array(0)
  readonly #forms = new Set<string>()
  #near: NearWords | undefined

  /** Reads the demonstrations' texts, which decide how rare a feature is, and the texts that only add vocabulary. */
  constructor(features: FeatureSet, demonstrations: readonly string[], others: readonly string[]) {
    this.features = features
    for (const text of demonstrations) this.#learn(text, 1)
    for (const text of others) this.#learn(text, 0)
    this.#documents = demonstrations.length
    this.#idf = Float64Array.from(this.#documentCounts, (count) => this.#rarity(count))
    this.#rarest = this.#rarity(0)
    this.#counts = new Float64Array(this.#documentCounts.length)
  }

  /** How many features have a number: `0 … size - 1`. */
  get size(): number {
    return this.#documentCounts.length
  }

  /** The numbers of a word's own features, without its neighbours. */
  idsOf(form: string): Int32Array {
    return this.#entry(form).ids
  }

  /** The number of a pair of neighbours, if any demonstration has it. */
  pairOf(before: string, after: string): number | undefined {
    return this.features.bigrams ? this.#ids.get(pairFeature(before, after, this.features)) : undefined
  }

  /** Whether the vocabulary has a word. */
  knows(form: string): boolean {
    return !this.#entry(form).missingWord
  }

  /** The known word that an unknown one looks like. */
  nearestWord(form: string): string | undefined {
    this.#near ??= new NearWords(this.#forms)
    return this.#near.nearest(form)
  }

  /** How rare a feature is among the demonstrations: 1 for one that none of them has. */
  rarityOf(id: number): number {
    return (this.#idf[id] as number) / this.#rarest
  }

  /** Whether a feature is a piece of a word. */
  isPiece(id: number): boolean {
    return this.#isPiece[id] === true
  }

  /** A text as a sparse vector. */
  read(forms: readonly string[]): SparseText {
    const touched: number[] = []
    const missing = { words: 0, pairs: 0, pieces: 0 }
    let before: string | undefined
    for (const form of forms) {
      const entry = this.#entry(form)
      for (const id of entry.ids) this.#count(id, entry.share, touched)
      if (entry.missingWord) missing.words += entry.share
      missing.pieces += entry.missingPieces
      if (this.features.bigrams && before !== undefined) {
        const id = this.pairOf(before, form)
        if (id === undefined) missing.pairs++
        else this.#count(id, 1, touched)
      }
      before = form
    }
    return this.#weigh(touched, missing)
  }

  #count(id: number, share: number, touched: number[]): void {
    if (this.#counts[id] === 0) touched.push(id)
    this.#counts[id] = (this.#counts[id] as number) + share
  }

  #weigh(touched: readonly number[], missing: { words: number; pairs: number; pieces: number }): SparseText {
    const unseen = unseenShare * this.#rarest * this.#rarest
    let words = missing.words * unseen
    let pairs = missing.pairs * unseen
    let pieces = missing.pieces * unseen
    const ids = Int32Array.from(touched)
    const weights = new Float64Array(ids.length)
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] as number
      const weight = Math.sqrt(this.#counts[id] as number) * (this.#idf[id] as number)
      this.#counts[id] = 0
      weights[i] = weight
      if (this.#isPiece[id]) pieces += weight * weight
      else if (this.#isPair[id]) pairs += weight * weight
      else words += weight * weight
    }
    const { word, pair, piece } = familyShares
    const total = word + (pairs > 0 ? pair : 0) + (pieces > 0 ? piece : 0)
    const wordScale = words > 0 ? Math.sqrt(word / total / words) : 0
    const pairScale = pairs > 0 ? Math.sqrt(pair / total / pairs) : 0
    const pieceScale = pieces > 0 ? Math.sqrt(piece / total / pieces) : 0
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] as number
      weights[i] = (weights[i] as number) * (this.#isPiece[id] ? pieceScale : this.#isPair[id] ? pairScale : wordScale)
    }
    return { ids, weights, loudness: new Float64Array(ids.length).fill(1) }
  }

  #rarity(count: number): number {
    return this.features.idf ? Math.max(0.1, Math.log((this.#documents + 1) / (count + 0.5))) : 1
  }

  #learn(text: string, count: number): void {
    const forms = formsOf(text)
    const seen = new Set<string>()
    for (const [i, form] of forms.entries()) {
      this.#forms.add(form)
      for (const feature of wordFeatures(form, this.features)) seen.add(feature)
      if (this.features.bigrams && i > 0) seen.add(pairFeature(forms[i - 1] as string, form, this.features))
    }
    for (const feature of seen) {
      const id = this.#ids.get(feature) ?? this.#add(feature)
      this.#documentCounts[id] = (this.#documentCounts[id] as number) + count
    }
  }

  #add(feature: string): number {
    const id = this.#documentCounts.length
    this.#ids.set(feature, id)
    this.#documentCounts.push(0)
    this.#isPiece.push(feature.startsWith(familyPrefix.piece))
    this.#isPair.push(feature.startsWith(familyPrefix.pair))
    return id
  }

  #entry(form: string): WordEntry {
    const remembered = this.#words.get(form)
    if (remembered) return remembered
    const features = wordFeatures(form, this.features)
    const known = features.map((feature) => this.#ids.get(feature))
    const entry: WordEntry = {
      ids: Int32Array.from(known.filter((id) => id !== undefined)),
      missingWord: known[0] === undefined,
      missingPieces: known.slice(1).filter((id) => id === undefined).length,
      share: isFunctionWord(form) ? functionWordShare : 1,
    }
    if (this.#words.size < rememberedWordsMax) this.#words.set(form, entry)
    return entry
  }
}
