/** Numbers for what tells the words of a phrase from others: each word's stem, its neighbours and its shape. */

import { stemOf, type Word } from './features.ts'
import { SharedPlaces } from './shared-places.ts'
import { TextMemory } from './text-memory.ts'

/** Cues of each word. */
export const cuesPerWord = 4

/** The number of a cue that was not known when the numbers were full. */
export const absentCue = -1

/** Cues of all prompts that one model reads. */
export class PhraseCues {
  /** The places that the knowledge which is used gives to cues. */
  readonly places = new SharedPlaces()
  readonly #numbers = new Map<string, number>()
  readonly #texts = new TextMemory<Int32Array>()
  #isOpen = true

  /** How many cues have a number: `0 … size - 1`. */
  get size(): number {
    return this.#numbers.size
  }

  /** Takes no more cues; those it lacks are absent from then on. */
  close(): void {
    this.#isOpen = false
  }

  /** The cues of the words of a text. [words × cuesPerWord] */
  of(text: string, words: readonly Word[]): Int32Array {
    return this.#texts.recall(text, () => {
      const cues = new Int32Array(words.length * cuesPerWord)
      for (const [i, word] of words.entries()) {
        const raw = text.slice(word.start, word.end)
        const at = i * cuesPerWord
        cues[at] = this.#numberOf(`=${stemOf(word.form)}`)
        cues[at + 1] = this.#numberOf(`<${words[i - 1]?.form ?? '^'}`)
        cues[at + 2] = this.#numberOf(`>${words[i + 1]?.form ?? '$'}`)
        cues[at + 3] = this.#numberOf(`~${shapeOf(raw)}`)
      }
      return cues
    })
  }

  #numberOf(cue: string): number {
    const known = this.#numbers.get(cue)
    if (known !== undefined || !this.#isOpen) return known ?? absentCue
    this.#numbers.set(cue, this.size)
    return this.size - 1
  }
}

function shapeOf(raw: string): string {
  if (/^\d+$/.test(raw)) return 'number'
  if (/\d/.test(raw)) return 'code'
  if (/^\p{Lu}{2,}$/u.test(raw)) return 'capitals'
  return /^\p{Lu}/u.test(raw) ? 'name' : 'word'
}
