import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Json, openJournal, readJournal } from '@mabeam/foundation'
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest'
import { subset } from '../space/list-variable.ts'
import { space } from '../space/space.ts'
import { choice, float } from '../space/variable.ts'
import { memoryJournal } from '../testing/index.ts'
import { createStudy, openStudy } from './open-study.ts'
import { readStudy } from './read-study.ts'
import { studyJournal } from './study-journal.ts'

const tuning = space({
  model: choice(['small', 'large']),
  rate: float({ min: 0.01, max: 1, log: true }),
  tools: subset(['search', 'code', 'maths']),
}).constrain('small models have no tools', (c) => c.model === 'large' || c.tools.length === 0)
const options = { id: 'read', space: tuning, objectives: { accuracy: 'max', cost: 'min' }, seed: 4 } as const
const measure = ({ config }: { readonly config: { readonly rate: number; readonly model: string } }) => ({
  accuracy: 1 - (config.rate - 0.3) ** 2,
  cost: config.model === 'large' ? 5 : 1,
})

async function written() {
  const journal = memoryJournal()
  const study = createStudy({ ...options, journal })
  await study.run(measure, { budget: 25 })
  study.ask()
  return { journal, study }
}

describe('readStudy', () => {
  test('finds what the writer finds, with or without its space', async () => {
    const { journal, study } = await written()
    for (const read of [
      readStudy({ journal: journal.reopened() }),
      readStudy({ journal: journal.reopened(), space: tuning }),
    ]) {
      expect(read).toMatchObject({ id: 'read', seed: 4, objectives: study.objectives })
      expect(read.finished).toEqual(study.finished)
      expect(read.pending).toEqual(study.pending)
      expect(read.best()).toEqual(study.best())
      expect(read.front()).toEqual(study.front())
      expect(read.observedBest()).toEqual(study.observedBest())
      expect(read.importance()).toEqual(study.importance())
      expect(read.explain().sampler).toBeUndefined()
    }
    expectTypeOf(readStudy({ journal: journal.reopened(), space: tuning }).finished[0]?.config.model).toEqualTypeOf<
      'small' | 'large' | undefined
    >()
  })

  test('refuses whatever would change the study, and writes nothing', async () => {
    const { journal } = await written()
    const reopened = journal.reopened()
    const study = readStudy({ journal: reopened })
    const refused = expect.objectContaining({ code: 'ml/study-read-only' })
    const { values } = study.finished[0] as (typeof study.finished)[number]
    expect(() => study.ask()).toThrow(refused)
    expect(() => study.askMany(2)).toThrow(refused)
    expect(() => study.trials({ budget: 30 })).toThrow(refused)
    expect(() => study.report(25, 1, 1)).toThrow(refused)
    expect(() => study.release(25)).toThrow(refused)
    await expect(study.run(() => 1, { budget: 30 })).rejects.toThrow(refused)
    for (const number of [0, 25, 99]) {
      await expect(study.tell(number, { values })).rejects.toThrow(refused)
      await expect(study.tellMany([{ number, values }])).rejects.toThrow(refused)
      await expect(study.fail(number, new Error('no'))).rejects.toThrow(refused)
      await expect(study.prune(number, 'no')).rejects.toThrow(refused)
    }
    expect(reopened.written).toEqual(reopened.records)
  })

  test('reads what is no study as an error, by record', async () => {
    const { journal } = await written()
    const read = (records: readonly unknown[]) => () => readStudy({ journal: { records: records as Json[] } })
    const corrupt = expect.objectContaining({ code: 'ml/study-corrupt' })
    expect(read([])).toThrow(corrupt)
    expect(read([{ type: 'noise' }])).toThrow(corrupt)
    expect(read([...journal.written, { type: 'tell', number: 3 }])).toThrow(corrupt)
    expect(() => readStudy({ journal: {} as never })).toThrow('readStudy: journal: records: expected an array')
    expect(() => readStudy({ journal, spaec: tuning } as never)).toThrow('did you mean "space"?')
    const other = space({ ...tuning.variables, rate: float({ min: 0, max: 2 }) })
    expect(() => readStudy({ journal: journal.reopened(), space: other })).toThrow(
      expect.objectContaining({ code: 'ml/study-mismatch' }),
    )
  })

  test('reads journals of version 1', () => {
    const header = {
      type: 'study',
      version: 1,
      id: 'old',
      seed: 1,
      space: {
        version: 1,
        variables: { x: { type: 'float', min: 0, max: 1, log: false, default: 0.5 } },
        constraints: [],
      },
      objectives: [{ name: 'loss', direction: 'minimise' }],
      enqueue: [],
      meta: null,
    }
    const ask = { type: 'ask', number: 0, config: { x: 0.25 }, seed: 5 }
    const tell = { type: 'tell', number: 0, values: { loss: 1 }, attributes: null, seconds: 0 }
    const study = readStudy({ journal: memoryJournal([header, ask, tell] as Json[]) })
    expect([study.id, study.observedBest()?.values.loss]).toEqual(['old', 1])
  })
})

describe('a journal in a file', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mabeam-ml-read-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('has one writer and many readers, each of whom sees all that was durable when it read', async () => {
    const path = join(folder, 'study.jsonl')
    await using journal = await openJournal({ path, ...studyJournal })
    const study = await openStudy({ ...options, journal })
    const seen: number[][] = []
    const read = async () => readStudy({ journal: await readJournal(path, studyJournal.kind) }).finished.length
    for await (const trial of study.trials({ budget: 12, parallel: 3 })) {
      await trial.tell(measure(trial))
      seen.push([...(await Promise.all([read(), read(), read()])), study.finished.length])
    }
    for (const counts of seen) expect(new Set(counts).size).toBe(1)
    await expect(openJournal({ path, ...studyJournal })).rejects.toMatchObject({ code: 'foundation/journal-locked' })
  })
})

describe('createStudy with a journal', () => {
  test('does not wait for its header, and writes it before anything else', async () => {
    const journal = memoryJournal()
    journal.hold()
    const study = createStudy({ ...options, journal })
    const trial = study.ask()
    const told = study.tell(trial.number, { values: measure(trial) })
    await journal.flush()
    await told
    expect(journal.written.map((record) => (record as { type: string }).type)).toEqual(['study', 'ask', 'tell'])
    expect(createStudy({ ...options, journal: journal.reopened() }).finished).toEqual(study.finished)
  })

  test('says with the next call that its header could not be written', async () => {
    const journal = memoryJournal()
    journal.break(new Error('disk full'))
    const study = createStudy({ ...options, journal })
    await new Promise<void>((resolve) => setImmediate(resolve))
    expect(() => study.ask()).toThrow(expect.objectContaining({ code: 'ml/study-failed' }))
    await expect(openStudy({ ...options, journal })).rejects.toThrow('disk full')
  })

  test('has a name and a seed of its own when none are given, and goes on by them', async () => {
    const journal = memoryJournal()
    const study = createStudy({ space: tuning, objectives: [{ name: 'accuracy', direction: 'maximise' }], journal })
    expect([study.id, study.seed]).toEqual(['study', 0])
    const again = createStudy({ space: tuning, objectives: { accuracy: 'max' }, journal: journal.reopened() })
    expect(again.ask()).toEqual(study.ask())
  })
})
