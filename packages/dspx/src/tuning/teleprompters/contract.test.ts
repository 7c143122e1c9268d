import { describe, test } from 'vitest'
import { teleprompterContract } from '../../testing/index.ts'
import { searchPlan } from '../search-plan.ts'
import { beacon } from './beacon.ts'
import { betterTogether } from './better-together.ts'
import { bootstrapFewShot } from './bootstrap-few-shot.ts'
import { bootstrapRandomSearch } from './bootstrap-random-search.ts'
import { copro } from './copro.ts'
import { gepa } from './gepa.ts'
import { inferRules } from './infer-rules.ts'
import { jointSearch } from './joint-search.ts'
import { labeledFewShot } from './labeled-few-shot.ts'
import { miproV2 } from './mipro-v2.ts'
import { nearestFewShot } from './nearest-few-shot.ts'
import { simba } from './simba.ts'

const short = { rowsMax: 24, bootstrapped: 2, labeled: 6 }
const few = { labeledSets: 1, balancedSets: 1, coverageSets: 1, bootstrappedSets: 1, teacherRows: 12 }

describe.each([
  ['labeledFewShot', () => labeledFewShot({ demos: 8 })],
  ['bootstrapFewShot', () => bootstrapFewShot(short)],
  ['bootstrapRandomSearch', () => bootstrapRandomSearch({ ...short, candidates: 2 })],
  ['jointSearch', () => searchPlan(jointSearch(few), { trialsMax: 12 })],
  ['miproV2', () => miproV2({ minibatch: 6, trials: 8, rowsMax: 24 })],
  ['copro', () => copro({ breadth: 3, depth: 2 })],
  ['simba', () => simba({ minibatch: 8, candidates: 3, steps: 3 })],
  ['gepa', () => gepa({ stepsMax: 12, idleStepsMax: 4 })],
  ['nearestFewShot', () => nearestFewShot({ demos: 8 })],
  ['inferRules', () => inferRules({ ...short, candidates: 2 })],
  ['betterTogether', () => betterTogether({ teleprompters: [gepa({ stepsMax: 4 }), labeledFewShot({ demos: 6 })] })],
  ['beacon', () => beacon({ ...few, trialsMax: 12, minibatch: 6, refinementsMax: 2 })],
])('%s', (_, make) => {
  for (const { name, run } of teleprompterContract(make)) test(name, run)
})
