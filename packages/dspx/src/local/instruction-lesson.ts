/**
 * What an instruction teaches apart from demonstrations: which words stand near which value, and how strongly they point to it.
 * It is the same for every prompt with that instruction, so it is learnt once.
 */

import { formsOf, isFunctionWord } from './features.ts'
import type { Lexicon, LexiconWord } from './lexicon.ts'
import { type NearWord, nearWordsMax } from './near-words.ts'
import type { OutputField } from './output-fields.ts'
import { fieldKey } from './sections.ts'
import { noPlace } from './shared-places.ts'
import { hintsFor } from './value-hints.ts'

/** Constants of the model, the same for every task; chosen on tasks apart from those that are reported. */
const constants = {
  /** What a word near a value, or of its name, adds to the value's score. */
  hint: 0.35,
  ownName: 0.3,
  /** What all pieces of such a word add together. */
  pieces: 0.1,
  /** What a function word counts of another. */
  functionWord: 0.2,
} as const

/** The values that a feature points to, in ascending order, and how strongly to each. */
export interface Hint {
  readonly values: readonly number[]
  readonly strengths: readonly number[]
}

/** What is known of a field with values. */
export interface TaughtValues {
  readonly values: readonly string[]
  /** The value of a `fieldKey`; of equals the last. */
  readonly byKey: ReadonlyMap<string, number>
  /** By the place of a feature in the lesson; some have none. */
  readonly hints: readonly (Hint | undefined)[]
}

/** What an instruction says of the values of its fields. */
export class InstructionLesson {
  readonly lexicon: Lexicon
  /** Features near values, by place. */
  readonly #ids: number[] = []
  readonly #words = new Set<LexiconWord>()
  readonly #near = new Map<string, NearWord | undefined>()
  readonly #leaves: readonly OutputField[]
  readonly #taught: readonly TaughtValues[]

  constructor(lexicon: Lexicon, fields: readonly OutputField[], instruction: string) {
    this.lexicon = lexicon
    this.#leaves = fields.flatMap(leavesOf)
    this.#taught = this.#leaves
      .map((field) => {
        const hints = hintsOf(field, instruction)
        for (const text of [...hints.flat(), ...field.values.map(spoken)]) this.#learn(text)
        return {
          values: field.values,
          byKey: new Map(field.values.map((value, i) => [fieldKey(value), i])),
          hints: hintsByFeature(lexicon, field.values, hints),
        }
      })
      .map(({ hints, ...taught }) => ({ ...taught, hints: this.#ids.map((id) => hints.get(id)) }))
  }

  /** What it teaches about fields with values, where it teaches the same as of its own; else `undefined`. */
  about(fields: readonly OutputField[]): ReadonlyMap<OutputField, TaughtValues> | undefined {
    const leaves = fields.flatMap(leavesOf)
    if (leaves.length !== this.#leaves.length) return undefined
    if (!leaves.every((leaf, i) => isSameField(leaf, this.#leaves[i] as OutputField))) return undefined
    return new Map(leaves.map((leaf, i) => [leaf, this.#taught[i] as TaughtValues]))
  }

  /** The places of features near a value, by the numbers of features: a table for reading, until another lesson takes it. */
  places(): Int32Array {
    const places = this.lexicon.hinted.upTo(this.lexicon.size)
    this.lexicon.hinted.take(this, this.#ids)
    return places
  }

  /** The word near a value that an unknown one looks like. */
  nearestWord(form: string): NearWord | undefined {
    if (this.#near.has(form)) return this.#near.get(form)
    const found = this.lexicon.pieces.nearest(this.lexicon.word(form), this.#words)
    if (this.#near.size < nearWordsMax) this.#near.set(form, found)
    return found
  }

  #learn(text: string): void {
    const forms = formsOf(text)
    const { words, ids } = this.lexicon.wordsTogether(forms)
    for (const word of words) this.#words.add(word)
    const places = this.places()
    for (const id of ids) {
      if (places[id] !== noPlace) continue
      places[id] = this.#ids.length
      this.#ids.push(id)
    }
  }
}

function leavesOf(field: OutputField): readonly OutputField[] {
  if (field.items) return leavesOf(field.items)
  return field.members ? field.members.flatMap(leavesOf) : [field]
}

function isSameField(one: OutputField, other: OutputField): boolean {
  if (one === other) return true
  if (one.name !== other.name || one.kind !== other.kind || one.description !== other.description) return false
  if (one.values === other.values) return true
  return one.values.length === other.values.length && one.values.every((value, i) => value === other.values[i])
}

/** For true and false it is the field's own description that stands near true. */
function hintsOf(field: OutputField, instruction: string): readonly (readonly string[])[] {
  const hints = hintsFor(field.values, instruction)
  if (field.kind !== 'boolean') return hints
  const said = formsOf(`${field.name} ${field.description}`).filter((form) => !isFunctionWord(form))
  return hints.map((lists, i) => (i === 0 ? [...lists, said.join(' ')] : lists))
}

/** The strongest that any text says of a feature and a value; rarity among demonstrations is not yet in it. */
function hintsByFeature(
  lexicon: Lexicon,
  values: readonly string[],
  hints: readonly (readonly string[])[],
): ReadonlyMap<number, Hint> {
  const found = new Map<number, { readonly values: number[]; readonly strengths: number[] }>()
  const raise = (text: string, value: number, strength: number) => {
    for (const form of formsOf(text)) {
      const { ids } = lexicon.word(form)
      const share = isFunctionWord(form) ? constants.functionWord : 1
      const pieces = Math.max(1, ids.length - 1)
      for (const id of ids) {
        const own = lexicon.isPiece(id) ? (strength * constants.pieces) / constants.hint / pieces : strength * share
        const hint = found.get(id)
        if (hint === undefined) found.set(id, { values: [value], strengths: [own] })
        else if (hint.values.at(-1) !== value) {
          hint.values.push(value)
          hint.strengths.push(own)
        } else hint.strengths[hint.strengths.length - 1] = Math.max(hint.strengths.at(-1) as number, own)
      }
    }
  }
  for (const [value, name] of values.entries()) {
    for (const hint of hints[value] ?? []) raise(hint, value, constants.hint)
    raise(spoken(name), value, constants.ownName)
  }
  return found
}

function spoken(value: string): string {
  return value.replace(/[_-]+/g, ' ')
}
