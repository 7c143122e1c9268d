/** What subscriptions and requests are given, checked alike by every engine. */

import { checkOptions, rule } from '../options.ts'
import { type RequestOptions, requestDefaults, type SubscribeOptions, subscribeDefaults } from './engine.ts'

const subscribeRules = {
  queue: rule.optional(rule.string()),
  capacity: rule.optional(rule.int(1)),
  redundant: rule.optional(rule.boolean()),
}
/** Made once: a request is checked as often as it is made. */
const requestRules = {
  timeoutMs: rule.optional(rule.number(1)),
  signal: rule.optional(rule.object()),
  redundant: rule.optional(rule.boolean()),
}

/** With its defaults. Throws `foundation/invalid-option` and `foundation/unknown-name`. */
export function checkedSubscribe(options: SubscribeOptions) {
  checkOptions('subscribe', options, subscribeRules)
  return { queue: undefined, ...subscribeDefaults, ...options }
}

/** As `checkedSubscribe`. */
export function checkedRequest(options: RequestOptions) {
  checkOptions('request', options, requestRules)
  return { signal: undefined, ...requestDefaults, ...options }
}
