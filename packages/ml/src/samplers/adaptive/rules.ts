/** Rules of users that come before what `adaptive` would choose by itself. */

import { checkOptions, rule } from '@mabeam/foundation'
import { invalidVariable } from '../../errors.ts'
import type { Sampler } from '../../sampler.ts'
import { banditSampler } from '../bandit.ts'
import { cmaEsSampler } from '../cma-es.ts'
import { gpSampler } from '../gp.ts'
import { gridSampler } from '../grid.ts'
import { latinHypercubeSampler } from '../latin-hypercube.ts'
import { nsga2Sampler } from '../nsga2.ts'
import { nsga3Sampler } from '../nsga3.ts'
import { qmcSampler } from '../qmc.ts'
import { randomSampler } from '../random.ts'
import { tpeSampler } from '../tpe.ts'
import type { Situation } from './situation.ts'

const byName = {
  bandit: () => banditSampler(),
  'cma-es': () => cmaEsSampler(),
  gp: () => gpSampler(),
  grid: () => gridSampler(),
  'latin-hypercube': () => latinHypercubeSampler(),
  nsga2: () => nsga2Sampler(),
  nsga3: () => nsga3Sampler(),
  qmc: () => qmcSampler(),
  random: () => randomSampler(),
  tpe: () => tpeSampler(),
} satisfies { readonly [name: string]: () => Sampler }

/** Samplers that a rule may name; each with its default options. */
export type SamplerName = keyof typeof byName

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
      use: typeof one?.use === 'string' ? rule.oneOf(Object.keys(byName)) : rule.having('ask'),
    })
    const { name = String(i + 1), when, use } = one
    return { name, when, sampler: typeof use === 'string' ? byName[use as SamplerName]() : (use as Sampler) }
  })
}
