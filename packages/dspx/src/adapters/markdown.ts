/**
 * The Markdown adapter: every field under a heading `## name`, every answer ended by `## completed`. Only headings with
 * the name of an output are marks, so that a value may have headings of its own; one that reads like a mark is escaped.
 */

import { isMedia } from '../signatures/media.ts'
import type { Signature } from '../signatures/signature.ts'
import type { Adapter } from './adapter.ts'
import { nameReading } from './answer-outputs.ts'
import { valueText } from './field-value.ts'
import { completedName, escapeLines, type LineMark, type LineMarks, lineScanner } from './line-marks.ts'
import { mediaText } from './media-parts.ts'
import { prepareSections, type SectionWriting, writtenFields } from './section-prompt.ts'
import { parseSections, type SectionFormat, sectionReader } from './sections.ts'

/** Headings for fields; close to how models write by themselves. */
export const markdownAdapter: Adapter = {
  name: 'markdown',
  prepare: (signature, demos) => prepareSections(writing, signature, demos),
  render: (signature, demos, inputs) => prepareSections(writing, signature, demos).ask(inputs),
  parse: (signature, text) => parseSections(format, signature, text),
  reader: (signature) => sectionReader(format, signature),
}

const heading = (name: string) => `## ${name}`
const completed = heading(completedName)

const marks: LineMarks = { firstCharacters: '#*', completed, read: readMark, cut: /^#{1,2}[ \t]*(\w*)$/ }

const format: SectionFormat = {
  scanner: (sections) => lineScanner(marks, sections),
  expected: ({ outputs }) => `the heading ${heading(outputs[0]?.name ?? '')} and its value`,
}

const writing: SectionWriting = {
  completed,
  formatText: ({ inputs, outputs }) => {
    const slots = [...inputs, ...outputs].map(({ name }) => `${heading(name)}\n{${name}}`)
    return `All messages are Markdown of this structure, with the values filled in:\n\n${slots.join('\n\n')}\n\n${completed}`
  },
  sections: (signature, side, values) => {
    const isKnown = knownNames(signature, side)
    return writtenFields(signature[side], values, (field, value) => {
      const text = isMedia(field) ? mediaText(field, value) : escapeLines(marks, valueText(field, value), isKnown)
      return `${heading(field.name)}\n${text}`
    }).join('\n\n')
  },
  reminderText: ({ outputs }) => {
    const names = outputs.map(({ name }) => `\`${heading(name)}\``).join(', then ')
    return `Respond with the output fields under their headings: ${names}, and end with \`${completed}\`.`
  },
}

/** An answer is read by the names of outputs only; in a question, no line should look like any field. */
function knownNames(signature: Signature, side: 'inputs' | 'outputs'): (name: string) => boolean {
  const read = nameReading(signature)
  const isInput = (name: string) => side === 'inputs' && signature.inputs.some((field) => field.name === name)
  return (name) => read(name) !== undefined || isInput(name)
}

/** `## name`, and as models write it too: other levels, `**name:** value`, a value behind a colon. */
function readMark(line: string, isKnown: (name: string) => boolean): LineMark | undefined {
  const match =
    /^(#{1,6}[ \t]+|(?=\*\*))[*_`]{0,3}([A-Za-z][\w -]{0,70}?)(:?)[*_`]{0,3}(:?)(?:[ \t]+#+)?([ \t\r].*)?$/s.exec(line)
  if (!match) return undefined
  const [, hashes, name, inner, outer, rest = ''] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string?,
  ]
  const hasColon = inner !== '' || outer !== ''
  if (!hasColon && rest.trim() !== '') return undefined
  if (name.toLowerCase() !== completedName && !isKnown(name)) return undefined
  return { name, rest, isOdd: hashes.trimEnd() !== '##' || hasColon || line[hashes.length] !== name[0] }
}
