/**
 * Where a prompt stops being constant: the last user turn, and, when everything stands in one turn, the last record of
 * it. Reading that live part is done at every call, so it is kept cheap.
 */

import { allowedValuesIn } from './allowed-values.ts'
import {
  completedMarker,
  fieldKey,
  headingSections,
  jsonSections,
  type LabelLine,
  labelLines,
  markerSections,
  type Section,
  type SectionedTurn,
  type SectionStyle,
  tagSections,
} from './sections.ts'
import type { Turn } from './turns.ts'

/** A prompt cut in two. */
export interface SplitPrompt {
  /** What stays the same from call to call: system turns, demonstrations, the head of a single turn. */
  readonly constant: readonly Turn[]
  /** What is asked now. */
  readonly live: string
  /** True when the live part was cut out of a turn, where it opens with a label of its own. */
  readonly isRecord: boolean
}

/** What is asked now, in parts. */
export interface LivePart {
  readonly style: SectionStyle
  readonly inputs: readonly Section[]
  /** The output fields that the live part itself names, in order. */
  readonly asked: readonly string[]
  /** True when the text ends with an output's label, so that the answer goes on from there. */
  readonly continues: boolean
  /** Sentences around the inputs that say how to answer. */
  readonly remarks: string
}

/** The text of an input, its sections joined. */
export function joinInputs(sections: readonly Section[]): string {
  return sections.length === 1 ? (sections[0] as Section).text : sections.map((section) => section.text).join('\n')
}

/** The live part of a prompt that has nothing else: its own words say what to do. */
export function asOwnInstruction(live: LivePart): LivePart {
  const text = joinInputs(live.inputs)
  return live.style === 'bare' && live.remarks === '' ? { ...live, remarks: text } : live
}

/** Cuts a prompt before its last user turn, or inside it where it holds demonstrations of its own. */
export function splitPrompt(turns: readonly Turn[]): SplitPrompt {
  const last = questionTurn(turns)
  if (last < 0) return { constant: turns, live: '', isRecord: false }
  const constant = turns.slice(0, last)
  const text = (turns[last] as Turn).text
  const cut = constant.some((turn) => turn.role === 'assistant') ? 0 : liveStart(text, constant.length === 0)
  if (cut === 0) return { constant, live: text, isRecord: false }
  const head: Turn = { role: 'system', text: text.slice(0, cut) }
  return { constant: [...constant, head], live: text.slice(cut), isRecord: true }
}

/** Reads the live part. `known` are the keys of names that the constant part speaks of as labels. */
export function readLive(text: string, known: ReadonlySet<string>, isRecord = false): LivePart {
  const marked = markerSections(text) ?? headingSections(text)
  if (marked) return markedLive(marked)
  const structured = jsonSections(text) ?? closedTags(text)
  if (structured)
    return { style: structured.style, inputs: structured.sections, asked: [], continues: false, remarks: '' }
  return labelledLive(text, isRecord ? withOpening(text, known) : known)
}

/**
 * The turn that is asked: the last of the user, or the one before where all others have structure and the last has
 * none, because then it speaks of the answer between them ("could not be read, answer again").
 */
function questionTurn(turns: readonly Turn[]): number {
  const last = turns.findLastIndex((turn) => turn.role === 'user')
  if (last < 2 || hasStructure((turns[last] as Turn).text)) return last
  const before = turns.findLastIndex((turn, i) => i < last && turn.role === 'user')
  return before >= 0 && hasStructure((turns[before] as Turn).text) ? before : last
}

function hasStructure(text: string): boolean {
  return text.includes('[[ ## ') || /^\s*(?:[{<]|## \w)/.test(text)
}

/** The label that a record opens with is one, also where the constant part never speaks of it. */
function withOpening(text: string, known: ReadonlySet<string>): ReadonlySet<string> {
  const opening = text.includes(':') ? labelLines(text)[0] : undefined
  return opening?.start === 0 ? new Set([...known, fieldKey(opening.label)]) : known
}

function markedLive({ style, before, sections }: SectionedTurn): LivePart {
  const inputs: Section[] = []
  const asked: string[] = []
  let remarks = before
  for (const section of sections) {
    if (section.name === completedMarker) continue
    const { kept, remark } = cutRemark(section.text)
    if (remark !== '') {
      remarks = remarks === '' ? remark : `${remarks}\n${remark}`
      for (const match of remark.matchAll(/`(?:\[\[ ## (.+?) ## \]\]|## (\w+))`/g)) {
        const name = (match[1] ?? match[2]) as string
        if (name !== completedMarker) asked.push(name)
      }
    }
    inputs.push({ name: section.name, text: kept })
  }
  return { style, inputs, asked, continues: false, remarks }
}

/** A last paragraph that says how to respond is no input. */
function cutRemark(text: string): { kept: string; remark: string } {
  const match = /(?:^|\n\n)((?:Respond|Answer|Reply|Return|Output)\b[^\n]*(?:\[\[ ## |JSON|`)[\s\S]*)$/.exec(text)
  return match ? { kept: text.slice(0, match.index).trim(), remark: match[1] as string } : { kept: text, remark: '' }
}

function closedTags(text: string): { style: SectionStyle; sections: readonly Section[] } | undefined {
  const tagged = tagSections(text)
  return tagged && text.trim().endsWith('>') ? tagged : undefined
}

function labelledLive(text: string, known: ReadonlySet<string>): LivePart {
  const lines = text.includes(':') ? labelLines(text).filter((line) => isLabel(text, line, known)) : []
  if (lines.length === 0)
    return { style: 'bare', inputs: [{ name: '', text: text.trim() }], asked: [], continues: false, remarks: '' }
  const inputs: Section[] = []
  const asked: string[] = []
  for (const [i, line] of lines.entries()) {
    const value = text.slice(line.valueStart, lines[i + 1]?.start ?? text.length).trim()
    if (value === '') asked.push(line.label)
    else inputs.push({ name: line.label, text: value })
  }
  const lastLine = lines.at(-1) as LabelLine
  const continues = text.slice(lastLine.valueStart).trim() === ''
  return { style: 'labelled', inputs, asked, continues, remarks: text.slice(0, lines[0]?.start).trim() }
}

/** A label is known, opens a record that was cut out of a turn, or stands alone at the end. */
function isLabel(text: string, line: LabelLine, known: ReadonlySet<string>): boolean {
  return known.has(fieldKey(line.label)) || !hasText(text, line)
}

/** Where the last record of a turn begins; 0 when the whole turn is asked. */
function liveStart(text: string, isWholePrompt: boolean): number {
  if (text.includes('[[ ## ')) return markedStart(text)
  const lines = text.includes(':') ? labelLines(text) : []
  const start = lines.length === 0 ? taggedStart(text) : labelledStart(text, lines, isWholePrompt)
  return start === 0 && isWholePrompt ? afterValues(text) : start
}

function markedStart(text: string): number {
  const marks = [...text.matchAll(/^[ \t]*\[\[ ## (.+?) ## \]\][ \t]*$/gm)]
  const end = marks.findLastIndex((mark) => mark[1] === completedMarker)
  return marks[end + 1]?.index ?? 0
}

function taggedStart(text: string): number {
  const closing = /<\/([A-Za-z_][\w-]*)>\s*$/.exec(text.slice(-200))
  return closing ? Math.max(0, text.lastIndexOf(`<${closing[1]}>`)) : 0
}

function labelledStart(text: string, lines: readonly LabelLine[], isWholePrompt: boolean): number {
  const counts = new Map<string, number>()
  for (const line of lines) counts.set(fieldKey(line.label), (counts.get(fieldKey(line.label)) ?? 0) + 1)
  const repeated = lines.filter((line) => (counts.get(fieldKey(line.label)) as number) > 1)
  const asks = !hasText(text, lines.at(-1) as LabelLine)
  if (repeated.length === 0 && !asks && !isWholePrompt) return 0
  const candidates = repeated.length > 0 ? repeated : lines
  const opening = candidates.findLast(
    (line) => line.start > 0 && startsParagraph(text, line.start) && hasText(text, line),
  )
  if (opening) return opening.start
  const first = candidates[0] as LabelLine
  return repeated.length > 0
    ? (repeated.findLast((line) => line.label === first.label) as LabelLine).start
    : first.start
}

function startsParagraph(text: string, start: number): boolean {
  return start === 0 || /(?:\n[ \t]*|---[ \t]*|^#[^\n]*)\n$/m.test(text.slice(Math.max(0, start - 80), start))
}

/** A task in one breath: what comes after the sentence that lists the values is the input. */
function afterValues(text: string): number {
  for (const match of text.matchAll(/\n\s*\n|\n|:\s|[?.]\s/g)) {
    const end = match.index + match[0].length
    if (end < text.length && allowedValuesIn(text.slice(0, match.index + 1)) !== undefined) return end
  }
  return 0
}

/** A label alone at the end opens no record: it asks for the answer. */
function hasText(text: string, line: LabelLine): boolean {
  return /\S/.test(text.slice(line.valueStart))
}
