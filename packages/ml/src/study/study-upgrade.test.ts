import type { Json } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { space } from '../space/space.ts'
import { float } from '../space/variable.ts'
import { memoryJournal } from '../testing/index.ts'
import { openStudy } from './open-study.ts'

const options = {
  id: 'old',
  space: space({ x: float({ min: 0, max: 1 }) }),
  objectives: [{ name: 'loss', direction: 'minimise' }],
  seed: 1,
} as const
const variables = { x: { type: 'float', min: 0, max: 1, log: false, default: 0.5 } }

/** A journal as version 1 wrote it; never change it. */
const version1: readonly Json[] = [
  {
    type: 'study',
    version: 1,
    id: 'old',
    seed: 1,
    space: { version: 1, variables, constraints: [] },
    objectives: [{ name: 'loss', direction: 'minimise' }],
    enqueue: [],
    meta: null,
  },
  { type: 'ask', number: 0, config: { x: 0.25 }, seed: 5 },
  { type: 'tell', number: 0, values: { loss: 1 }, attributes: null, seconds: 0 },
]

/** A journal as version 2 wrote it; never change it. */
const version2: readonly Json[] = [
  {
    type: 'study',
    version: 2,
    id: 'old',
    seed: 1,
    space: { version: 1, variables, constraints: [] },
    objectives: [{ name: 'loss', direction: 'minimise' }],
    limits: [{ name: 'ms', atMost: 5 }],
    enqueue: [],
    meta: null,
  },
  { type: 'ask', number: 0, config: { x: 0.25 }, seed: 5 },
  { type: 'ask', number: 1, config: { x: 0.75 }, seed: 6 },
  { type: 'ask', number: 2, config: { x: 0.5 }, seed: 7 },
  { type: 'prune', number: 1, because: 'behind', seconds: 2, reports: [{ step: 1, value: 3 }] },
  {
    type: 'tell',
    number: 0,
    values: { loss: 1, ms: 9 },
    attributes: null,
    seconds: 1,
    reports: [{ step: 1, value: 1 }],
  },
  { type: 'tell', number: 2, values: { loss: 2, ms: 4 }, attributes: null, seconds: 1 },
]

describe('journals of studies', () => {
  test('of version 1 go on as version 2, marked once', async () => {
    const first = memoryJournal(version1)
    const study = await openStudy({ ...options, journal: first })
    expect(study.finished).toMatchObject([{ number: 0, state: 'complete', values: { loss: 1 } }])
    const { number } = study.ask()
    study.report(number, 1, 2)
    await study.prune(number, 'behind')
    const second = first.reopened()
    const again = await openStudy({ ...options, journal: second })
    expect(again.finished).toEqual(study.finished)
    const marks = second.written.filter((record) => (record as { type: string }).type === 'upgrade')
    expect(marks).toEqual([{ type: 'upgrade', version: 2 }])
  })

  test('of version 2 are read', async () => {
    const limits = [{ name: 'ms', atMost: 5 }]
    const study = await openStudy({ ...options, limits, journal: memoryJournal(version2) })
    expect(study.finished).toEqual([
      {
        number: 1,
        config: { x: 0.75 },
        seed: 6,
        state: 'pruned',
        values: {},
        attributes: null,
        because: 'behind',
        reports: [{ step: 1, value: 3 }],
        seconds: 2,
      },
      {
        number: 0,
        config: { x: 0.25 },
        seed: 5,
        state: 'complete',
        values: { loss: 1, ms: 9 },
        attributes: null,
        reports: [{ step: 1, value: 1 }],
        seconds: 1,
      },
      {
        number: 2,
        config: { x: 0.5 },
        seed: 7,
        state: 'complete',
        values: { loss: 2, ms: 4 },
        attributes: null,
        seconds: 1,
      },
    ])
    expect(study.observedBest()?.number).toBe(2)
    expect(study.observedFront().map(({ number }) => number)).toEqual([2])
  })

  test('with other limits are refused, and so is a tell without a limited value', async () => {
    const journal = memoryJournal(version2)
    await expect(openStudy({ ...options, journal })).rejects.toMatchObject({ data: { differs: 'limits' } })
    const study = await openStudy({ ...options, limits: [{ name: 'ms', atMost: 5 }] })
    const { number } = study.ask()
    await expect(study.tell(number, { values: { loss: 1 } })).rejects.toMatchObject({ data: { name: 'ms' } })
    await study.tell(number, { values: { loss: 1, ms: 7 } })
    expect([study.observedBest()?.number, study.observedFront()]).toEqual([0, []])
  })
})
