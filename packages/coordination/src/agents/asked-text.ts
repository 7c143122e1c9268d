/** What agents can be asked with: texts no longer than their requests take, so that one that is too long is refused before anybody is asked. */

import { type OptionRule, rule } from '@mabeam/foundation'
import { nameLengthMax, textLengthMax } from './agent-request.ts'

/** A question, or what else is said in words. */
export const questionRule: OptionRule = ofLength(textLengthMax)

/** What every protocol lets say to agents besides: the question in words, and whatever else they should know. */
export const askedRules = { question: rule.optional(questionRule), context: rule.optional(rule.any()) }

const named = ofLength(nameLengthMax)

/** What something is called: an option, an item, a good, an agent. Not `__proto__`, which no message may have as a key. */
export const nameRule: OptionRule = {
  ...named,
  expected: `${named.expected} other than __proto__`,
  test: (value) => named.test(value) && value !== '__proto__',
}

function ofLength(charactersMax: number): OptionRule {
  return {
    expected: `a string of 1 to ${charactersMax} characters`,
    test: (value) => typeof value === 'string' && value.length > 0 && value.length <= charactersMax,
    optional: false,
  }
}
