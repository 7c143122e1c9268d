/** A demonstration as one lexicon reads it: taken apart once, whatever prompts it stands in. */

import { answerFor, type Demonstration } from './demonstrations.ts'
import { readPhrase, type ShownPhrase } from './extraction.ts'
import { formsOf } from './features.ts'
import type { Lexicon, ReadText } from './lexicon.ts'
import type { PhraseCues } from './phrase-cues.ts'
import { fieldKey } from './sections.ts'

/** Names whose answers a demonstration remembers: prompts may ask it for many. */
const namesMax = 64

/** An answer of a demonstration, read as far as it is asked. */
export class ReadAnswer {
  readonly answer: string
  readonly #input: string
  readonly #cues: PhraseCues
  #key: string | undefined
  #phrase: ShownPhrase | undefined
  #forms: readonly string[] | undefined

  constructor(answer: string, input: string, cues: PhraseCues) {
    this.answer = answer
    this.#input = input
    this.#cues = cues
  }

  /** Its `fieldKey`, by which values are told. */
  get key(): string {
    this.#key ??= fieldKey(this.answer)
    return this.#key
  }

  /** Where it stands in the input, if it does. */
  get phrase(): ShownPhrase {
    this.#phrase ??= readPhrase(this.#cues, this.#input, this.answer)
    return this.#phrase
  }

  /** The forms of its words. */
  get forms(): readonly string[] {
    this.#forms ??= formsOf(this.answer)
    return this.#forms
  }
}

/** What a demonstration shows, by the names of fields. */
export class ReadDemonstration {
  readonly text: ReadText
  readonly #demonstration: Demonstration
  readonly #cues: PhraseCues
  readonly #answers = new Map<string, ReadAnswer | undefined>()
  readonly #only = new Map<string, ReadAnswer | undefined>()

  constructor(demonstration: Demonstration, lexicon: Lexicon) {
    this.text = lexicon.text(demonstration.input)
    this.#demonstration = demonstration
    this.#cues = lexicon.cues
  }

  /** What is answered for a field; an answer without a name is that of the only field. */
  answerFor(name: string, isOnlyField: boolean): ReadAnswer | undefined {
    const answers = isOnlyField ? this.#only : this.#answers
    if (answers.has(name)) return answers.get(name)
    const answer = answerFor(this.#demonstration, name, isOnlyField)
    const read = answer === undefined ? undefined : new ReadAnswer(answer, this.#demonstration.input, this.#cues)
    if (answers.size < namesMax) answers.set(name, read)
    return read
  }
}
