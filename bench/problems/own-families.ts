/** All problems of our own. */

import { functions, limitedFunctions, tradeOffFunctions } from './functions.ts'
import { languagePrograms, pricedPrograms } from './language-programs.ts'
import type { ProblemFamily } from './problem.ts'

export const ownFamilies: readonly ProblemFamily[] = [
  ...languagePrograms,
  ...pricedPrograms,
  ...functions,
  ...tradeOffFunctions,
  ...limitedFunctions,
]
