/**
 * What the turns and instructions of prompts say by themselves. Prompts that show other demonstrations to each question have
 * their turns in common, so each is read once. What it remembers changes no reading.
 */

import type { Demonstration } from './demonstrations.ts'
import type { OutputField } from './output-fields.ts'
import { fieldKey, labelLines } from './sections.ts'
import { TextMemory } from './text-memory.ts'
import { countTokens } from './tokens.ts'

/** Readings of one text that differ by what stands around it. */
export const readingsMax = 64

/** A turn by itself. */
export interface KnownTurn {
  readonly text: string
  readonly tokens: number
  /** Keys of what its lines begin with as labels, each once. */
  readonly labels: ReadonlySet<string>
}

/** Readings by text, and for each text by a key of what else they depend on. */
class Readings<T> {
  readonly #texts: TextMemory<Map<string, T>>

  constructor(textsMax?: number) {
    this.#texts = new TextMemory(textsMax === undefined ? {} : { textsMax })
  }

  recall(text: string, key: string, make: () => T): T {
    const readings = this.#texts.recall(text, () => new Map())
    const known = readings.get(key)
    if (known !== undefined) return known
    const made = make()
    if (readings.size >= readingsMax) readings.clear()
    readings.set(key, made)
    return made
  }
}

/** Instructions that are remembered. */
const instructionsMax = 256

/** Remembers for one model. */
export class PromptMemory {
  /** Pairs of turns without labels, by the question, and then by the answer. */
  readonly demonstrations = new Readings<Demonstration>()
  /** Pairs of turns with labels, by the question, and then by the answer and the labels of both. */
  readonly labelled = new Readings<Demonstration>()
  /** What is written inside a system turn, by the names of the inputs. */
  readonly embedded = new Readings<readonly Demonstration[]>(instructionsMax)
  /** What an instruction says of the fields that are asked for, by what is known of their names. */
  readonly fields = new Readings<readonly OutputField[]>(instructionsMax)
  readonly #turns = new TextMemory<KnownTurn>()
  readonly #quoted = new TextMemory<ReadonlySet<string>>({ textsMax: instructionsMax })

  /** A turn by itself. */
  turn(text: string): KnownTurn {
    return this.#turns.recall(text, () => ({
      text,
      tokens: countTokens(text),
      labels: new Set(labelLines(text).map((line) => fieldKey(line.label))),
    }))
  }

  /** Keys of what a system turn puts in quotes. */
  quoted(text: string): ReadonlySet<string> {
    return this.#quoted.recall(text, () => {
      const names = [...text.matchAll(/[`"']([\p{L}][\p{L}\p{N} _-]{0,40})[`"']/gu)]
      return new Set(names.map((match) => fieldKey(match[1] as string)))
    })
  }
}
