/** A process that loops over a study is killed with SIGKILL at random moments and started again. */

import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { readJournal, seededRandom } from '@mabeam/foundation'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readStudy } from './read-study.ts'
import { studyJournal } from './study-journal.ts'

const seed = 20_262
const budget = 150
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mabeam-ml-killed-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Runs the loop until it is over, or kills it once so many trials were said to be durable; which were, it adds to `durable`. */
async function run(path: string, durable: Set<number>, killAfter: number): Promise<boolean> {
  const script = join(import.meta.dirname, 'trials-process.fixture.ts')
  const child = spawn(process.execPath, ['--conditions=mabeam-source', script, path, String(budget)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = 0
  let over = false
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'over') over = true
    if (!/^\d+$/.test(line)) continue
    durable.add(Number(line))
    if (++said >= killAfter && !child.killed) child.kill('SIGKILL')
  }
  return over
}

test(`kill -9 loses no durable trial, counts none twice, and the trials are those of a run in peace (seed ${seed})`, async () => {
  const random = seededRandom(seed)
  const path = join(folder, 'killed.jsonl')
  const durable = new Set<number>()
  let kills = 0
  while (!(await run(path, durable, kills < 4 ? 1 + random.int(40) : Number.POSITIVE_INFINITY))) kills++
  const killed = readStudy({ journal: await readJournal(path, studyJournal.kind) })
  const numbers = killed.finished.map(({ number }) => number)
  expect(kills).toBeGreaterThan(2)
  expect([...numbers].sort((a, b) => a - b)).toEqual([...Array(budget).keys()])
  expect([...durable].every((number) => numbers.includes(number))).toBe(true)

  const peaceful = join(folder, 'peaceful.jsonl')
  expect(await run(peaceful, new Set(), Number.POSITIVE_INFINITY)).toBe(true)
  const whole = readStudy({ journal: await readJournal(peaceful, studyJournal.kind) })
  const plain = ({ finished }: typeof whole) =>
    finished.map(({ number, config, values }) => ({ number, config, values }))
  expect(plain(killed)).toEqual(plain(whole))
})
