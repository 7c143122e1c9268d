/** Answers the fields of a learned task for one input. */

import type { SparseText } from './context-index.ts'
import { heaviestPhrase, numbersIn, PhraseKnowledge, phraseWeights } from './extraction.ts'
import { formsOf, stemOf, type Word } from './features.ts'
import type { LearnedField, LearnedTask } from './learned-task.ts'
import type { LexiconWord } from './lexicon.ts'
import type { OutputField } from './output-fields.ts'
import { raiseWords, readAgain, reasoningSentence, strongestWords } from './reasoning.ts'
import { argmax, choose, type SamplingOptions } from './sampling.ts'
import type { Answer, AnswerValue } from './writing.ts'

/** A value of a list is answered when it scores at least this share of the best. */
const listShare = 0.6

/** Answers every field of a task, in its order. */
export function answerTask(task: LearnedTask, input: string, sampling: SamplingOptions): readonly Answer[] {
  const read = task.index.lexicon.text(input)
  const words = read.standing
  const forms = words.map((word) => word.form)
  const text = task.index.read(read)
  const question: Question = { task, input, words, forms, text, sampling, weights: new Float64Array(words.length) }
  const answers = new Map<LearnedField, AnswerValue>()
  for (const [i, one] of task.fields.entries()) {
    if (one.scorer) answers.set(one, answerField(one, question))
    if (one.field.kind === 'reasoning') answers.set(one, reason(question, task.fields.slice(i + 1)))
  }
  for (const one of task.fields) if (!answers.has(one)) answers.set(one, answerField(one, question))
  task.index.lexicon.settle()
  return task.fields.map((one) => ({ field: one.field, value: answers.get(one) as AnswerValue }))
}

/** One input, and what has been found in it so far. */
interface Question {
  readonly task: LearnedTask
  readonly input: string
  readonly words: readonly Word[]
  /** The words as they are read; reasoning may read unknown ones as known ones. */
  forms: readonly string[]
  text: SparseText
  /** Where each feature stands in the text; found when it is first asked for. */
  places?: ReadonlyMap<number, number> | undefined
  readonly sampling: SamplingOptions
  /** What each word weighed for the values answered so far. */
  readonly weights: Float64Array
}

function answerField(one: LearnedField, question: Question): AnswerValue {
  const { field } = one
  switch (field.kind) {
    case 'label':
    case 'boolean':
      return answerLabel(one, question)
    case 'number':
      return answerNumber(one, question)
    case 'text':
      return answerText(one, question)
    case 'list':
      return answerList(one, question)
    case 'object':
      return Object.fromEntries(one.parts.map((part) => [part.field.name, answerField(part, question)]))
    case 'reasoning':
      return ''
  }
}

function answerLabel(one: LearnedField, question: Question): AnswerValue {
  const scorer = one.scorer
  if (!scorer || scorer.values.length === 0) return ''
  const value = choose(withFalseFirst(one, scorer.score(question.text)), question.sampling)
  if (!question.task.hasPhrases) return scorer.values[value] as string
  const evidence = wordEvidence(one, question, value)
  for (let i = 0; i < evidence.length; i++) {
    question.weights[i] = (question.weights[i] as number) + Math.max(0, evidence[i] as number)
  }
  return scorer.values[value] as string
}

/** What nothing speaks for is false. */
function withFalseFirst(one: LearnedField, scores: Float64Array): Float64Array {
  if (one.field.kind === 'boolean' && scores.length === 2) scores[1] = (scores[1] as number) + 1e-6
  return scores
}

/** What each word of the input says for a value of a field. */
function wordEvidence(one: LearnedField, question: Question, value: number): Float64Array {
  const { lexicon } = question.task.index
  const evidence = new Float64Array(question.words.length)
  if (!one.scorer) return evidence
  const { text } = question
  const said = one.scorer.evidence(text, value)
  question.places ??= placesOf(text.ids)
  const saidOf = (id: number) => {
    const at = question.places?.get(id)
    return at === undefined ? undefined : (said[at] as number)
  }
  let before: LexiconWord | undefined
  for (const [i, form] of question.forms.entries()) {
    const word = lexicon.word(form)
    let sum = 0
    for (const id of word.ids) sum += saidOf(id) ?? 0
    evidence[i] = (evidence[i] as number) + sum
    const pair = before && saidOf(lexicon.pair(before, word))
    before = word
    if (pair === undefined) continue
    evidence[i] = (evidence[i] as number) + pair / 2
    evidence[i - 1] = (evidence[i - 1] as number) + pair / 2
  }
  return evidence
}

/** Where each feature stands. */
function placesOf(ids: Int32Array): ReadonlyMap<number, number> {
  const places = new Map<number, number>()
  for (let i = 0; i < ids.length; i++) places.set(ids[i] as number, i)
  return places
}

/** Names the words that weighed most for the fields to come, and raises them for what is answered after. */
function reason(question: Question, following: readonly LearnedField[]): string {
  const decided = following.find((one) => one.scorer && one.scorer.values.length > 0)
  if (!decided?.scorer) return reasonAboutText(question)
  const { index } = question.task
  question.forms = readAgain(index, question.forms)
  question.text = index.read(index.lexicon.wordsTogether(question.forms))
  question.places = undefined
  const best = argmax(decided.scorer.score(question.text))
  const evidence = wordEvidence(decided, question, best)
  const named = strongestWords(question.forms.map((form, i) => ({ form, evidence: evidence[i] as number })))
  const forms = named.map(({ form }) => form)
  raiseWords(index, question.text, forms)
  return reasoningSentence(forms, decided.scorer.values[best] as string)
}

function reasonAboutText(question: Question): string {
  const text = question.task.fields.find((one) => one.phrases)
  const phrase = text ? answerText(text, question) : ''
  return phrase === '' ? 'The input says nothing that could be weighed.' : `The input says "${phrase}".`
}

function answerText(one: LearnedField, question: Question): string {
  const { input, words } = question
  if (words.length === 0) return input.trim()
  const { cues } = question.task.index.lexicon
  const knowledge = one.phrases ?? new PhraseKnowledge(cues, [], '')
  const weights = phraseWeights(words, cues.of(input, words), knowledge)
  for (let i = 0; i < weights.length; i++) weights[i] = (weights[i] as number) + (question.weights[i] as number)
  return heaviestPhrase({ input, words, weights }, knowledge.words)
}

function answerNumber(one: LearnedField, question: Question): number {
  const shown = one.numbers ?? []
  const copied = shown.filter((number) => number.inInput).length > shown.length / 2
  const written = copied || shown.length === 0 ? writtenNumber(one.field, question.input) : undefined
  if (written !== undefined) return written
  if (shown.length === 0) return withinBounds(one.field.numbers?.min ?? 0, one.field)
  let sum = 0
  let total = 0
  for (const { text, value } of shown) {
    const weight = similarity(text, question.text) ** 2 + 1e-6
    sum += weight * value
    total += weight
  }
  return withinBounds(sum / total, one.field)
}

/** A number of the input that the field allows: one beside a word of the field's name or description, or the first. */
function writtenNumber(field: OutputField, input: string): number | undefined {
  const about = new Set(formsOf(`${field.name} ${field.description}`).map(stemOf))
  const allowed = numbersIn(input).filter(({ value }) => withinBounds(value, field) === value)
  const beside = allowed.find(({ start }) => {
    const before = formsOf(input.slice(0, start)).at(-1)
    return before !== undefined && about.has(stemOf(before))
  })
  return (beside ?? allowed[0])?.value
}

function similarity(a: SparseText, b: SparseText): number {
  const weights = new Map<number, number>()
  for (let i = 0; i < a.ids.length; i++) weights.set(a.ids[i] as number, a.weights[i] as number)
  let sum = 0
  for (let i = 0; i < b.ids.length; i++) sum += (weights.get(b.ids[i] as number) ?? 0) * (b.weights[i] as number)
  return sum
}

function withinBounds(value: number, field: OutputField): number {
  const { min, max, integer } = field.numbers ?? { integer: false }
  const rounded = integer ? Math.round(value) : Number(value.toFixed(4))
  return Math.min(max ?? Number.POSITIVE_INFINITY, Math.max(min ?? Number.NEGATIVE_INFINITY, rounded))
}

function answerList(one: LearnedField, question: Question): readonly AnswerValue[] {
  const item = one.parts[0]
  if (!item) return []
  if (item.field.kind === 'number') return numbersIn(question.input).map(({ value }) => withinBounds(value, item.field))
  if (!item.scorer) return [answerField(item, question)]
  const scores = item.scorer.score(question.text)
  const best = scores[argmax(scores)] as number
  const { values } = item.scorer
  return values.filter((_, i) => best > 0 && (scores[i] as number) >= best * listShare)
}
