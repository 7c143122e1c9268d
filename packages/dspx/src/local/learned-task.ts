/**
 * A task as the model has understood it from one prompt: vocabulary, weights of values, knowledge of phrases and
 * numbers. Built once for the constant part of a prompt, then it answers input after input.
 */

import { ContextIndex, type SparseText } from './context-index.ts'
import { answerFor, type Demonstration } from './demonstrations.ts'
import { learnPhrases, type PhraseKnowledge, phraseAt } from './extraction.ts'
import { formsOf, isFunctionWord } from './features.ts'
import type { OutputField } from './output-fields.ts'
import type { TaskReading } from './prompt-reading.ts'
import { raiseWords } from './reasoning.ts'
import { LabelScorer } from './scoring.ts'
import { fieldKey } from './sections.ts'
import type { FeatureSet } from './sizes.ts'
import { hintsFor } from './value-hints.ts'

/** A field with what the prompt taught about it. */
export interface LearnedField {
  readonly field: OutputField
  /** Of fields with values. */
  readonly scorer?: LabelScorer
  /** Of free text. */
  readonly phrases?: PhraseKnowledge
  /** Of numbers: each demonstration's vector and number. */
  readonly numbers?: readonly { readonly text: SparseText; readonly value: number; readonly inInput: boolean }[]
  /** Of objects and lists: what they hold. */
  readonly parts: readonly LearnedField[]
}

/** A task, learned. */
export interface LearnedTask {
  readonly reading: TaskReading
  readonly index: ContextIndex
  readonly fields: readonly LearnedField[]
}

/** Learns a task from its reading. */
export function learnTask(reading: TaskReading, features: FeatureSet): LearnedTask {
  const { fields } = reading
  const { demonstrations, instruction } = reading.source
  const hints = new Map(fields.flatMap(leaves).map((field) => [field, hintsOf(field, instruction)]))
  const others = [...hints].flatMap(([field, lists]) => [...lists.flat(), ...field.values.map(spoken)])
  const index = new ContextIndex(
    features,
    demonstrations.map((demonstration) => demonstration.input),
    others,
  )
  const texts = demonstrations.map((demonstration) => readDemonstration(demonstration, { index, fields }))
  const source: LearningSource = { index, demonstrations, texts, hints, isOnlyField: fields.length === 1 }
  return { reading, index, fields: fields.map((field) => learnField(field, source)) }
}

/** A demonstration's input, with the words louder that its own reasoning names before a value. */
function readDemonstration(
  demonstration: Demonstration,
  { index, fields }: { readonly index: ContextIndex; readonly fields: readonly OutputField[] },
): SparseText {
  const text = index.read(formsOf(demonstration.input))
  const reasoning = fields.find((field) => field.kind === 'reasoning')
  const said = reasoning ? demonstration.outputs.get(fieldKey(reasoning.name)) : undefined
  if (said) raiseWords(index, text, formsOf(said))
  return text
}

interface LearningSource {
  readonly index: ContextIndex
  readonly demonstrations: readonly Demonstration[]
  readonly texts: readonly SparseText[]
  readonly isOnlyField: boolean
  readonly hints: ReadonlyMap<OutputField, readonly (readonly string[])[]>
}

function learnField(field: OutputField, source: LearningSource): LearnedField {
  const answers = source.demonstrations.flatMap((demonstration, i) => {
    const answer = answerFor(demonstration, field.name, source.isOnlyField)
    return answer === undefined ? [] : [{ input: demonstration.input, answer, text: source.texts[i] as SparseText }]
  })
  switch (field.kind) {
    case 'label':
    case 'boolean': {
      const byKey = new Map(field.values.map((value, i) => [fieldKey(value), i]))
      const shown = answers.flatMap(({ text, answer }) => {
        const value = byKey.get(fieldKey(answer))
        return value === undefined ? [] : [{ text, value }]
      })
      const hints = source.hints.get(field) ?? []
      return { field, scorer: new LabelScorer(source.index, { values: field.values, hints, shown }), parts: [] }
    }
    case 'text':
      return { field, phrases: learnPhrases(answers, field.description), parts: [] }
    case 'number': {
      const numbers = answers
        .filter(({ answer }) => Number.isFinite(Number(answer)) && answer.trim() !== '')
        .map(({ input, answer, text }) => ({ text, value: Number(answer), inInput: phraseAt(input, answer) >= 0 }))
      return { field, numbers, parts: [] }
    }
    case 'list':
      return { field, parts: field.items ? [learnField(field.items, source)] : [] }
    case 'object':
      return { field, parts: (field.members ?? []).map((member) => learnField(member, source)) }
    case 'reasoning':
      return { field, parts: [] }
  }
}

function leaves(field: OutputField): readonly OutputField[] {
  if (field.items) return leaves(field.items)
  return field.members ? field.members.flatMap(leaves) : [field]
}

/** For true and false it is the field's own description that stands near true. */
function hintsOf(field: OutputField, instruction: string): readonly (readonly string[])[] {
  const hints = hintsFor(field.values, instruction)
  if (field.kind !== 'boolean') return hints
  const said = formsOf(`${field.name} ${field.description}`).filter((form) => !isFunctionWord(form))
  return hints.map((lists, i) => (i === 0 ? [...lists, said.join(' ')] : lists))
}

function spoken(value: string): string {
  return value.replace(/[_-]+/g, ' ')
}
