import { describe, test } from 'vitest'
import { samplerContract } from '../testing/index.ts'
import { gpSampler } from './gp.ts'

describe.each([
  ['gpSampler', () => gpSampler({ starts: 32, climbs: 2 })],
  [
    'gpSampler, modelling at once, of few trials and without climbs',
    () => gpSampler({ startupTrials: 1, trialsMax: 10, starts: 16, climbs: 0 }),
  ],
])('%s keeps the contract', (_, make) => {
  for (const { name, run } of samplerContract(make)) test(name, run)
})
