/**
 * Reading a prompt: what is asked, by which examples, in which format. Any tool may have rendered it; the reader goes by
 * what stands there and asks for no convention of ours.
 */

import { type Demonstration, embeddedDemonstrations, pairedDemonstrations } from './demonstrations.ts'
import type { KnownTurns } from './known-turns.ts'
import type { LivePart } from './live-part.ts'
import { type FieldSource, type OutputField, outputFields } from './output-fields.ts'
import type { PromptMemory } from './prompt-memory.ts'
import type { SectionStyle } from './sections.ts'

/** How the answer is to be written. */
export interface AnswerFormat {
  readonly style: SectionStyle
  /** The first field's label already stands at the end of the prompt. */
  readonly continues: boolean
}

/** The constant part of a prompt, understood. */
export interface TaskReading {
  /** Instruction and demonstrations, from which the fields were read. */
  readonly source: FieldSource
  readonly fields: readonly OutputField[]
  readonly format: AnswerFormat
}

/** What is known of the answer besides the prompt's words. */
export interface AnswerRequest {
  readonly json: boolean
  readonly schema?: unknown
}

/** A prompt cut in two, its live part read. */
export interface AskedPrompt {
  readonly constant: KnownTurns
  readonly live: LivePart
}

/** Understands the constant part of a prompt, in the light of how the live part is written. */
export function readTask(asked: AskedPrompt, request: AnswerRequest, memory: PromptMemory): TaskReading {
  const { constant, live } = asked
  const { system } = constant
  const inputNames = live.inputs.map((section) => section.name)
  const embedded = system.flatMap((text) =>
    memory.embedded.recall(text, JSON.stringify(inputNames), () => embeddedDemonstrations(text, inputNames)),
  )
  const demonstrations = [...embedded, ...pairedDemonstrations(constant, memory)]
  const instruction = [...system.map((text) => withoutRecords(text, embedded)), live.remarks].filter(Boolean).join('\n')
  const source = {
    instruction,
    demonstrations,
    asked: live.asked,
    inputNames,
    ...(request.schema !== undefined && { schema: request.schema }),
  }
  const fields = outputFields(source, memory)
  return { source, fields, format: formatOf({ live, request, demonstrations, instruction, fields }) }
}

/** The same task with only its newest demonstrations: what fell out of the context is not known at all. */
export function keepNewest(reading: TaskReading, kept: number, memory: PromptMemory): TaskReading {
  const { demonstrations } = reading.source
  if (kept === demonstrations.length) return reading
  const source = { ...reading.source, demonstrations: demonstrations.slice(demonstrations.length - kept) }
  return { ...reading, source, fields: outputFields(source, memory) }
}

/** A key for the way in which a live part is written: same shape, same reading of the constant part. */
export function shapeOf(live: LivePart): string {
  return [live.style, live.continues, live.remarks, ...live.asked, '', ...live.inputs.map((one) => one.name)].join('\n')
}

interface FormatSource {
  readonly live: LivePart
  readonly request: AnswerRequest
  readonly demonstrations: readonly Demonstration[]
  readonly instruction: string
  readonly fields: readonly OutputField[]
}

function formatOf(source: FormatSource): AnswerFormat {
  const { live, request, demonstrations, instruction, fields } = source
  const style = (name: SectionStyle): AnswerFormat => ({ style: name, continues: false })
  if (request.json) return style('json')
  const shown = demonstrations.at(-1)?.style
  if (live.continues) return shown === 'json' ? style('json') : { style: 'labelled', continues: true }
  if (shown) return style(shown)
  if (/\bJSON\b/.test(live.remarks) || (/\bJSON\b/.test(instruction) && live.asked.length === 0)) return style('json')
  if (live.asked.length > 0 && (live.style === 'markers' || live.style === 'headings')) return style(live.style)
  const name = fields[0]?.name ?? ''
  if (name === '') return style('bare')
  if (instruction.includes(`[[ ## ${name} ## ]]`)) return style('markers')
  if (instruction.includes(`\n## ${name}\n{`)) return style('headings')
  if (instruction.includes(`</${name}>`)) return style('xml')
  return style('labelled')
}

/** Demonstrations inside a system text are no instruction: their words must not count twice. */
function withoutRecords(text: string, embedded: readonly Demonstration[]): string {
  const first = embedded[0]
  if (first === undefined) return text
  const at = text.indexOf(first.input)
  return at < 0 ? text : text.slice(0, text.lastIndexOf('\n', at) + 1)
}
