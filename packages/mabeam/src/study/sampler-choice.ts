/** Samplers by the name that a command line gives. */

import { adaptiveSampler, type Sampler, type SamplerName, samplerNamed, samplerNames } from '@mabeam/ml'

export type SamplerChoice = SamplerName | 'adaptive'

export const samplerChoices: readonly SamplerChoice[] = ['adaptive', ...samplerNames]

/** The sampler of that name, with its default options. */
export function chosenSampler(name: SamplerChoice): Sampler {
  return name === 'adaptive' ? adaptiveSampler() : samplerNamed(name)
}
