/** Samplers by the names that the command line knows them by. */

import {
  adaptiveSampler,
  banditSampler,
  cmaEsSampler,
  gpSampler,
  gridSampler,
  latinHypercubeSampler,
  nsga2Sampler,
  nsga3Sampler,
  qmcSampler,
  randomSampler,
  type Sampler,
  type SamplerName,
  tpeSampler,
} from '@mabeam/ml'

export type SamplerChoice = SamplerName | 'adaptive'

const makers: { readonly [name in SamplerChoice]: () => Sampler } = {
  adaptive: () => adaptiveSampler(),
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
}

export const samplerChoices = Object.keys(makers) as readonly SamplerChoice[]

/** The sampler of that name, with its default options. */
export function samplerNamed(name: SamplerChoice): Sampler {
  return makers[name]()
}
