/** The known word that an unknown one looks like: a typing error, another ending, half of a compound. */

import { isFunctionWord } from './features.ts'

/** Words of fewer letters look like too many others. */
const lettersMin = 4

/** Share of common three-letter pieces from which two words look alike (Dice's coefficient). */
const likenessMin = 0.65

/** Words whose nearest is remembered. */
const rememberedMax = 20_000

/** Finds known words by their three-letter pieces. */
export class NearWords {
  readonly #pieces = new Map<string, ReadonlySet<string>>()
  readonly #byPiece = new Map<string, string[]>()
  readonly #nearest = new Map<string, string | undefined>()

  constructor(known: Iterable<string>) {
    for (const form of known) {
      if (form.length < lettersMin || isFunctionWord(form)) continue
      const pieces = piecesOf(form)
      this.#pieces.set(form, pieces)
      for (const piece of pieces) {
        const words = this.#byPiece.get(piece)
        if (words) words.push(form)
        else this.#byPiece.set(piece, [form])
      }
    }
  }

  /** The known word most like a word, the first of equals; `undefined` where none is like it. */
  nearest(form: string): string | undefined {
    if (form.length < lettersMin || isFunctionWord(form)) return undefined
    if (this.#nearest.has(form)) return this.#nearest.get(form)
    const found = this.#find(form)
    if (this.#nearest.size < rememberedMax) this.#nearest.set(form, found)
    return found
  }

  #find(form: string): string | undefined {
    const pieces = piecesOf(form)
    const common = new Map<string, number>()
    for (const piece of pieces) {
      for (const known of this.#byPiece.get(piece) ?? []) common.set(known, (common.get(known) ?? 0) + 1)
    }
    let best: string | undefined
    let bestLikeness = likenessMin
    for (const [known, count] of common) {
      const likeness = (2 * count) / (pieces.size + (this.#pieces.get(known)?.size ?? 0))
      if (likeness > bestLikeness) {
        best = known
        bestLikeness = likeness
      }
    }
    return best
  }
}

function piecesOf(form: string): ReadonlySet<string> {
  const framed = `<${form}>`
  const pieces = new Set<string>()
  for (let i = 0; i + 3 <= framed.length; i++) pieces.add(framed.slice(i, i + 3))
  return pieces
}
