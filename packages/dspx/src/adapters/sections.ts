/**
 * Answers cut into named sections while they come: what the formats with marks (chat, XML, Markdown) have in common.
 * A format finds the marks; here is what a section's text is, which section counts, and what is certain by now.
 */

import type { Signature } from '../signatures/signature.ts'
import { checkOutputs, nameReading, refuseCut, unmarkedOutputs } from './answer-outputs.ts'
import {
  type AnswerReader,
  answerCharsMax,
  type FieldDelta,
  gatheringReader,
  type ReadAnswer,
} from './answer-reader.ts'
import { answerTooLong, unparsableAnswer } from './errors.ts'
import { valueOfText } from './field-value.ts'
import { mended, type Repairs } from './repairs.ts'

/** Cuts one answer; `end` is called once, after the last piece. */
export interface SectionScanner {
  push(text: string): void
  end(): void
}

/** A format with marks. */
export interface SectionFormat {
  /** A scanner that tells `sections` what it finds. */
  scanner(sections: Sections): SectionScanner
  /** What an answer must hold, when it holds no mark at all. */
  readonly expected: (signature: Signature) => string
}

/** The outputs in a whole answer. Throws: `dspx/unparsable-answer`. */
export function parseSections(format: SectionFormat, signature: Signature, text: string): ReadAnswer {
  if (text.length > answerCharsMax) throw answerTooLong(signature.name, answerCharsMax, text.length)
  const sections = new Sections(signature, { givesDeltas: false })
  const scanner = format.scanner(sections)
  scanner.push(text)
  scanner.end()
  sections.close({ isCut: true })
  if (sections.isEmpty) return unmarkedOutputs(signature, text, format.expected(signature))
  return sections.outputs()
}

/** A reader of answers in a format with marks. */
export function sectionReader(format: SectionFormat, signature: Signature): AnswerReader {
  const sections = new Sections(signature, { givesDeltas: true })
  const scanner = format.scanner(sections)
  const parse = (whole: string) => parseSections(format, signature, whole)
  return gatheringReader(signature.name, parse, (text) => {
    scanner.push(text)
    return sections.takeDeltas()
  })
}

interface FoundText {
  readonly text: string
  readonly isCut: boolean
}

/** What was found in an answer so far. A scanner opens a section, adds its text and closes it. */
export class Sections {
  readonly repairs: Repairs = []
  /** True when every section has a closing mark, so that one without was cut off. */
  isHeldToClose = false
  readonly #read: (name: string) => string | undefined
  readonly #signature: Signature
  readonly #found = new Map<string, FoundText>()
  readonly #faults = new Map<string, string>()
  /** What is certain since it was last taken; absent where nobody takes it. */
  #deltas: FieldDelta[] | undefined
  #name: string | undefined
  #text = ''
  #isStarted = false
  /** Space at the end of what was added: it counts only when more follows. */
  #space = ''
  /** What may still be the placeholder of the prompt, `{name}`. */
  #placeholder = ''

  constructor(signature: Signature, options: { readonly givesDeltas: boolean }) {
    this.#signature = signature
    if (options.givesDeltas) this.#deltas = []
    this.#read = nameReading(signature)
  }

  /** True while no section of an output was found. */
  get isEmpty(): boolean {
    return this.#found.size === 0 && this.#faults.size === 0
  }

  /** The output that a name means, if it means one. */
  outputOf(name: string): string | undefined {
    return this.#read(name)
  }

  /** Whether the name of an output begins so, in lower case. */
  beginsOutput(name: string): boolean {
    return this.#signature.outputs.some((field) => field.name.toLowerCase().startsWith(name))
  }

  /** Whether an output was read already. */
  has(name: string): boolean {
    return this.#found.has(name)
  }

  /** Begins a section, after closing the one before. A name that is no output, or was read, begins one that is left out. */
  open(given: string): void {
    this.close({})
    const name = this.#read(given)
    if (name === undefined) {
      const isInput = this.#signature.inputs.some((field) => field.name === given)
      mended(this.repairs, given, isInput ? 'an input stood in the answer; left out' : 'no output field; left out')
      return
    }
    if (this.#found.has(name)) {
      mended(this.repairs, name, 'stood there again; the first was read')
      return
    }
    if (name !== given) mended(this.repairs, name, `read ${JSON.stringify(given)} as its name`)
    this.#name = name
  }

  /** Adds text to the open section, if one is open. */
  add(text: string): void {
    if (this.#name === undefined || text === '') return
    const rest = this.#isStarted ? text : text.trimStart()
    const content = rest.trimEnd()
    if (content !== '') {
      const more = this.#space === '' ? content : this.#space + content
      this.#space = ''
      if (!this.#isStarted && content[0] !== '{') this.#give(more)
      else if (this.#isStarted && this.#placeholder === '') this.#give(more)
      else this.#giveUnlessPlaceholder(this.#placeholder + more)
      this.#isStarted = true
    }
    if (this.#isStarted && content.length < rest.length) this.#space += rest.slice(content.length)
  }

  /** Adds text that counts only when more follows, as space does. */
  addSpace(text: string): void {
    if (this.#name === undefined) return
    if (this.#isStarted || text.trim() === '') this.#space += this.#isStarted ? text : ''
    else this.add(text)
  }

  /** Ends the open section. A cut one ended with the answer, without its closing mark. */
  close({ isCut = false }: { readonly isCut?: boolean }): void {
    const name = this.#name
    const placeholder = this.#placeholder
    if (name === undefined) return
    const isEcho = placeholder !== '' && placeholder === `{${name}}`
    if (!isEcho && placeholder !== '') this.#give(placeholder)
    if (isEcho) mended(this.repairs, name, 'the placeholder of the prompt stood there; left out')
    else this.#found.set(name, { text: this.#text, isCut: isCut && this.isHeldToClose })
    this.#name = undefined
    this.#text = ''
    this.#isStarted = false
    this.#space = ''
    this.#placeholder = ''
  }

  /** Remembers that a section cannot be what it seems. */
  fault(name: string, expected: string): void {
    this.#faults.set(name, expected)
  }

  /** What is certain since it was last asked. */
  takeDeltas(): readonly FieldDelta[] {
    const deltas = this.#deltas ?? []
    if (deltas.length > 0) this.#deltas = []
    return deltas
  }

  /** Throws: `dspx/unparsable-answer`. */
  outputs(): ReadAnswer {
    const { repairs } = this
    const signature = this.#signature
    return checkOutputs(signature, {
      repairs,
      valueOf: (field) => {
        const fault = this.#faults.get(field.name)
        const found = this.#found.get(field.name)
        if (fault !== undefined) throw unparsableAnswer(signature.name, field.name, fault, found?.text)
        if (found === undefined || (field.optional && field.kind !== 'text' && found.text === '')) return undefined
        if (found.isCut) refuseCut(signature, field, found.text)
        return valueOfText(field, found.text, repairs)
      },
    })
  }

  #giveUnlessPlaceholder(text: string): void {
    this.#placeholder = `{${this.#name}}`.startsWith(text) ? text : ''
    if (this.#placeholder === '') this.#give(text)
  }

  #give(text: string): void {
    this.#text += text
    const deltas = this.#deltas
    if (deltas === undefined) return
    const last = deltas.at(-1)
    if (last !== undefined && last.field === this.#name) {
      deltas[deltas.length - 1] = { field: last.field, text: last.text + text }
    } else deltas.push({ field: this.#name as string, text })
  }
}
