/** What is voted on: options of any kind, each with a name that agents can say, or one proposal to accept or reject. */

import { invalidOption, type OptionRule, rule, show } from '@mabeam/foundation'
import { nameLengthMax, type Question, textLengthMax } from '../agents/agent-request.ts'

/** What is voted on, as a user gives it: `options`, or a `proposal`. */
export interface PaperSpec<V> {
  /**
   * Agents are asked for the name of one: of text, numbers and booleans that is the value as text; of an object its `id`, if it has
   * one that is text; of others the place, from `1` on.
   */
  readonly options?: readonly V[] | undefined
  /** The options are `accept` and `reject`. */
  readonly proposal?: V | undefined
  /** @default 'Which option?', or 'Accept the proposal?' */
  readonly question?: string | undefined
  /** What agents are told besides. @default the proposal; of options whose names are not all there is to them, the values by name */
  readonly context?: unknown
}

export interface BallotPaper<V> {
  /** Names; unique. */
  readonly options: readonly string[]
  readonly values: readonly V[]
  readonly isProposal: boolean
  readonly question: string
  readonly context: unknown
}

export const paperOptions: { readonly [K in keyof Required<PaperSpec<unknown>>]: OptionRule } = {
  options: rule.optional(rule.array()),
  proposal: rule.optional(rule.any()),
  question: rule.optional(rule.string()),
  context: rule.optional(rule.any()),
}

/** As many as a request can hold. */
export const optionsMax = 10_000
const verdicts = ['accept', 'reject'] as const

/**
 * The paper of a vote.
 *
 * Throws: `foundation/invalid-option` for no options, more than 10,000, two of one name, a name that is empty or of more than 1,024 characters, and
 * for both or neither of `options` and `proposal`.
 */
export function ballotPaper<V>(owner: string, spec: PaperSpec<V>): BallotPaper<V> {
  const { options, proposal, question, context } = spec
  if (question !== undefined && (typeof question !== 'string' || question.length > textLengthMax)) {
    throw invalidOption(owner, 'question', `a text of at most ${textLengthMax} characters`, question)
  }
  if ((options === undefined) === (proposal === undefined)) {
    throw invalidOption(
      owner,
      'options',
      'options or a proposal, one of the two',
      options === undefined ? options : 'both',
    )
  }
  if (options === undefined) {
    return {
      options: verdicts,
      values: [proposal as V, proposal as V],
      isProposal: true,
      question: question ?? 'Accept the proposal?',
      context: context ?? proposal,
    }
  }
  const names = optionNames(owner, options)
  const valuesByName = options.every(isItsName)
    ? undefined
    : Object.fromEntries(names.map((name, at) => [name, options[at]]))
  return {
    options: names,
    values: [...options],
    isProposal: false,
    question: question ?? 'Which option?',
    context: context ?? valuesByName,
  }
}

/** What each participant is asked. */
export function paperQuestion({ question, options, context }: BallotPaper<unknown>): Question<'vote'> {
  return context === undefined ? { question, options: [...options] } : { question, options: [...options], context }
}

function optionNames(owner: string, options: readonly unknown[]): readonly string[] {
  if (!Array.isArray(options) || options.length === 0 || options.length > optionsMax) {
    throw invalidOption(owner, 'options', `an array of 1 to ${optionsMax} options`, sizeOf(options))
  }
  const names = options.map(nameOf)
  const seen = new Set<string>()
  for (const name of names) {
    if (name.length === 0 || name.length > nameLengthMax) {
      throw invalidOption(owner, 'options', `names of 1 to ${nameLengthMax} characters`, show(name))
    }
    if (seen.has(name)) throw invalidOption(owner, 'options', 'options of different names', name)
    seen.add(name)
  }
  return names
}

function nameOf(value: unknown, place: number): string {
  if (isItsName(value)) return String(value)
  const id = typeof value === 'object' && value !== null ? Reflect.get(value, 'id') : undefined
  return typeof id === 'string' ? id : String(place + 1)
}

/** Whether a value is all in its name. */
function isItsName(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

function sizeOf(options: unknown): unknown {
  return Array.isArray(options) ? options.length : options
}
