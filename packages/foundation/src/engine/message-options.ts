/** What subscriptions and requests are given, checked alike by every engine. */

import { checkOptions, rule } from '../options.ts'
import { type RequestOptions, requestDefaults, type SubscribeOptions, subscribeDefaults } from './engine.ts'

/** With its defaults. Throws `foundation/invalid-option` and `foundation/unknown-name`. */
export function checkedSubscribe(options: SubscribeOptions) {
  checkOptions('subscribe', options, {
    queue: rule.optional(rule.string()),
    capacity: rule.optional(rule.int(1)),
    redundant: rule.optional(rule.boolean()),
  })
  return { queue: undefined, ...subscribeDefaults, ...options }
}

/** As `checkedSubscribe`. */
export function checkedRequest(options: RequestOptions) {
  checkOptions('request', options, {
    timeoutMs: rule.optional(rule.number(1)),
    signal: rule.optional(rule.object()),
    redundant: rule.optional(rule.boolean()),
  })
  return { signal: undefined, ...requestDefaults, ...options }
}
