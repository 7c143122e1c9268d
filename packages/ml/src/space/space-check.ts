/** Whether what stands in the place of a space is one. */

import { checkOptions, rule } from '@mabeam/foundation'

/** Throws `foundation/invalid-option` for what `space` and `defineSpace` do not return. */
export function checkSpace(owner: string, space: unknown): void {
  checkOptions(owner, { space }, { space: rule.having('sample', 'validate', 'satisfies', 'toJSON') })
}
