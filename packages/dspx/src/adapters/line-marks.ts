/**
 * Formats whose marks are lines (chat markers, Markdown headings): finding the marks while text comes, and escaping
 * lines of a value that would be read as one. An escaped line has a backslash more in front of its first mark.
 */

import { mended } from './repairs.ts'
import type { SectionScanner, Sections } from './sections.ts'

/** A line that begins a section. */
export interface LineMark {
  readonly name: string
  /** Text of the section on the same line. */
  readonly rest: string
  /** True when a model wrote the mark in a way of its own. */
  readonly isOdd?: boolean
}

/** How the marks of a format look. */
export interface LineMarks {
  /** The characters with which a mark may begin, after spaces and backslashes; no letters or digits. */
  readonly firstCharacters: string
  /** The mark that a line without space in front is, if it is one. `isKnown` tells whether a name is an output's. */
  read(line: string, isKnown: (name: string) => boolean): LineMark | undefined
  /** The mark that ends an answer, as the format writes it. */
  readonly completed: string
  /** Matches the beginning of a mark that is not whole, with what there is of its name. */
  readonly cut: RegExp
}

/** The name of the mark that ends an answer; no field may have it. */
export const completedName = 'completed'

/** Text of a value in which no line is read as a mark. */
export function escapeLines(marks: LineMarks, text: string, isKnown: (name: string) => boolean): string {
  if (![...marks.firstCharacters].some((character) => text.includes(character))) return text
  const lines = text.split('\n').map((line) => {
    const spaced = line.trimStart()
    const count = backslashesOf(spaced)
    const space = line.slice(0, line.length - spaced.length)
    return marks.read(spaced.slice(count, count + markCharsMax), isKnown) ? `${space}\\${spaced}` : line
  })
  return lines.join('\n')
}

/** A line is judged by as many characters after its spaces and backslashes: a mark is not longer. */
const markCharsMax = 200

/** A scanner of lines. */
export function lineScanner(marks: LineMarks, sections: Sections): SectionScanner {
  return new LineScanner(marks, sections)
}

/** What of a line came so far: it is judged once its body is long enough, cannot be a mark, or has ended. */
class LineScanner implements SectionScanner {
  readonly #marks: LineMarks
  readonly #sections: Sections
  readonly #isKnown: (name: string) => boolean
  #part: 'space' | 'backslashes' | 'body' | 'judged' = 'space'
  #space = ''
  #backslashes = 0
  #body = ''
  /** The end of what stands in front of the first mark, to see whether a code fence opens there. */
  #before = ''
  #isOpen = false
  #isDone = false
  #isFenced = false

  constructor(marks: LineMarks, sections: Sections) {
    this.#marks = marks
    this.#sections = sections
    this.#isKnown = (name) => sections.outputOf(name) !== undefined
  }

  push(given: string): void {
    let at = 0
    while (!this.#isDone && at < given.length) {
      const newline = given.indexOf('\n', at)
      if (newline >= 0 && this.#isFresh && isPlain(given.charCodeAt(at))) {
        this.#text(given.slice(at, newline + 1))
        at = newline + 1
        continue
      }
      this.#take(given.slice(at, newline < 0 ? undefined : newline))
      if (newline >= 0) this.#endLine()
      at = newline < 0 ? given.length : newline + 1
    }
  }

  end(): void {
    if (this.#isDone) return
    if (this.#part === 'body' && this.#isCutMark())
      mended(this.#sections.repairs, '(all)', 'a mark that was cut off was left out')
    else if (this.#part !== 'judged') this.#judge()
    if (this.#isDone || !this.#isOpen) return
    mended(this.#sections.repairs, '(all)', `no ${this.#marks.completed} at the end`)
  }

  /** True at the beginning of a line. */
  get #isFresh(): boolean {
    return this.#part === 'space' && this.#space === ''
  }

  #take(piece: string): void {
    let rest = piece
    if (this.#part === 'space') {
      const spaced = rest.trimStart()
      this.#space += rest.slice(0, rest.length - spaced.length)
      rest = spaced
      if (rest !== '') this.#part = 'backslashes'
    }
    if (this.#part === 'backslashes') {
      const count = backslashesOf(rest)
      this.#backslashes += count
      rest = rest.slice(count)
      if (rest !== '') this.#part = 'body'
    }
    if (rest === '') return
    if (this.#part === 'judged') {
      this.#text(rest)
      return
    }
    this.#body += rest
    if (this.#body.length >= markCharsMax || !this.#mayBeMark()) this.#judge()
  }

  /** Whether the answer ended inside of a mark: what there is of it is no part of the value before. */
  #isCutMark(): boolean {
    if (!this.#isOpen || this.#backslashes > 0) return false
    const found = this.#marks.cut.exec(this.#body)
    const name = found?.[1]?.toLowerCase() ?? ''
    const isWhole = found !== null && this.#marks.read(this.#body, this.#isKnown) !== undefined
    return found !== null && !isWhole && (completedName.startsWith(name) || this.#sections.beginsOutput(name))
  }

  #endLine(): void {
    if (this.#part !== 'judged') this.#judge()
    if (!this.#isDone) this.#text('\n')
    this.#part = 'space'
    this.#space = ''
    this.#backslashes = 0
    this.#body = ''
  }

  #judge(): void {
    const space = this.#space
    const backslashes = this.#backslashes
    const body = this.#body
    this.#part = 'judged'
    const mark = this.#marks.read(body.slice(0, markCharsMax), this.#isKnown)
    if (mark !== undefined && backslashes === 0) {
      this.#begin({ ...mark, rest: mark.rest + body.slice(markCharsMax) })
      return
    }
    const line = `${space}${'\\'.repeat(mark === undefined ? backslashes : backslashes - 1)}${body}`
    if (this.#isFenced && this.#isOpen && line.trim() === '```') this.#sections.addSpace(line)
    else this.#text(line)
  }

  #begin(mark: LineMark): void {
    const sections = this.#sections
    this.#isFenced ||= !this.#isOpen && /```[\w-]*\s*$/.test(this.#before)
    this.#isOpen = true
    if (mark.name.toLowerCase() === completedName) {
      this.#isDone = true
      sections.close({})
      return
    }
    sections.open(mark.name)
    if (mark.isOdd) mended(sections.repairs, mark.name, 'a mark of another form was read')
    sections.add(mark.rest)
  }

  #text(text: string): void {
    if (this.#isOpen) this.#sections.add(text)
    else this.#before = (this.#before + text).slice(-markCharsMax)
  }

  /** Whether the line may still turn out to be a mark, or the end of a code fence around it all. */
  #mayBeMark(): boolean {
    const first = this.#body[0] as string
    return this.#marks.firstCharacters.includes(first) || (this.#isFenced && /^`{1,3}\s*$/.test(this.#body))
  }
}

/** Whether a line that begins so is no mark, as nearly all are: a letter, a digit, or nothing at all. */
function isPlain(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 10
}

function backslashesOf(text: string): number {
  let count = 0
  while (text[count] === '\\') count += 1
  return count
}
