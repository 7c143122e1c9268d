import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { seededRandom, systemClock } from '@mabeam/foundation'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startWorkers } from '../workers/worker-pool.ts'
import { type DataFiles, loadStudyInputs } from './study-inputs.ts'

const program = fileURLToPath(new URL('./one-step.fixture.ts', import.meta.url))

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mabeam-inputs-'))
  for (const [part, rows] of [
    ['train', 60],
    ['val', 20],
    ['test', 20],
  ] as const) {
    await mkdir(join(folder, part))
    const lines = Array.from({ length: rows }, (_, at) =>
      JSON.stringify({ mail: `${part} ${at}`, team: at % 2 === 0 ? 'billing' : 'technical' }),
    )
    await writeFile(join(folder, part, 'rows.jsonl'), lines.join('\n'))
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const files = { train: 'train/rows.jsonl', validation: 'val/rows.jsonl', test: 'test/rows.jsonl' }

it('rows of files that share a name in different folders have ids of their own', async () => {
  const { train, validation, test } = (await loadStudyInputs(program, files, { cwd: folder, seed: 1 })).splits
  expect([train[0]?.id, validation[0]?.id, test[0]?.id]).toEqual([
    'rows.jsonl:1',
    'validation/rows.jsonl:1',
    'test/rows.jsonl:1',
  ])
  expect(new Set([...train, ...validation, ...test].map(({ id }) => id)).size).toBe(100)
})

it('names of files that are told apart already stay as they are', async () => {
  await writeFile(
    join(folder, 'other.jsonl'),
    JSON.stringify({ mail: 'other', team: 'billing' }).concat('\n').repeat(10),
  )
  const { test } = (await loadStudyInputs(program, { ...files, test: 'other.jsonl' }, { cwd: folder, seed: 1 })).splits
  expect(test[0]?.id).toBe('other.jsonl:1')
})

it('parts with too few rows are named with the file they are of, and how many it has', async () => {
  const few = (from: number, rows: number) =>
    Array.from({ length: rows }, (_, at) => JSON.stringify({ mail: `few ${from + at}`, team: 'billing' })).join('\n')
  await writeFile(join(folder, 'few.jsonl'), few(0, 9))
  await writeFile(
    join(folder, 'same.jsonl'),
    [few(0, 9), await readFile(join(folder, 'other.jsonl'), 'utf8')].join('\n'),
  )
  const load = (data: DataFiles) => loadStudyInputs(program, data, { cwd: folder, seed: 1 })
  await expect(load({ train: 'few.jsonl' })).rejects.toMatchObject({
    code: 'mabeam/too-few-rows',
    message: expect.stringMatching(
      /^few\.jsonl: expected at least 10 train rows, got \d of the 9 in the file; add rows/,
    ),
  })
  await expect(load({ ...files, validation: 'few.jsonl' })).rejects.toThrow(
    'few.jsonl: expected at least 10 validation rows, got 9; add rows, or name another file',
  )
  await expect(load({ ...files, validation: 'same.jsonl', test: 'few.jsonl' })).rejects.toThrow(
    /^few\.jsonl: expected at least 10 test rows, got 9 \(9 rows were left out because/,
  )
})

it('workers try the row that they are asked for, and not the one of another file', async () => {
  const inputs = await loadStudyInputs(program, files, { cwd: folder, seed: 1 })
  await using workers = await startWorkers({
    setup: { inputs, concurrency: 1, calls: {}, env: {} },
    workers: 1,
    answersPath: join(folder, 'answers.jsonl'),
    clock: systemClock,
    random: seededRandom(1),
  })
  const { signal } = new AbortController()
  const rows = inputs.splits.train.slice(0, 2)
  const tried = await workers.evaluate(inputs.program.initialState(), rows, { seed: 1, signal, trace: true })
  expect(tried.map(({ steps }) => steps?.[0]?.inputs)).toEqual([{ mail: 'train 0' }, { mail: 'train 1' }])
})
