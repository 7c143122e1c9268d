/**
 * The XML adapter: every field between `<name>` and `</name>`. `<` and `&` inside a value are written as entities; read are
 * also values that are not escaped, CDATA, attributes, and names in another case.
 */

import { isMedia } from '../signatures/media.ts'
import type { Adapter } from './adapter.ts'
import { valueText } from './field-value.ts'
import { mediaText } from './media-parts.ts'
import { prepareSections, type SectionWriting, writtenFields } from './section-prompt.ts'
import { parseSections, type SectionFormat, sectionReader } from './sections.ts'
import { tagScanner } from './xml-tags.ts'

/** Tags for fields; models of some families follow them best. */
export const xmlAdapter: Adapter = {
  name: 'xml',
  prepare: (signature, demos) => prepareSections(writing, signature, demos),
  render: (signature, demos, inputs) => prepareSections(writing, signature, demos).ask(inputs),
  parse: (signature, text) => parseSections(format, signature, text),
  reader: (signature) => sectionReader(format, signature),
}

const format: SectionFormat = {
  scanner: tagScanner,
  expected: ({ outputs }) => `<${outputs[0]?.name}> with its value`,
}

const element = (name: string, text: string) => `<${name}>\n${text}\n</${name}>`

const writing: SectionWriting = {
  completed: '',
  formatText: ({ inputs, outputs }) => {
    const slots = [...inputs, ...outputs].map(({ name }) => element(name, `{${name}}`))
    return `All messages have this structure, with the values filled in and nothing around it:\n\n${slots.join('\n')}\n\nInside a value, write &lt; for < and &amp; for &.`
  },
  sections: (signature, side, values) =>
    writtenFields(signature[side], values, (field, value) =>
      element(field.name, isMedia(field) ? mediaText(field, value) : escapeText(valueText(field, value))),
    ).join('\n'),
  reminderText: () => '',
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
