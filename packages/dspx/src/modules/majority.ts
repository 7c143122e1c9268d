/** Majority: the answer that most of several give. */

import { checkOptions, invalidOption, rule } from '@mabeam/foundation'

/** What is compared, and how. */
export interface MajorityOptions<O> {
  /** The output that is voted on. @default all but `reasoning`, together */
  readonly field?: keyof O & string
  /** What of a value is compared. @default text without case, accents of form, outer space and final full stop; else the value */
  readonly normalise?: (value: unknown) => unknown
}

/**
 * The outcome of a vote. A tie is said; its `outputs` are those of the earliest of the answers that are ahead, so that whoever does
 * not mind reads `outputs`.
 */
export type Vote<O> =
  | { readonly type: 'won'; readonly outputs: O; readonly votes: number; readonly of: number }
  | {
      readonly type: 'tied'
      readonly outputs: O
      readonly votes: number
      readonly of: number
      readonly tied: readonly O[]
    }

/**
 * Counts equal answers.
 *
 * Ensures: `outputs` is one of `answers`, the earliest with its value.
 * Throws: `foundation/invalid-option` for no answers, or what are none.
 * @example majority([{ team: 'billing' }, { team: 'tech' }, { team: ' Billing' }]).outputs // => { team: 'billing' }
 */
export function majority<O extends object>(answers: readonly O[], options: MajorityOptions<O> = {}): Vote<O> {
  checkOptions('majority', options, majorityRules)
  const areAnswers = Array.isArray(answers) && answers.every((one) => typeof one === 'object' && one !== null)
  if (!areAnswers || answers.length === 0) {
    throw invalidOption('majority', 'answers', 'an array of at least one answer, each an object of outputs', answers)
  }
  const { field, normalise = plainValue } = options
  const ballots = new Map<string, { readonly outputs: O; votes: number }>()
  for (const outputs of answers) {
    const key = keyOf(outputs, field, normalise)
    const known = ballots.get(key)
    if (known) known.votes++
    else ballots.set(key, { outputs, votes: 1 })
  }
  const all = [...ballots.values()]
  const votes = Math.max(...all.map((one) => one.votes))
  const ahead = all.filter((one) => one.votes === votes).map(({ outputs }) => outputs)
  const said = { outputs: ahead[0] as O, votes, of: answers.length }
  return ahead.length === 1 ? { type: 'won', ...said } : { type: 'tied', ...said, tied: ahead }
}

/** The rules of {@link MajorityOptions}. */
export const majorityRules = { field: rule.optional(rule.string()), normalise: rule.optional(rule.fn()) }

function keyOf(outputs: object, field: string | undefined, normalise: (value: unknown) => unknown): string {
  const compared = Object.entries(outputs).filter(([name]) =>
    field === undefined ? name !== 'reasoning' || Object.keys(outputs).length === 1 : name === field,
  )
  return canonical(Object.fromEntries(compared.map(([name, value]) => [name, normalise(value)])))
}

function plainValue(value: unknown): unknown {
  if (typeof value !== 'string') return value
  return value.normalize('NFKC').trim().replace(/\s+/g, ' ').replace(/\.$/, '').toLowerCase()
}

/** Equal values have equal texts, whatever order their keys stand in. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value !== 'object' || value === null) return `${typeof value} ${JSON.stringify(value) ?? String(value)}`
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join()}}`
}
