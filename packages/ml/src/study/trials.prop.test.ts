/** Laws of loops over studies, whatever the body does and in whatever order trials end. Shows that it can fail by bugs planted in the loop. */

import { isMabeamError, seededRandom } from '@mabeam/foundation'
import { settled } from '@mabeam/foundation/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { randomSampler } from '../samplers/random.ts'
import { space } from '../space/space.ts'
import { bool, choice, int } from '../space/variable.ts'
import { type MemoryJournal, memoryJournal } from '../testing/index.ts'
import type { LoopTrial } from './loop-trial.ts'
import { createStudy } from './open-study.ts'
import type { Study } from './study.ts'
import { type TrialsOptions, trialsOf } from './trials.ts'

const tuning = space({ a: int({ min: 0, max: 4 }), b: choice(['x', 'y', 'z']), c: bool() })
const options = { id: 'law', space: tuning, objectives: { loss: 'min' }, sampler: randomSampler() } as const

interface Case {
  readonly seed: number
  readonly budget: number
  readonly parallel: number
  readonly repeats: number
  readonly deterministic: boolean
  /** After how many trials the body leaves the loop, to begin another. */
  readonly leaveAfter: number
}

const anyCase: fc.Arbitrary<Case> = fc.record({
  seed: fc.integer({ min: 0, max: 1_000_000 }),
  budget: fc.integer({ min: 0, max: 36 }),
  parallel: fc.integer({ min: 1, max: 6 }),
  repeats: fc.integer({ min: 1, max: 3 }),
  deterministic: fc.boolean(),
  leaveAfter: fc.integer({ min: 1, max: 20 }),
})

type Loop = (study: Study<typeof tuning.variables, 'loss'>, options: TrialsOptions) => AsyncIterable<LoopTrial>

interface Played {
  readonly study: Study<typeof tuning.variables, 'loss'>
  readonly journal: MemoryJournal
  readonly most: number
}

/** Plays loops until one is not left, ending trials in random order and ways. */
async function played(one: Case, loop: Loop): Promise<Played> {
  const { seed, budget, parallel, repeats, deterministic, leaveAfter } = one
  const random = seededRandom(seed)
  const journal = memoryJournal()
  const study = createStudy({ ...options, seed, journal })
  const open: LoopTrial[] = []
  let most = 0
  let [taken, wasLeft] = [0, false]
  const end = (trial: LoopTrial) => {
    const how = random.int(8)
    if (how === 0) return trial.fail(new Error('broken'))
    if (how === 1) return trial.prune('no use')
    return trial.tell(how === 2 ? { loss: Number.NaN } : { loss: random.next() })
  }
  const endOne = () => {
    const [trial] = open.splice(random.int(Math.max(1, open.length)), 1)
    if (trial) void end(trial)
  }
  for (let isLeft = true; isLeft; ) {
    isLeft = false
    const trials = loop(study, { budget, parallel, repeats, deterministic, failuresMax: 1_000 })
    let over = false
    const walk = (async () => {
      for await (const trial of trials) {
        open.push(trial)
        most = Math.max(most, open.length)
        if (random.int(3) === 0) endOne()
        if (++taken >= leaveAfter && !wasLeft) {
          isLeft = true
          wasLeft = true
          break
        }
      }
    })().finally(() => {
      over = true
    })
    while (!over) {
      await settled()
      endOne()
    }
    await walk
    open.length = 0
  }
  return { study, journal, most }
}

/** The laws, as sentences that don't hold. */
async function broken(one: Case, loop: Loop): Promise<string[]> {
  const { study, journal, most } = await played(one, loop)
  const numbers = study.finished.map(({ number }) => number)
  const enough = Math.min(one.budget, tuning.cardinality)
  const configs = new Set(study.finished.map(({ config }) => JSON.stringify(config)))
  const again = createStudy({ ...options, seed: one.seed, journal: journal.reopened() })
  return [
    ...(numbers.length === enough ? [] : [`${numbers.length} trials, not ${enough}`]),
    ...(new Set(numbers).size === numbers.length ? [] : ['a trial counted twice']),
    ...(configs.size === numbers.length ? [] : ['a configuration was tried twice']),
    ...(study.pending.length === 0 ? [] : ['a trial is left pending']),
    ...(most <= one.parallel ? [] : [`${most} at once`]),
    ...(JSON.stringify(again.finished) === JSON.stringify(study.finished) ? [] : ['the journal tells something else']),
  ]
}

const real: Loop = (study, given) => study.trials(given) as AsyncIterable<LoopTrial>

describe('loops over studies', () => {
  test('end with the budget or the space, count each trial once, never exceed `parallel`, and are replayed', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, async (one) => {
        expect(await broken(one, real)).toEqual([])
      }),
      { numRuns: 60 },
    )
  })

  test('deterministic ones tell in the order of asks', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, async (one) => {
        const { study } = await played({ ...one, deterministic: true, leaveAfter: 1_000 }, real)
        const numbers = study.finished.map(({ number }) => number)
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
      }),
      { numRuns: 30 },
    )
  })
})

describe('the laws notice', () => {
  const bugs: readonly (readonly [string, Loop, string])[] = [
    ['a loop of more at once', (study, given) => real(study, { ...given, parallel: 9 }), 'at once'],
    ['a loop of another budget', (study, given) => real(study, { ...given, budget: given.budget + 1 }), 'trials, not'],
    ['a loop that ends before its trials do', hasty, 'pending'],
    ['a loop that repeats itself', (study, given) => real(study, { ...given, duplicates: true, budget: 40 }), 'twice'],
    [
      'a loop that forgets what was left',
      (study, given) => trialsOf(new Proxy(study, { get: forgetful }) as unknown as Study, given),
      'pending',
    ],
  ]
  test.each(bugs)('%s', async (_, loop, sentence) => {
    const found: string[] = []
    for (let seed = 0; seed < 6 && !found.some((one) => one.includes(sentence)); seed++) {
      const one = { seed, budget: 20, parallel: 4, repeats: 1, deterministic: false, leaveAfter: 6 }
      found.push(...(await broken(one, loop)))
    }
    expect(found.some((one) => one.includes(sentence))).toBe(true)
  })

  /** Gives the last trial and is gone. */
  async function* hasty(...[study, given]: Parameters<Loop>): AsyncIterable<LoopTrial> {
    for await (const trial of real(study, given)) {
      yield trial
      if (trial.number === given.budget - 1) return
    }
  }

  /** A study whose loops give nothing back. */
  function forgetful(target: object, key: string | symbol): unknown {
    if (key === 'release') return () => {}
    const value = Reflect.get(target, key, target)
    return typeof value === 'function' ? value.bind(target) : value
  }
})

test('errors of loops are typed', async () => {
  const study = createStudy(options)
  const thrown = await (async () => {
    for await (const trial of study.trials({ budget: 3, failuresMax: 0 })) trial.fail('a string')
  })().catch((error: unknown) => error)
  expect(isMabeamError(thrown)).toBe(true)
})
