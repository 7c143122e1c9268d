/** What agents can be asked with: texts no longer than their requests take, so that one that is too long is refused before anybody is asked. */

import type { OptionRule } from '@mabeam/foundation'
import { nameLengthMax, textLengthMax } from './agent-request.ts'

/** A question, or what else is said in words. */
export const questionRule: OptionRule = ofLength(textLengthMax)

/** What something is called: an option, an item, a good. */
export const nameRule: OptionRule = ofLength(nameLengthMax)

function ofLength(charactersMax: number): OptionRule {
  return {
    expected: `a string of 1 to ${charactersMax} characters`,
    test: (value) => typeof value === 'string' && value.length > 0 && value.length <= charactersMax,
    optional: false,
  }
}
