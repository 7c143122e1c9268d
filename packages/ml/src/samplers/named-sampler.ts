/** Samplers by name, as rules and command lines name them. */

import { show, unknownName } from '@mabeam/foundation'
import type { Sampler } from '../sampler.ts'
import { banditSampler } from './bandit.ts'
import { cmaEsSampler } from './cma-es.ts'
import { gpSampler } from './gp.ts'
import { gridSampler } from './grid.ts'
import { latinHypercubeSampler } from './latin-hypercube.ts'
import { nsga2Sampler } from './nsga2.ts'
import { nsga3Sampler } from './nsga3.ts'
import { qmcSampler } from './qmc.ts'
import { randomSampler } from './random.ts'
import { tpeSampler } from './tpe.ts'

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

/** Every sampler but `adaptive`, which chooses among them. */
export type SamplerName = keyof typeof byName

export const samplerNames = Object.freeze(Object.keys(byName)) as readonly SamplerName[]

/** The sampler of that name, with its default options. Throws: `foundation/unknown-name`. @example samplerNamed('tpe').name // => 'tpe' */
export function samplerNamed(name: SamplerName): Sampler {
  if (typeof name !== 'string' || !Object.hasOwn(byName, name)) {
    throw unknownName('samplerNamed', 'sampler', typeof name === 'string' ? name : show(name), samplerNames)
  }
  return byName[name]()
}
