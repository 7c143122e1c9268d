/**
 * Finding the tags of outputs while text comes. Inside a field everything is its value up to its closing tag; the tag of
 * another output at the beginning of a line ends it too, unless a closing tag follows later: then nobody can tell.
 */

import { mended } from './repairs.ts'
import type { SectionScanner, Sections } from './sections.ts'

/** A scanner of tags. */
export function tagScanner(sections: Sections): SectionScanner {
  sections.isHeldToClose = true
  return new TagScanner(sections)
}

/** A tag, an entity or the start of CDATA is judged by as many characters: none is longer. */
const tokenCharsMax = 200
const cdataStart = '<![CDATA['
const cdataEnd = ']]>'

class TagScanner implements SectionScanner {
  readonly #sections: Sections
  /** What came and was not judged yet. */
  #held = ''
  #field: string | undefined
  #isInCdata = false
  #isLineStart = true
  /** Fields that another field's tag ended. */
  readonly #unclosed = new Set<string>()

  constructor(sections: Sections) {
    this.#sections = sections
  }

  push(text: string): void {
    this.#scan(this.#held + text, false)
  }

  end(): void {
    const held = this.#cutMark()
    if (held !== '') mended(this.#sections.repairs, this.#field ?? '(all)', 'a mark that was cut off was left out')
    this.#scan(this.#held.slice(0, this.#held.length - held.length), true)
    if (this.#field !== undefined) mended(this.#sections.repairs, this.#field, 'no closing tag')
  }

  /** What there is of a closing tag or an entity in which the answer ended. */
  #cutMark(): string {
    const held = this.#held
    const field = this.#field
    if (field === undefined || this.#isInCdata) return ''
    return `</${field}>`.startsWith(held) || cutEntity.test(held) ? held : ''
  }

  #scan(text: string, isEnd: boolean): void {
    let at = 0
    while (at < text.length) {
      const next = this.#isInCdata ? text.indexOf(cdataEnd, at) : nextToken(text, at)
      const plainEnd = next < 0 ? this.#plainEnd(text, isEnd) : next
      if (plainEnd > at) this.#text(text.slice(at, plainEnd))
      at = Math.max(at, plainEnd)
      if (next < 0) break
      const length = this.#token(text.slice(at, at + tokenCharsMax), isEnd)
      if (length === 0) break
      at += length
    }
    this.#held = text.slice(at)
  }

  /** Up to where text is certain when no token follows: the end of CDATA may have begun. */
  #plainEnd(text: string, isEnd: boolean): number {
    if (!this.#isInCdata || isEnd) return text.length
    return text.endsWith(']]') ? text.length - 2 : text.endsWith(']') ? text.length - 1 : text.length
  }

  /** Takes the token that `head` begins with; its length, or 0 when more has to come first. */
  #token(head: string, isEnd: boolean): number {
    if (this.#isInCdata) {
      this.#isInCdata = false
      return cdataEnd.length
    }
    if (!isEnd && head.length < tokenCharsMax && mayGoOn(head)) return 0
    if (head[0] === '&') return this.#entity(head)
    if (head.startsWith(cdataStart) && this.#field !== undefined) {
      this.#isInCdata = true
      return cdataStart.length
    }
    const tag = /^<(\/?)([A-Za-z_][\w.-]*)(?:\s[^<>]*)?(\/?)>/.exec(head)
    if (tag === null || !this.#tag(tag[2] as string, tag[1] === '/')) {
      this.#text('<')
      return 1
    }
    return tag[0].length
  }

  /** Whether a tag is a mark; then it was taken. */
  #tag(given: string, isClosing: boolean): boolean {
    const sections = this.#sections
    const field = this.#field
    const name = sections.outputOf(given)
    if (name === undefined) {
      if (field === undefined && !isClosing) mended(sections.repairs, given.slice(0, 64), 'no output field; left out')
      return field === undefined
    }
    if (isClosing) return this.#closing(name)
    if (field === undefined) {
      sections.open(given)
      this.#field = name
      return true
    }
    if (name === field || sections.has(name) || !this.#isLineStart) return false
    mended(sections.repairs, field, `no closing tag before <${given}>`)
    this.#unclosed.add(field)
    sections.open(given)
    this.#field = name
    return true
  }

  #closing(name: string): boolean {
    const sections = this.#sections
    const field = this.#field
    if (name === field) {
      sections.close({})
      this.#field = undefined
      return true
    }
    if (this.#unclosed.has(name))
      sections.fault(name, `one closing tag </${name}>, and no tag of another field before it`)
    else if (field === undefined && sections.has(name)) sections.fault(name, `one closing tag </${name}>`)
    return field === undefined
  }

  #entity(head: string): number {
    const match = /^&(?:(lt|gt|amp|quot|apos)|#(\d{1,7})|#[xX]([\dA-Fa-f]{1,6}));/.exec(head)
    const code = match?.[2] ? Number(match[2]) : match?.[3] ? Number.parseInt(match[3], 16) : undefined
    if (match === null || (code !== undefined && code > 0x10ffff)) {
      this.#text('&')
      return 1
    }
    this.#text(
      code === undefined ? (entities[match[1] as keyof typeof entities] as string) : String.fromCodePoint(code),
    )
    return match[0].length
  }

  #text(text: string): void {
    if (this.#field !== undefined) this.#sections.add(text)
    const lineEnd = text.lastIndexOf('\n')
    const last = text.slice(lineEnd + 1)
    this.#isLineStart = last.trim() === '' && (lineEnd >= 0 || this.#isLineStart)
  }
}

const entities = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

const cutEntity = /^&(?:lt?|gt?|am?p?|ap?o?s?|qu?o?t?|#\d{0,7}|#[xX][\dA-Fa-f]{0,6})?$/

function nextToken(text: string, at: number): number {
  const found = /[<&]/g
  found.lastIndex = at
  return found.exec(text)?.index ?? -1
}

/** Whether what comes next may complete a tag, an entity or the start of CDATA. */
function mayGoOn(head: string): boolean {
  if (head[0] === '&') return /^&(?:[a-z]{0,4}|#\d{0,7}|#[xX][\dA-Fa-f]{0,6})$/.test(head)
  return cdataStart.startsWith(head) || /^<\/?(?:[A-Za-z_][\w.-]*(?:\s[^<>]*)?)?$/.test(head)
}
