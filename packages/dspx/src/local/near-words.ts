/** The known word that an unknown one looks like: a typing error, another ending, half of a compound. */

import { isFunctionWord } from './features.ts'
import type { LexiconWord } from './lexicon.ts'

/** Words of fewer letters look like too many others. */
const lettersMin = 4

/** Share of common three-letter pieces from which two words look alike (Dice's coefficient). */
const likenessMin = 0.65

/** Words whose nearest is remembered. */
export const nearWordsMax = 20_000

/** Pieces and words after which all of them are forgotten. */
const piecesMax = 100_000

const noPieces = new Int32Array(0)

/** A known word that another looks like. */
export interface NearWord {
  readonly form: string
  readonly likeness: number
  /** Which piece of the other word it has first: of words that are as like, the one with the earlier piece is nearer. */
  readonly firstPiece: number
}

/** Three-letter pieces as numbers. */
export class WordPieces {
  readonly #numbers = new Map<string, number>()
  /** By the numbers of words. */
  #words: Int32Array[] = []
  readonly #max: number
  #places = new Int32Array(1_024)

  constructor(max = piecesMax) {
    this.#max = max
  }

  /** The words of these that are most like a word, the first of equals. Known words may come more than once. */
  nearest(word: LexiconWord, known: Iterable<LexiconWord>): NearWord | undefined {
    if (!isComparable(word.form)) return undefined
    if (this.#numbers.size + this.#words.length > this.#max) this.#forget()
    const sought = this.#piecesOf(word)
    for (let place = 0; place < sought.length; place++) this.#places[sought[place] as number] = place + 1
    let best: NearWord | undefined
    for (const other of known) {
      const pieces = this.#piecesOf(other)
      const common = Math.min(sought.length, pieces.length)
      if ((2 * common) / (sought.length + pieces.length) <= likenessMin) continue
      const near = this.#compare(sought.length, other.form, pieces)
      if (near !== undefined && isNearer(near, best)) best = near
    }
    for (const piece of sought) this.#places[piece] = 0
    return best
  }

  #compare(soughtPieces: number, form: string, pieces: Int32Array): NearWord | undefined {
    let common = 0
    let first = soughtPieces
    for (let i = 0; i < pieces.length; i++) {
      const place = this.#places[pieces[i] as number] as number
      if (place === 0) continue
      common++
      if (place - 1 < first) first = place - 1
    }
    const likeness = (2 * common) / (soughtPieces + pieces.length)
    return likeness > likenessMin ? { form, likeness, firstPiece: first } : undefined
  }

  /** The pieces of a word, each once; none of one that is not compared. */
  #piecesOf({ form, number }: LexiconWord): Int32Array {
    const remembered = this.#words[number]
    if (remembered !== undefined) return remembered
    const found = isComparable(form) ? this.#read(form) : noPieces
    if (number >= 0) this.#words[number] = found
    return found
  }

  #read(form: string): Int32Array {
    const framed = `<${form}>`
    const pieces = new Set<number>()
    for (let i = 0; i + 3 <= framed.length; i++) pieces.add(this.#numberOf(framed.slice(i, i + 3)))
    return Int32Array.from(pieces)
  }

  #forget(): void {
    this.#numbers.clear()
    this.#words = []
  }

  #numberOf(piece: string): number {
    const known = this.#numbers.get(piece)
    if (known !== undefined) return known
    const number = this.#numbers.size
    this.#numbers.set(piece, number)
    if (number >= this.#places.length) {
      const grown = new Int32Array(2 * this.#places.length)
      grown.set(this.#places)
      this.#places = grown
    }
    return number
  }
}

/** The nearer of two; of equals the one. */
export function isNearer(one: NearWord, other: NearWord | undefined): boolean {
  if (other === undefined || one.likeness !== other.likeness) return one.likeness > (other?.likeness ?? 0)
  return one.firstPiece < other.firstPiece
}

function isComparable(form: string): boolean {
  return form.length >= lettersMin && !isFunctionWord(form)
}
