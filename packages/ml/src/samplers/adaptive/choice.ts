/** Which way of proposing suits a situation, and why. */

import type { Situation } from './situation.ts'
import { designSize } from './starts.ts'

export interface Choice {
  readonly by: 'list' | 'design' | 'gp' | 'tpe' | 'cma-es' | 'nsga2'
  /** The rest of a sentence that begins with what was chosen. */
  readonly why: string
}

/** Trials up to which Gaussian processes propose. */
const gpTrialsMax = 300
/** Told trials from which a genetic algorithm takes over where there are several objectives. */
const nsgaTrialsMin = 500
/** Variables up to which a Gaussian process is worth its time: with twice as many it found no more than TPE in 80 trials, over 15 seeds. */
const gpVariablesMax = 60
/** An ask by a Gaussian process takes no longer, where nobody says otherwise. */
export const askMsMaxDefault = 500

/** What is asked of the choice beside the situation. */
export interface ChoiceTerms {
  readonly askMsMax: number
  /** Whether every configuration of the space is told or pending. */
  readonly exhausted: boolean
  /** The share of noise in the variance of the first objective, once so many trials were told that it matters. */
  noise(): number
}

/** Noise below this share leaves a problem quiet. */
const quietNoise = 0.01
/** Numeric variables from which a large quiet study is for CMA-ES. */
const cmaVariablesMin = 3

export function choiceFor(situation: Situation, terms: ChoiceTerms): Choice {
  const { configs, budget, complete, finished, pending, objectives } = situation
  if (terms.exhausted && complete > 0) {
    return {
      by: 'gp',
      why: `all ${configs} configurations were tried, and one is measured again where that tells most`,
    }
  }
  if (budget !== undefined && configs <= budget) {
    return { by: 'list', why: `all ${configs} configurations fit the budget of ${budget} trials` }
  }
  const size = designSize(situation)
  const asked = finished + pending
  if (asked < size) return { by: 'design', why: `trial ${asked + 1} of a start of ${size} that is spread evenly` }
  if (complete === 0) return { by: 'design', why: 'no trial is complete yet, and nothing can be learned from' }
  if (objectives > 1 && finished >= nsgaTrialsMin) {
    return { by: 'nsga2', why: `${objectives} objectives and ${finished} told trials, at least ${nsgaTrialsMin}` }
  }
  if (finished < gpTrialsMax && situation.variables <= gpVariablesMax) return modelled(situation, terms)
  if (isForCma(situation) && terms.noise() < quietNoise) {
    return {
      by: 'cma-es',
      why: `all ${situation.variables} variables are numeric, there is little noise, and ${finished} trials are told`,
    }
  }
  if (finished >= gpTrialsMax) return { by: 'tpe', why: `${finished} told trials: ${tooLong}` }
  const ms = gpAskMs(situation)
  const variables = `${situation.variables} variables, more than ${gpVariablesMax}`
  return { by: 'tpe', why: `${variables}: a Gaussian process would take some ${ms} ms an ask and find no more` }
}

const tooLong = 'a Gaussian process would take longer than it is worth'

function modelled(situation: Situation, { askMsMax }: ChoiceTerms): Choice {
  const ms = gpAskMs(situation)
  if (ms > askMsMax)
    return { by: 'tpe', why: `a Gaussian process would take some ${ms} ms an ask, more than ${askMsMax}` }
  const { objectives, complete } = situation
  const aim =
    objectives === 1
      ? 'expected improvement'
      : objectives <= 3
        ? 'expected hypervolume improvement'
        : 'expected improvement of a random trade-off'
  return {
    by: 'gp',
    why: `${complete} complete trials are few enough to model, and it proposes where they promise most by ${aim}`,
  }
}

/** What an ask of the Gaussian process takes on a processor of our day, fits included; as measured with 6 to 200 variables. */
function gpAskMs({ objectives, complete, variables }: Situation): number {
  const perVariable = 1.35 + complete / 300
  return Math.ceil(objectives * (4 + complete ** 2 / 2_000 + variables * perVariable))
}

function isForCma({ objectives, numeric, variables, conditional, limits }: Situation): boolean {
  return objectives === 1 && numeric === variables && variables >= cmaVariablesMin && conditional === 0 && limits === 0
}
