/** The known word that an unknown one looks like: a typing error, another ending, half of a compound. */

import { isFunctionWord } from './features.ts'

/** Words of fewer letters look like too many others. */
const lettersMin = 4

/** Share of common three-letter pieces from which two words look alike (Dice's coefficient). */
const likenessMin = 0.65

/** Words whose nearest is remembered. */
export const nearWordsMax = 20_000

/** Pieces and words after which all of them are forgotten. */
const piecesMax = 100_000

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
  readonly #words = new Map<string, Int32Array>()
  #places = new Int32Array(1_024)

  /** The words of these that are most like a word, the first of equals. Known words may come more than once. */
  nearest(form: string, known: Iterable<string>): NearWord | undefined {
    if (!isComparable(form)) return undefined
    if (this.#numbers.size + this.#words.size > piecesMax) this.#forget()
    const sought = this.#piecesOf(form)
    for (const [place, piece] of sought.entries()) this.#places[piece] = place + 1
    let best: NearWord | undefined
    for (const other of known) {
      if (!isComparable(other)) continue
      const near = this.#compare(sought.length, other)
      if (near.likeness > likenessMin && isNearer(near, best)) best = near
    }
    for (const piece of sought) this.#places[piece] = 0
    return best
  }

  #compare(soughtPieces: number, form: string): NearWord {
    const pieces = this.#piecesOf(form)
    let common = 0
    let first = soughtPieces
    for (let i = 0; i < pieces.length; i++) {
      const place = this.#places[pieces[i] as number] as number
      if (place === 0) continue
      common++
      if (place - 1 < first) first = place - 1
    }
    return { form, likeness: (2 * common) / (soughtPieces + pieces.length), firstPiece: first }
  }

  #piecesOf(form: string): Int32Array {
    const remembered = this.#words.get(form)
    if (remembered !== undefined) return remembered
    const framed = `<${form}>`
    const pieces = new Set<number>()
    for (let i = 0; i + 3 <= framed.length; i++) pieces.add(this.#numberOf(framed.slice(i, i + 3)))
    const found = Int32Array.from(pieces)
    this.#words.set(form, found)
    return found
  }

  #forget(): void {
    this.#numbers.clear()
    this.#words.clear()
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
