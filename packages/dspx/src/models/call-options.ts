/** What one call may ask of our layers, beside what it asks of the model: `providerOptions: { mabeam: … }`. */

import { checkOptions, rule } from '@mabeam/foundation'
import type { ModelCall } from './language-model.ts'

/**
 * How one call uses the cache: as usual; not at all; asked anew and kept in place of what was there; answered by what is there
 * or asked, without keeping anything.
 */
export type CacheMode = 'use' | 'bypass' | 'refresh' | 'read-only'

/** Options of one call for our layers; providers ignore them, and no cache key holds them. */
export interface CallOptions {
  /** @default 'use' */
  readonly cache?: CacheMode
  /** Which try this is; said by the retry layer. @default 1 */
  readonly attempt?: number
}

/** All of {@link CacheMode}. */
export const cacheModes: readonly CacheMode[] = ['use', 'bypass', 'refresh', 'read-only']
const rules = { cache: rule.optional(rule.oneOf(cacheModes)), attempt: rule.optional(rule.int(1)) }

/**
 * The options of a call for our layers, checked.
 *
 * Throws: `foundation/invalid-option`, `foundation/unknown-name`.
 * @example callOptions({ prompt, providerOptions: { mabeam: { cache: 'refresh' } } }).cache // => 'refresh'
 */
export function callOptions(call: Pick<ModelCall, 'providerOptions'>): CallOptions {
  const given = call.providerOptions?.mabeam
  if (given === undefined) return {}
  checkOptions('providerOptions.mabeam', given, rules)
  return given as CallOptions
}

/** The call as its `attempt`-th try. */
export function asAttempt(call: ModelCall, attempt: number): ModelCall {
  if (attempt === 1) return call
  const { providerOptions } = call
  return { ...call, providerOptions: { ...providerOptions, mabeam: { ...providerOptions?.mabeam, attempt } } }
}
