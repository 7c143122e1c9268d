import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Json, openJournal } from '@mabeam/foundation'
import { collectTelemetry, failingCases, virtualClock } from '@mabeam/foundation/testing'
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest'
import { space } from '../space/space.ts'
import { bool, choice, float, int } from '../space/variable.ts'
import { memoryJournal, type OpenStudy, studyContract } from '../testing/index.ts'
import type { FinishedTrial } from '../trial.ts'
import { openStudy } from './open-study.ts'
import { studyJournal } from './study-journal.ts'
import { attributesBytesMax } from './trial-outcome.ts'

const objectives = [{ name: 'loss', direction: 'minimise' }] as const
const tiny = space({ x: int({ min: 0, max: 3, default: 1 }), fast: bool() })
const options = { id: 'tiny', space: tiny, objectives, seed: 1 }

/** A journal as version 1 wrote it; never change it. */
const version1: readonly Json[] = [
  {
    type: 'study',
    version: 1,
    id: 'tiny',
    seed: 1,
    space: {
      version: 1,
      variables: {
        x: { type: 'int', min: 0, max: 3, log: false, step: 1, default: 1 },
        fast: { type: 'bool', default: false },
      },
      constraints: [],
    },
    objectives: [{ name: 'loss', direction: 'minimise' }],
    enqueue: [],
    meta: { data: 'train.jsonl' },
  },
  { type: 'ask', number: 0, config: { x: 2, fast: true }, seed: 11 },
  { type: 'ask', number: 1, config: { x: 0, fast: false }, seed: 12 },
  { type: 'tell', number: 0, values: { loss: 0.5 }, attributes: { n: 3 }, seconds: 1.5 },
  { type: 'ask', number: 2, config: { x: 3, fast: false }, seed: 13 },
  { type: 'fail', number: 1, error: { code: 'test/boom', message: 'boom', retryable: false, data: {} }, seconds: 0.25 },
]

function version1Header(): Record<string, Json> {
  return version1[0] as Record<string, Json>
}

describe('openStudy keeps the contract', () => {
  for (const { name, run } of studyContract(openStudy)) test(name, run)
})

describe('openStudy on journals in files keeps the contract', () => {
  let folder = ''
  let opened = 0
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mabeam-ml-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  /** Every record goes through a file, and is read back from there for a resume. */
  const onFiles: OpenStudy = async (given) => {
    const memory = given.journal
    if (!memory) return openStudy(given)
    const path = join(folder, `${opened++}.jsonl`)
    {
      await using copy = await openJournal({ path, ...studyJournal })
      await Promise.all(memory.records.map((record) => copy.append(record)))
    }
    const file = await openJournal({ path, ...studyJournal })
    closing.push(() => file.close())
    const append = async (record: Json) => {
      await memory.append(record)
      await file.append(record)
    }
    return openStudy({ ...given, journal: { records: file.records, append } })
  }
  const closing: (() => Promise<void>)[] = []
  afterAll(() => Promise.all(closing.map((close) => close())))

  for (const { name, run } of studyContract(onFiles)) test(name, run)
})

describe('the contract of studies', () => {
  type Opened = Awaited<ReturnType<OpenStudy>>
  const changed = (change: (study: Opened, given: Parameters<OpenStudy>[0]) => Partial<Opened>): OpenStudy => {
    return async (given) => {
      const study = await openStudy(given)
      const over = change(study, given)
      return new Proxy(study, {
        get: (target, key) => {
          if (Object.hasOwn(over, key)) return over[key as keyof Opened]
          const value = Reflect.get(target, key, target)
          return typeof value === 'function' ? value.bind(target) : value
        },
      })
    }
  }

  test.each<readonly [string, OpenStudy, string]>([
    [
      'tells before it is durable',
      changed((study) => ({
        tell: async (number, outcome) => {
          study.tell(number, outcome).catch(() => {})
        },
      })),
      'durable',
    ],
    [
      'takes a second tell',
      changed((study) => ({
        tell: (number, outcome) =>
          study.tell(number, outcome).catch((thrown) => {
            if (thrown.code !== 'ml/trial-already-told') throw thrown
          }),
      })),
      'second tell',
    ],
    [
      'forgets its pending trials',
      async (given) => {
        const records = given.journal?.records ?? []
        const told = new Set(
          records
            .map((record) => record as { type: string; number: number })
            .filter(({ type }) => type === 'tell')
            .map(({ number }) => number),
        )
        const kept = records.filter(
          (record) => (record as { type: string }).type !== 'ask' || told.has((record as { number: number }).number),
        )
        return openStudy(given.journal ? { ...given, journal: { ...given.journal, records: kept } } : given)
      },
      'pending',
    ],
    [
      'has another seed after a resume',
      async (given) => {
        const { journal } = given
        if (!journal || journal.records.length < 2) return openStudy(given)
        const records = [{ ...(journal.records[0] as object), seed: 99 }, ...journal.records.slice(1)] as Json[]
        return openStudy({ ...given, seed: 99, journal: { ...journal, records } })
      },
      'resumed study',
    ],
    [
      'prefers the latest of equals',
      changed((study) => ({
        observedBest: () =>
          study.finished.reduce<FinishedTrial | undefined>((best, one) => {
            return (one.values.accuracy ?? 0) >= (best?.values.accuracy ?? 0) ? one : best
          }, undefined) as never,
      })),
      'observed best',
    ],
    ['keeps what is given back', changed(() => ({ release: () => {} })), 'released'],
    [
      'writes nothing down',
      async ({ journal, ...rest }) =>
        openStudy({ ...rest, ...(journal ? { journal: { ...journal, append: async () => {} } } : {}) }),
      'durable',
    ],
  ])('notices a study that %s', async (_, open, law) => {
    const failing = await failingCases(studyContract(open))
    expect(failing.some((name) => name.includes(law))).toBe(true)
  })
})

describe('openStudy', () => {
  test('types trials by the space', async () => {
    const typed = space({ model: choice(['a', 'b']), rate: float({ min: 0, max: 1 }) })
    const study = await openStudy({ ...options, space: typed })
    expectTypeOf(study.ask().config).toEqualTypeOf<{ readonly model: 'a' | 'b'; readonly rate: number }>()
    expectTypeOf(study.observedBest()?.config.model).toEqualTypeOf<'a' | 'b' | undefined>()
    // @ts-expect-error an enqueued configuration is one of the space
    await expect(openStudy({ ...options, space: typed, enqueue: [{ model: 'c', rate: 0 }] })).rejects.toThrow()
  })

  test('is told an outcome, its values alone or a bare value, with whatever else was measured', async () => {
    const study = await openStudy(options)
    study.askMany(3)
    await study.tell(0, { values: { loss: 1, ms: 5 }, attributes: 'a' })
    await study.tell(1, { loss: 2, ms: 6 })
    await study.tell(2, 3)
    await study.tell(2, { values: { loss: 3 } })
    // @ts-expect-error the objective is missing
    await expect(study.tell(2, { los: 3 })).rejects.toMatchObject({ code: 'ml/trial-already-told' })
    expect(study.finished.map(({ values }) => values)).toEqual([{ loss: 1, ms: 5 }, { loss: 2, ms: 6 }, { loss: 3 }])
  })

  test('reads the journal of version 1', async () => {
    const study = await openStudy({ ...options, meta: 'ignored on resume', journal: memoryJournal(version1) })
    expect(study.meta).toEqual({ data: 'train.jsonl' })
    expect(study.finished).toEqual([
      {
        number: 0,
        config: { x: 2, fast: true },
        seed: 11,
        state: 'complete',
        values: { loss: 0.5 },
        attributes: { n: 3 },
        seconds: 1.5,
      },
      {
        number: 1,
        config: { x: 0, fast: false },
        seed: 12,
        state: 'failed',
        values: {},
        attributes: null,
        error: { code: 'test/boom', message: 'boom', retryable: false, data: {} },
        seconds: 0.25,
      },
    ])
    expect(study.ask()).toEqual({ number: 2, config: { x: 3, fast: false }, seed: 13 })
  })

  test.each([
    [[{ type: 'ask' }], 'record 0 of its journal is no header of a study'],
    [[{ ...version1Header(), version: 3 }], 'record 0 of its journal has version 3, expected 1 to 2'],
    [
      [version1Header(), { type: 'tell', number: 0, values: {}, seconds: 0 }],
      'record 1 of its journal ends trial 0, which is not pending',
    ],
    [
      [version1Header(), { type: 'ask', number: 4, config: { x: 1, fast: true }, seed: 1 }],
      'record 1 of its journal asks trial 4, expected 0',
    ],
    [[version1Header(), 'noise'], 'record 1 of its journal is no ask, tell, fail or prune: "noise"'],
  ])('refuses a journal that is not of a study, naming the record (%#)', async (records, sentence) => {
    await expect(openStudy({ ...options, journal: memoryJournal(records as Json[]) })).rejects.toThrow(
      expect.objectContaining({ code: 'ml/study-corrupt', message: expect.stringContaining(sentence) }),
    )
  })

  test('lets words for people change between runs', async () => {
    const journal = memoryJournal()
    await openStudy({ ...options, journal })
    const worded = space({ x: int({ min: 0, max: 3, default: 1, help: 'how many', unit: 'demos' }), fast: bool() })
    await expect(openStudy({ ...options, space: worded, journal: journal.reopened() })).resolves.toBeDefined()
  })

  test.each([
    [{ objectives: [] }, 'openStudy: objectives: expected 1 to 8 objectives, got []'],
    [
      { objectives: [{ name: 'a', direction: 'up' }] },
      'openStudy: objective: direction: expected one of maximise, minimise, got "up"',
    ],
    [{ objectives: [...objectives, ...objectives] }, 'openStudy: objectives: expected names that differ'],
    [{ seed: 0.5 }, 'openStudy: seed: expected an integer'],
    [{ enqueue: [{ x: 9, fast: true }] }, 'config: x: expected an integer from 0 to 3, got 9'],
    [{ sampeler: 1 }, 'unknown option "sampeler"; did you mean "sampler"?'],
  ])('refuses impossible options (%#)', async (given, sentence) => {
    await expect(openStudy({ ...options, ...given } as never)).rejects.toThrow(sentence)
  })

  test('takes attributes up to the limit and not past it', async () => {
    const study = await openStudy(options)
    const { number } = study.ask()
    const tell = (length: number) => study.tell(number, { values: { loss: 1 }, attributes: 'a'.repeat(length - 2) })
    await expect(tell(attributesBytesMax + 1)).rejects.toThrow(
      'trial 0: attributes: expected at most 1048576 bytes of JSON',
    )
    await tell(attributesBytesMax)
    expect(study.finished).toHaveLength(1)
  })

  test('knows when a finite space is exhausted', async () => {
    const study = await openStudy(options)
    for (let i = 0; i < 8; i++) {
      expect(study.exhausted).toBe(false)
      study.ask()
    }
    expect(study.exhausted).toBe(true)
    expect((await openStudy({ ...options, space: space({ x: float({ min: 0, max: 1 }) }) })).exhausted).toBe(false)
  })

  test('refuses what a sampler proposes outside the space', async () => {
    const sampler = { name: 'broken', ask: () => ({ x: 7, fast: true }) }
    const study = await openStudy({ ...options, sampler })
    expect(() => study.ask()).toThrow('config: x: expected an integer from 0 to 3, got 7')
  })

  test('emits what happens, with the seconds of its clock', async () => {
    const telemetry = collectTelemetry()
    const clock = virtualClock()
    const journal = memoryJournal()
    const study = await openStudy({ ...options, telemetry, clock, journal })
    study.ask()
    study.ask()
    await clock.advance(1_500)
    await study.tell(0, { values: { loss: 1 } })
    await study.fail(1, new Error('no'))
    await openStudy({ ...options, telemetry, journal: journal.reopened() })
    expect(telemetry.events.map(({ name }) => name)).toEqual([
      'ml.trial-asked',
      'ml.trial-asked',
      'ml.trial-told',
      'ml.trial-failed',
      'ml.study-resumed',
    ])
    expect(telemetry.events[2]).toEqual({
      name: 'ml.trial-told',
      measurements: { seconds: 1.5 },
      metadata: { study: 'tiny', trial: 0 },
    })
    expect(telemetry.events[4]?.measurements).toEqual({ finished: 2, pending: 0 })
  })
})
