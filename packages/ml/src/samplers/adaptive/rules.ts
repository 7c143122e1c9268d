/** Rules of users that come before what `adaptive` would choose by itself. */

import { checkOptions, rule } from '@mabeam/foundation'
import { invalidVariable } from '../../errors.ts'
import type { Sampler } from '../../sampler.ts'
import { type SamplerName, samplerNamed, samplerNames } from '../named-sampler.ts'
import type { Situation } from './situation.ts'

export interface SamplerRule {
  /** For the explanation. @default its place: "1", "2", … */
  readonly name?: string
  /** Called at each ask; must be pure, or the same history no longer gives the same asks. */
  readonly when: (situation: Situation) => boolean
  readonly use: SamplerName | Sampler
}

/** A rule whose sampler is there. */
export interface ReadyRule {
  readonly name: string
  readonly when: SamplerRule['when']
  readonly sampler: Sampler
}

/** The most rules of one sampler. */
const rulesMax = 32

/** Throws: `foundation/invalid-option` for a rule that can't be, `ml/invalid-variable` for too many and for a name that no sampler has. */
export function readyRules(owner: string, rules: readonly SamplerRule[]): readonly ReadyRule[] {
  if (!Array.isArray(rules) || rules.length > rulesMax) {
    throw invalidVariable(`${owner}: rules`, `at most ${rulesMax} rules`, rules)
  }
  return rules.map((one, i) => {
    checkOptions(`${owner}: rule`, one, {
      name: rule.optional(rule.string()),
      when: rule.fn(),
      use: typeof one?.use === 'string' ? rule.oneOf(samplerNames) : rule.having('ask'),
    })
    const { name = String(i + 1), when, use } = one
    return { name, when, sampler: typeof use === 'string' ? samplerNamed(use as SamplerName) : (use as Sampler) }
  })
}
