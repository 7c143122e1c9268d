/** The default: looks at the space, the budget, the objectives and what was measured, and chooses a sampler for each ask. */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import type { AskContext, Sampler } from '../sampler.ts'
import type { Config } from '../space/space.ts'
import { askMsMaxDefault, type Choice, choiceFor } from './adaptive/choice.ts'
import { readyRules, type SamplerRule } from './adaptive/rules.ts'
import { situationOf } from './adaptive/situation.ts'
import { designSize, knownStarts, nextKnown } from './adaptive/starts.ts'
import { cmaEsSampler } from './cma-es.ts'
import { exactMemory } from './config-memory.ts'
import { addTrial, emptyHistory, type History, noiseShare } from './gp/history.ts'
import { nextOfDesign } from './gp/initial-design.ts'
import { proposalOf } from './gp/proposal.ts'
import { gpDefaults } from './gp.ts'
import { incremental } from './incremental.ts'
import { nsga2Sampler } from './nsga2.ts'
import { type Seen, sampleUnseen } from './seen.ts'
import { tpeSampler } from './tpe.ts'

export interface AdaptiveOptions {
  /** Trials that the study is to have in the end. @default what the loop that asks was given, as `study.run` and `study.trials` are */
  readonly budget?: number
  /** An ask that would take longer by a Gaussian process, as far as its size tells, is TPE's. @default 500 */
  readonly askMsMax?: number
  /** Come before everything else; the first whose `when` holds is used. At most 32. @default [] */
  readonly rules?: readonly SamplerRule[]
}

/**
 * Chooses anew for each ask; `explain` says what and why.
 *
 * 1. A rule of yours that holds.
 * 2. A finite space of no more configurations than the budget is tried completely, in random order.
 * 3. A start: the baseline, if any variable was given a default, hints, and then points that are spread evenly with each
 *    choice as often as any other: max(8, min(2 d, a fifth of the budget)) trials, at most 12 where there is no budget; what the study enqueued counts.
 * 4. Up to 300 trials and 60 variables, as long as an ask takes no longer than `askMsMax`: the Gaussian process of `gpSampler`.
 * 5. Beyond: TPE; CMA-ES with margin where there is one objective, all variables are numeric and the noise is small; NSGA-II from
 *    500 trials on where there are several objectives.
 *
 * Throws: `foundation/invalid-option`, `ml/invalid-variable` for rules that can't be; what a rule throws.
 * @example createStudy({ space, objectives: { accuracy: 'max' }, sampler: adaptiveSampler({ budget: 100 }) })
 */
export function adaptiveSampler(options: AdaptiveOptions = {}): Sampler {
  checkOptions('adaptiveSampler', options, {
    budget: rule.optional(rule.int(1)),
    askMsMax: rule.optional(rule.number(0)),
    rules: rule.optional(rule.array()),
  })
  const { budget, askMsMax = askMsMaxDefault, rules = [] } = definedOptions(options)
  const ready = readyRules('adaptiveSampler', rules)
  const historyOf = incremental(emptyHistory, addTrial)
  const seenIn = exactMemory()
  const others = { tpe: tpeSampler(), 'cma-es': cmaEsSampler(), nsga2: nsga2Sampler() }
  const look = (context: AskContext) => {
    const history = historyOf(context)
    const situation = situationOf(context, history.complete.length, budget)
    const ruled = ready.find(({ when }) => when(situation))
    return { history, situation, ruled, seen: seenIn(context) }
  }
  const choose = ({ history, situation, seen }: Omit<ReturnType<typeof look>, 'ruled'>): Choice => {
    const exhausted = seen.count >= situation.configs
    return choiceFor(situation, { askMsMax, exhausted, noise: () => noiseShare(history) })
  }
  return {
    name: 'adaptive',
    ask(context) {
      const looked = look(context)
      const { history, situation, ruled, seen } = looked
      if (ruled) return ruled.sampler.ask(context)
      const { by } = choose(looked)
      if (by === 'list') return sampleUnseen({ ...context, seen })[0] ?? context.space.sample(context.random)
      if (by === 'design') return startOf(context, { history, seen, size: designSize(situation) })
      if (by === 'gp') return proposalOf(context, { history, seen, settings: gpDefaults })
      return others[by].ask(context)
    },
    explain(context) {
      const looked = look(context)
      const { ruled } = looked
      if (ruled) return `adaptive uses ${ruled.sampler.name}: rule "${ruled.name}" holds`
      const { by, why } = choose(looked)
      return `adaptive uses ${names[by]}: ${why}`
    },
  }
}

const names = {
  list: 'a list of all configurations',
  design: 'an even spread',
  gp: 'a Gaussian process',
  tpe: 'TPE',
  'cma-es': 'CMA-ES',
  nsga2: 'NSGA-II',
} satisfies { readonly [by in Choice['by']]: string }

interface Start {
  readonly history: History
  readonly seen: Seen
  readonly size: number
}

function startOf({ space, finished, pending, random }: AskContext, { history, seen, size }: Start): Config {
  const asked = [...finished, ...pending].map(({ config }) => config)
  const known = nextKnown(space, knownStarts(space, size), asked)
  return known ?? nextOfDesign({ space, seen, random, encoding: history.encoding, asked, size })
}
