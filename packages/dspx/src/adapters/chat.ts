/**
 * The chat adapter: every field under a marker `[[ ## name ## ]]`, every answer ended by `[[ ## completed ## ]]`.
 *
 * Source: DSPy's ChatAdapter (Khattab et al., 2024). Differs: markers inside values are escaped, allowed values are
 * listed once, an answer that cannot be read never leads to a second call by another adapter, and what was mended is
 * said.
 */

import { isMedia } from '../signatures/media.ts'
import type { Signature } from '../signatures/signature.ts'
import type { Adapter } from './adapter.ts'
import { valueText } from './field-value.ts'
import { completedName, escapeLines, type LineMarks, lineScanner } from './line-marks.ts'
import { mediaText } from './media-parts.ts'
import { prepareSections, type SectionWriting, writtenFields } from './section-prompt.ts'
import { parseSections, type SectionFormat, sectionReader } from './sections.ts'

/** Markers for fields; works with every model that follows a format. */
export const chatAdapter: Adapter = {
  name: 'chat',
  prepare: (signature, demos) => prepareSections(writing, signature, demos),
  render: (signature, demos, inputs) => prepareSections(writing, signature, demos).ask(inputs),
  parse: (signature, text) => parseSections(format, signature, text),
  reader: (signature) => sectionReader(format, signature),
}

const marker = (name: string) => `[[ ## ${name} ## ]]`
const completed = marker(completedName)

const marks: LineMarks = {
  firstCharacters: '[',
  completed,
  cut: /^\[(?:\[[ \t]*(?:#(?:#[ \t]*(?:([A-Za-z]\w*)[ \t]*(?:#(?:#[ \t]*\]?)?)?)?)?)?)?$/,
  read: (line) => {
    const match = /^\[\[[ \t]*##[ \t]*([A-Za-z]\w*)[ \t]*##[ \t]*\]\]/.exec(line)
    return match ? { name: match[1] as string, rest: line.slice(match[0].length) } : undefined
  },
}

const format: SectionFormat = {
  scanner: (sections) => lineScanner(marks, sections),
  expected: ({ outputs }) => `the marker ${marker(outputs[0]?.name ?? '')} and its value`,
}

const anyName = () => true

const writing: SectionWriting = {
  completed,
  formatText: ({ inputs, outputs }) => {
    const slots = [...inputs, ...outputs].map(({ name }) => `${marker(name)}\n{${name}}`)
    return `All messages have this structure, with the values filled in:\n\n${slots.join('\n\n')}\n\n${completed}`
  },
  sections: (signature, side, values) =>
    writtenFields(signature[side], values, (field, value) => {
      const text = isMedia(field) ? mediaText(field, value) : escapeLines(marks, valueText(field, value), anyName)
      return `${marker(field.name)}\n${text}`
    }).join('\n\n'),
  reminderText,
}

function reminderText({ outputs }: Signature): string {
  const [first, ...others] = outputs.map(({ name }) => `\`${marker(name)}\``)
  const then = others.map((one) => `, then ${one}`).join('')
  return `Respond with the corresponding output fields, starting with the field ${first}${then}, and then ending with the marker for \`${completed}\`.`
}
