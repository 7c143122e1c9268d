/** Demonstrations in the constant part of a prompt: pairs of turns, or records written inside one turn. */

import type { KnownTurns } from './known-turns.ts'
import { joinInputs, type LivePart, readLive } from './live-part.ts'
import type { PromptMemory } from './prompt-memory.ts'
import {
  completedMarker,
  fieldKey,
  labelLines,
  labelSections,
  markerSections,
  type Section,
  type SectionedTurn,
  type SectionStyle,
  structuredSections,
} from './sections.ts'
import { countTokens, tokensPerTurn } from './tokens.ts'

/** One example of the task: an input and what was answered. */
export interface Demonstration {
  readonly input: string
  /** Answers by `fieldKey`; the key of an answer without a name is empty. */
  readonly outputs: ReadonlyMap<string, string>
  /** The names as written, in order. */
  readonly names: readonly string[]
  /** How the answer was written. */
  readonly style: SectionStyle
  /** Tokens that the demonstration takes in the prompt. */
  readonly tokens: number
}

/** What a demonstration answers for a field; an answer without names is that of the only field. */
export function answerFor(demonstration: Demonstration, name: string, isOnlyField: boolean): string | undefined {
  return demonstration.outputs.get(fieldKey(name)) ?? (isOnlyField ? demonstration.outputs.get('') : undefined)
}

/** Demonstrations as pairs of a user turn and the assistant turn after it. */
export function pairedDemonstrations(turns: KnownTurns, memory: PromptMemory): Demonstration[] {
  const { pairs, userLabels, answerLabels } = turns
  const labels = [...[...userLabels].sort(), '', ...[...answerLabels].sort()].join('\n')
  return pairs.map(({ question, answer }) => {
    const read = () => {
      const pair = { question: question.text, answer: answer.text }
      return { ...readPair(pair, turns), tokens: question.tokens + answer.tokens + 2 * tokensPerTurn }
    }
    return labels === ''
      ? memory.demonstrations.recall(question.text, answer.text, read)
      : memory.labelled.recall(question.text, `${labels}\n\n${answer.text}`, read)
  })
}

function readPair(
  { question, answer }: { readonly question: string; readonly answer: string },
  { userLabels, answerLabels }: Pick<KnownTurns, 'userLabels' | 'answerLabels'>,
): Demonstration {
  const sections = structuredSections(answer) ?? labelSections(answer, answerLabels) ?? answer
  return pairedDemonstration(readLive(question, userLabels), sections)
}

/** Demonstrations written inside a text, whose inputs have the names of the live part. */
export function embeddedDemonstrations(text: string, inputNames: readonly string[]): Demonstration[] {
  const inputKeys = new Set(inputNames.map(fieldKey))
  const marked = markerSections(text)
  if (marked) return markedRecords(marked.sections, inputKeys)
  return labelledRecords(text, inputNames)
}

function pairedDemonstration(question: LivePart, answer: SectionedTurn | string): Demonstration {
  const input = joinInputs(question.inputs)
  if (typeof answer === 'string') return demonstration(input, [{ name: '', text: answer.trim() }], 'bare')
  return demonstration(
    input,
    answer.sections.filter((section) => section.name !== completedMarker),
    answer.style,
  )
}

function demonstration(input: string, outputs: readonly Section[], style: SectionStyle): Demonstration {
  const written = outputs.map((section) => `${section.name} ${section.text}`).join(' ')
  return {
    input,
    outputs: new Map(outputs.map((section) => [fieldKey(section.name), section.text])),
    names: outputs.map((section) => section.name),
    style,
    tokens: countTokens(input) + countTokens(written) + outputs.length + 1,
  }
}

function markedRecords(sections: readonly Section[], inputKeys: ReadonlySet<string>): Demonstration[] {
  const found: Demonstration[] = []
  let record: Section[] = []
  for (const section of sections) {
    if (section.name !== completedMarker) {
      record.push(section)
      continue
    }
    const inputs = record.filter((part) => inputKeys.has(fieldKey(part.name)))
    const outputs = record.filter((part) => !inputKeys.has(fieldKey(part.name)))
    const isTemplate = record.some((part) => /^\{[\w.]+\}/.test(part.text))
    if (!isTemplate && inputs.length > 0 && outputs.length > 0) {
      found.push(demonstration(joinInputs(inputs), outputs, 'markers'))
    }
    record = []
  }
  return found
}

/** An open record: inputs first, then outputs. */
interface OpenRecord {
  readonly inputs: Section[]
  readonly outputs: Section[]
}

function labelledRecords(given: string, inputNames: readonly string[]): Demonstration[] {
  const text = onOwnLines(given, inputNames)
  const inputKeys = new Set(inputNames.map(fieldKey))
  const lines = labelLines(text)
  const found: Demonstration[] = []
  let record: OpenRecord = { inputs: [], outputs: [] }
  const finish = () => {
    if (record.inputs.length > 0 && record.outputs.length > 0) found.push(recordDemonstration(record))
    record = { inputs: [], outputs: [] }
  }
  for (const [i, line] of lines.entries()) {
    const isInput = inputKeys.has(fieldKey(line.label))
    if (isInput && record.outputs.length > 0) finish()
    const { value, rest } = valueAndRest(text.slice(line.valueStart, lines[i + 1]?.start ?? text.length), isInput)
    if (value !== '' && isInput) record.inputs.push({ name: line.label, text: value })
    else if (value !== '' && record.inputs.length > 0) record.outputs.push({ name: line.label, text: value })
    if (rest === '') continue
    if (record.outputs.length > 0) finish()
    else record = { inputs: [], outputs: [] }
  }
  finish()
  return found
}

/** Some tools put one record behind the other without a line between. */
function onOwnLines(text: string, names: readonly string[]): string {
  const labels = names.filter((name) => name !== '').map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return labels.length === 0 ? text : text.replace(new RegExp(`(?<=\\S)(?=(?:${labels.join('|')}): )`, 'g'), '\n')
}

/** An output ends at a blank line, an input goes on over it; both end at a rule, a heading or the end of a part in tags. */
function valueAndRest(raw: string, isInput: boolean): { value: string; rest: string } {
  const ends = [raw.search(isInput ? /\n[ \t]*(?:---|#)/ : /\n[ \t]*(?:\n|---|#)/), outerTagEnd(raw)]
  const end = Math.min(...ends.map((at) => (at < 0 ? raw.length : at)))
  return { value: raw.slice(0, end).trim(), rest: raw.slice(end).trim() }
}

/** Where a line closes a tag that was opened before the text: Ax writes what it says of fields in `<input_fields>`; -1 where none does. */
function outerTagEnd(text: string): number {
  const closing = /\n[ \t]*<\/([A-Za-z_][\w-]*)>[ \t]*(?=\n|$)/.exec(text)
  return closing && !text.slice(0, closing.index).includes(`<${closing[1]}`) ? closing.index : -1
}

function recordDemonstration(record: OpenRecord): Demonstration {
  const input = joinInputs(record.inputs)
  const only = record.outputs[0] as Section
  const object = record.outputs.length === 1 ? structuredSections(only.text) : undefined
  return object ? demonstration(input, object.sections, object.style) : demonstration(input, record.outputs, 'labelled')
}
