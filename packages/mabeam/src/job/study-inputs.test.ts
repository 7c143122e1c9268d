import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { seededRandom, systemClock } from '@mabeam/foundation'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startWorkers } from '../workers/worker-pool.ts'
import { loadStudyInputs } from './study-inputs.ts'

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
