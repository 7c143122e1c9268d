/**
 * A task as the model has understood it from one prompt: vocabulary, weights of values, knowledge of phrases and
 * numbers. Built once for the constant part of a prompt, then it answers input after input.
 */

import { ContextIndex, type SparseText } from './context-index.ts'
import { PhraseKnowledge } from './extraction.ts'
import type { InstructionLesson, TaughtValues } from './instruction-lesson.ts'
import type { OutputField } from './output-fields.ts'
import type { TaskReading } from './prompt-reading.ts'
import type { ReadAnswer, ReadDemonstration } from './read-demonstration.ts'
import { raiseWords } from './reasoning.ts'
import { LabelScorer } from './scoring.ts'
import { ShownTexts } from './shown-texts.ts'

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
  readonly index: ContextIndex
  readonly fields: readonly LearnedField[]
  /** Whether any field is free text, for which all else that was answered weighs the words. */
  readonly hasPhrases: boolean
}

/** What a task is learnt from besides its reading. */
export interface TaskMaterial {
  readonly lesson: InstructionLesson
  /** The lesson's fields that are the task's own. */
  readonly taught: ReadonlyMap<OutputField, TaughtValues>
  /** In the order of the reading. */
  readonly demonstrations: readonly ReadDemonstration[]
}

/** Learns a task from its reading. */
export function learnTask({ fields }: Pick<TaskReading, 'fields'>, material: TaskMaterial): LearnedTask {
  const { lesson, demonstrations } = material
  const index = new ContextIndex(
    lesson,
    demonstrations.map(({ text }) => text),
  )
  const reasoning = fields.find((field) => field.kind === 'reasoning')
  const texts = demonstrations.map((one) => readShown(one, index, reasoning))
  const source = { ...material, index, texts: new ShownTexts(index, texts), isOnlyField: fields.length === 1 }
  return {
    index,
    fields: fields.map((field) => learnField(field, source)),
    hasPhrases: fields.some(isPhrase),
  }
}

/** A demonstration's input, with the words louder that its own reasoning names before a value. */
function readShown(shown: ReadDemonstration, index: ContextIndex, reasoning: OutputField | undefined): SparseText {
  const text = index.read(shown.text)
  const said = reasoning && shown.answerFor(reasoning.name, false)
  if (said) raiseWords(index, text, said.forms)
  return text
}

interface LearningSource extends TaskMaterial {
  readonly index: ContextIndex
  readonly texts: ShownTexts
  readonly isOnlyField: boolean
}

function learnField(field: OutputField, source: LearningSource): LearnedField {
  const { demonstrations, isOnlyField, texts } = source
  switch (field.kind) {
    case 'label':
    case 'boolean': {
      const taught = source.taught.get(field) as TaughtValues
      const shown: { readonly at: number; readonly value: number }[] = []
      for (const [at, one] of demonstrations.entries()) {
        const answer = one.answerFor(field.name, isOnlyField)
        const value = answer && taught.byKey.get(answer.key)
        if (value !== undefined) shown.push({ at, value })
      }
      return { field, scorer: new LabelScorer(source.index, { taught, texts, shown }), parts: [] }
    }
    case 'text': {
      const shown = demonstrations.flatMap((one) => one.answerFor(field.name, isOnlyField)?.phrase ?? [])
      return { field, phrases: new PhraseKnowledge(source.index.lexicon.cues, shown, field.description), parts: [] }
    }
    case 'number': {
      const numbers = demonstrations.flatMap((one, i) => {
        const answer = one.answerFor(field.name, isOnlyField)
        return answer && isNumber(answer) ? [shownNumber(answer, texts.texts[i] as SparseText)] : []
      })
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

function isNumber({ answer }: ReadAnswer): boolean {
  return Number.isFinite(Number(answer)) && answer.trim() !== ''
}

function shownNumber({ answer, phrase }: ReadAnswer, text: SparseText) {
  return { text, value: Number(answer), inInput: phrase.found !== undefined }
}

function isPhrase(field: OutputField): boolean {
  if (field.kind === 'list') return field.items !== undefined && isPhrase(field.items)
  return field.kind === 'text' || (field.members ?? []).some(isPhrase)
}
