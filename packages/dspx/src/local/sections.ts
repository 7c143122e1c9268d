/**
 * A turn cut into named sections, in each of the styles that prompts are written in: `[[ ## name ## ]]` markers, `## name`
 * headings, a JSON object, XML-like tags, `Label: value` lines. What has no names is one bare section.
 */

/** How a turn names its parts. */
export type SectionStyle = 'markers' | 'headings' | 'json' | 'xml' | 'labelled' | 'bare'

/** A named part of a turn. */
export interface Section {
  readonly name: string
  readonly text: string
}

/** A turn in parts. `before` is what stands in front of the first section. */
export interface SectionedTurn {
  readonly style: SectionStyle
  readonly before: string
  readonly sections: readonly Section[]
}

/** The name of the marker that ends an answer. */
export const completedMarker = 'completed'

/** Cuts a turn by markers, headings, JSON or tags; `undefined` where it has none of them. */
export function structuredSections(text: string): SectionedTurn | undefined {
  return markerSections(text) ?? headingSections(text) ?? jsonSections(text) ?? tagSections(text)
}

/** Cuts a turn at `[[ ## name ## ]]` markers that stand on a line of their own. */
export function markerSections(text: string): SectionedTurn | undefined {
  if (!text.includes('[[ ## ')) return undefined
  return cutAt('markers', text, [...text.matchAll(markerPattern)])
}

/** Cuts a turn that begins with a heading of one word, `## name`, at all of them. */
export function headingSections(text: string): SectionedTurn | undefined {
  return /^\s*## \w+[ \t]*$/m.exec(text.slice(0, 200))?.index === 0
    ? cutAt('headings', text, [...text.matchAll(headingPattern)])
    : undefined
}

function cutAt(style: SectionStyle, text: string, marks: readonly RegExpExecArray[]): SectionedTurn | undefined {
  if (marks.length === 0) return undefined
  const sections = marks.map((mark, i) => ({
    name: (mark[1] as string).trim(),
    text: text.slice(mark.index + mark[0].length, marks[i + 1]?.index ?? text.length).trim(),
  }))
  return { style, before: text.slice(0, marks[0]?.index).trim(), sections }
}

/** The members of a turn that is one JSON object, also inside a code fence. */
export function jsonSections(text: string): SectionedTurn | undefined {
  const object = parseObject(text)
  if (object === undefined) return undefined
  const sections = Object.entries(object).map(([name, value]) => ({ name, text: plainText(value) }))
  return { style: 'json', before: '', sections }
}

/** The tags of a turn that consists of `<name>…</name>` parts. */
export function tagSections(text: string): SectionedTurn | undefined {
  const trimmed = text.trim()
  if (!trimmed.startsWith('<')) return undefined
  const sections = closedParts(trimmed)
  return sections.length > 0 ? { style: 'xml', before: '', sections } : undefined
}

/** Parts between a tag and the tag that closes it, in one pass over the text. */
function closedParts(text: string): Section[] {
  const parts: Section[] = []
  const unclosed = new Set<string>()
  const opening = /<([A-Za-z_][\w-]*)>/g
  for (let match = opening.exec(text); match !== null; match = opening.exec(text)) {
    const name = match[1] as string
    const end = unclosed.has(name) ? -1 : text.indexOf(`</${name}>`, opening.lastIndex)
    if (end < 0) {
      unclosed.add(name)
      continue
    }
    parts.push({ name, text: withoutEntities(text.slice(opening.lastIndex, end).trim()) })
    opening.lastIndex = end
  }
  return parts
}

/** A text in which `<` and `&` may be written as entities. */
function withoutEntities(text: string): string {
  return text.includes('&') ? text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&') : text
}

/** A line that begins with a label. */
export interface LabelLine {
  readonly label: string
  readonly start: number
  /** Where the text after the colon begins. */
  readonly valueStart: number
}

/** Every line of a text that begins as `Label:`; which of them are labels is for the reader to decide. */
export function labelLines(text: string): LabelLine[] {
  const lines: LabelLine[] = []
  for (const match of text.matchAll(labelPattern)) {
    const start = match.index
    lines.push({ label: (match[1] as string).trim(), start, valueStart: start + match[0].length })
  }
  return lines
}

/** Cuts a turn at lines that begin with one of the labels (compared by `fieldKey`). */
export function labelSections(text: string, labels: ReadonlySet<string>): SectionedTurn | undefined {
  const lines = labelLines(text).filter((line) => labels.has(fieldKey(line.label)))
  const first = lines[0]
  if (first === undefined) return undefined
  const sections = lines.map((line, i) => ({
    name: line.label,
    text: text.slice(line.valueStart, lines[i + 1]?.start ?? text.length).trim(),
  }))
  return { style: 'labelled', before: text.slice(0, first.start).trim(), sections }
}

/** A field's name with case, blanks and marks taken away, so that `Urgent Level` and `urgentLevel` are one. */
export function fieldKey(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')
}

/** A JSON value as a person would write it. */
function plainText(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.map(plainText).join(', ')
  return JSON.stringify(value) ?? ''
}

/** The object that a text consists of, also inside a code fence. */
function parseObject(text: string): { readonly [name: string]: unknown } | undefined {
  const inner = text.trim().replace(/^```(?:json)?\s*|\s*```$/g, '')
  if (!inner.startsWith('{') || !inner.endsWith('}')) return undefined
  try {
    const value: unknown = JSON.parse(inner)
    return typeof value === 'object' && value !== null ? (value as { readonly [name: string]: unknown }) : undefined
  } catch {
    return undefined // not JSON: the caller reads the turn as text
  }
}

const markerPattern = /^[ \t]*\[\[ ## (.+?) ## \]\][ \t]*$/gm
const headingPattern = /^[ \t]*## (\w+)[ \t]*$/gm
const labelPattern =
  /^[ \t]*(?:[-*#>]+[ \t]+)?(?:\*\*|__)?([\p{L}][\p{L}\p{N} _./'-]{0,40}?)(?:\*\*|__)?:(?:\*\*)?(?=\s|$)[ \t]*/gmu
