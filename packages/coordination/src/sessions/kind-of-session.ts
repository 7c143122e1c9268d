/** Sessions that are begun by their kind: `{ kind, … }` in one object with everything else. */

import { invalidOption, rule, unknownName } from '@mabeam/foundation'

/**
 * Which of those kinds is meant, and the rest.
 *
 * Throws: `foundation/invalid-option` for what is no object and for no kind at all, `foundation/unknown-name` for one that there is not.
 */
export function kindOfSession<K extends string>(
  owner: string,
  given: { readonly kind: K },
  kinds: { readonly [kind in K]: unknown },
): { readonly kind: K; readonly rest: object } {
  if (!rule.object().test(given)) throw invalidOption(owner, 'options', 'an object with a kind', given)
  const { kind, ...rest } = given
  const known = Object.keys(kinds)
  if (kind === undefined) throw invalidOption(owner, 'kind', `one of ${known.join(', ')}`, kind)
  if (!Object.hasOwn(kinds, kind)) throw unknownName(owner, 'kind', String(kind), known)
  return { kind, rest }
}
