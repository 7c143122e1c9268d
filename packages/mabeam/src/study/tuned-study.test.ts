/** `mabeam study show` and `list` of programs that were tuned without a search of trials: finished, on their way, and damaged. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Example, exactMatch, optimize, predict, type Teleprompter } from '@mabeam/dspx'
import { scriptedModel } from '@mabeam/dspx/testing'
import { studyJournal } from '@mabeam/ml'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ranCommand } from '../commands/ran-command.fixture.ts'
import { studyFolder } from '../home.ts'
import { settledRequest } from '../job/job-options.ts'
import type { TeleprompterName } from '../job/offered-teleprompters.ts'
import { writeRequest } from '../job/study-store.ts'

let home = ''
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'mabeam-tuned-'))
})
afterEach(() => rm(home, { recursive: true, force: true }))

const study = (...args: readonly string[]) => ranCommand(['study', ...args], { cwd: home, env: { MABEAM_HOME: home } })

const rows = (from: number): Example[] =>
  Array.from({ length: 6 }, (_, i) => ({
    id: `rows:${from + i}`,
    inputs: { text: `row ${from + i}` },
    outputs: { team: 'a' },
  }))

/** One that is no better, one that is tried on two rows alone, one that knows. */
const teleprompter: Teleprompter = {
  name: 'gepa',
  async *propose({ initial }) {
    for (const [how, ids] of [
      ['worse', 'val'] as const,
      ['few', ['rows:0', 'rows:1']] as const,
      ['right', 'val'] as const,
    ]) {
      const state = { ...initial, predictors: { predict: { instructions: how, demos: [] } } }
      yield [{ state, rows: ids, origin: { parents: [0], how: `instructions told ${how}` } }]
    }
  },
}

/** A study as `mabeam optimize` leaves it, before its test. */
async function tuned(id: string, name: TeleprompterName = 'gepa') {
  const folder = studyFolder(home, id)
  const request = settledRequest({
    program: 'triage.ts',
    data: { train: 'rows.jsonl' },
    teleprompter: name,
    limits: { calls: 500 },
  })
  await writeRequest(folder, { version: 2, request, cwd: home, digests: {} })
  const lm = scriptedModel((call) => `[[ ## team ## ]]\n${JSON.stringify(call.prompt).includes('right') ? 'a' : 'b'}`)
  const optimized = await optimize(predict('text -> team: "a" | "b"'), {
    train: rows(0),
    val: rows(10),
    metric: exactMatch('team'),
    teleprompter,
    lm,
    resume: folder.tuning,
  })
  await optimized.save(folder.tuningReport)
  return { folder, request, optimized }
}

describe('a program that was tuned without a search of trials', () => {
  test('is shown with its best, its front and its history, and listed with how many were tried', async () => {
    const { folder, optimized } = await tuned('whole')
    const { status, stdout } = await study('show', 'whole')
    expect(status).toBe(0)
    for (const line of [
      'study "whole": gepa on triage.ts, 4 candidates, 6 validation rows; tuned, not yet tested: it had nothing more to try',
      /Best {5}candidate 3: 100\.0 % on 6 rows, against 0\.0 % of the program as written; (better|a tie) \(p = [\d.]+ after/,
      'How      instructions told right',
      /Spent {4}20 of 500 calls, \d+ tokens, 0 USD, [\d.]+ s/,
      /\*3 +100\.0 % .* instructions told right/,
      '* the winner',
      '100.0 % ┼ ╭',
      'npx mabeam optimize --resume whole',
    ]) {
      expect(stdout).toMatch(line)
    }
    await writeFile(folder.result, JSON.stringify({ version: 2, explanation: optimized.explain() }))
    expect((await study('show', 'whole')).stdout).not.toContain('--resume')
    expect((await study('show', 'whole', '--explain')).stdout).toBe(`${optimized.explain()}\n`)
    expect(JSON.parse((await study('show', 'whole', '--json')).stdout)).toMatchObject({
      state: 'finished',
      ended: 'finished',
      best: 3,
      valRows: 6,
      bestSoFar: [0, 0, 1],
      candidates: optimized.steps.map(({ candidate, mean, rows: tried, why }) => {
        return { candidate, accuracy: mean, rows: tried, why }
      }),
    })
    expect((await study('list')).stdout).toMatch(/ whole +4 +accuracy 1 +finished +20/)
    expect(JSON.parse((await study('list', '--json')).stdout).studies).toMatchObject([
      { study: 'whole', candidates: 4, objective: 'accuracy', observedBest: 1, state: 'finished' },
    ])
  })

  test('is shown from its journal before tuning has ended, and once it was gone on with', async () => {
    const { folder } = await tuned('open')
    const whole = JSON.parse((await study('show', 'open', '--json')).stdout)
    const report = JSON.parse(await readFile(folder.tuningReport, 'utf8'))
    await writeFile(folder.tuningReport, JSON.stringify({ ...report, steps: report.steps.slice(0, 2), winner: 0 }))
    const { stdout } = await study('show', 'open')
    expect(stdout).toContain('study "open": gepa on triage.ts, 4 candidates, 6 validation rows; not finished\n')
    expect(stdout).toContain('Best     candidate 3: 100.0 % on 6 rows, against 0.0 % of the program as written\n')
    expect(stdout).toContain('* the best so far')
    expect((await study('show', 'open', '--explain')).stdout).toContain(
      '2. instructions told few: 0.0 % on 2 rows\n3. instructions told right: 100.0 % on 6 rows, all for validation\n',
    )
    await rm(folder.tuningReport)
    const { front, best, bestSoFar } = JSON.parse((await study('show', 'open', '--json')).stdout)
    expect({ front, best, bestSoFar }).toEqual({ front: whole.front, best: whole.best, bestSoFar: whole.bestSoFar })
  })

  test('that has only begun says that there is no best yet', async () => {
    const { folder } = await tuned('begun')
    await rm(folder.tuningReport)
    const file = join(folder.tuning, 'journal.jsonl')
    const lines = (await readFile(file, 'utf8')).split('\n')
    const first = lines.findIndex((line) => line.includes('"batch"'))
    await writeFile(file, `${lines.slice(0, first).join('\n')}\n`)
    const { status, stdout } = await study('show', 'begun')
    expect(status).toBe(0)
    expect(stdout).toContain('1 candidate, 6 validation rows; not finished\nBest     none yet: no candidate')
    expect(JSON.parse((await study('show', 'begun', '--json')).stdout)).toMatchObject({ best: null, front: [] })
    expect((await study('list')).stdout).toMatch(/ begun +1 +– +open /)
  })

  test('is shown from what was tried while its search of trials has not begun', async () => {
    const { folder } = await tuned('young', 'joint')
    const studyHeader = `${JSON.stringify(studyJournal)}\n`
    for (const journal of ['', studyHeader, `${studyHeader}{"type":"study"`]) {
      await writeFile(folder.journal, journal)
      const { status, stdout } = await study('show', 'young')
      expect([status, stdout]).toEqual([0, expect.stringContaining('study "young": joint on triage.ts, 4 candidates')])
      expect(JSON.parse((await study('list', '--json')).stdout).studies).toMatchObject([
        { study: 'young', candidates: 4 },
      ])
    }
    await writeFile(folder.journal, studyHeader)
    for (const args of [
      ['show', 'young', '--plot', 'history'],
      ['importance', 'young'],
    ]) {
      const { status, stderr } = await study(...args)
      expect([status, stderr]).toEqual([2, expect.stringContaining('study: "young" has begun no search yet')])
    }
    await writeFile(folder.journal, `${studyHeader}{"type":"nothing"}\n`)
    expect((await study('show', 'young')).stderr).toContain('record 0 of its journal is no header of a study')
  })

  test('has the validation rows that it was begun with, however many of them were tried', async () => {
    const { folder, request } = await tuned('killed')
    await rm(folder.tuningReport)
    const file = join(folder.tuning, 'journal.jsonl')
    const lines = (await readFile(file, 'utf8')).split('\n')
    const third = lines.flatMap((line, i) => (line.includes('"row-began"') ? [i] : []))[2] as number
    await writeFile(file, `${lines.slice(0, third).join('\n')}\n`)
    expect((await study('show', 'killed')).stdout).toContain(', 2 validation rows; not finished')
    await writeRequest(folder, {
      version: 2,
      request,
      cwd: home,
      digests: {},
      rows: { train: 6, validation: 6, test: 12 },
    })
    expect((await study('show', 'killed')).stdout).toContain(', 6 validation rows; not finished')
  })

  test('has no winner where its budget ended before all validation rows were tried', async () => {
    const { folder } = await tuned('short')
    const report = JSON.parse(await readFile(folder.tuningReport, 'utf8'))
    const steps = report.steps.map((step: object, i: number) => (i === 0 ? { ...step, isWhole: false, rows: 2 } : step))
    await writeFile(folder.tuningReport, JSON.stringify({ ...report, steps, winner: 0, ended: 'budget' }))
    const { stdout } = await study('show', 'short')
    expect(stdout).toContain('Best     none yet: no candidate was tried on all validation rows')
    expect(stdout).not.toContain('* the winner')
    expect(stdout).toContain('Go on    npx mabeam optimize --resume short --calls 1000 (where it is not under way)')
  })

  test('has neither plots of trials nor importance, and a damaged report is named', async () => {
    const { folder } = await tuned('odd')
    for (const args of [
      ['show', 'odd', '--plot', 'history'],
      ['importance', 'odd'],
    ]) {
      const { status, stderr } = await study(...args)
      expect([status, stderr]).toEqual([2, expect.stringContaining('it has candidates and no trials')])
    }
    for (const text of ['{', 'null', '{"version":2}']) {
      await writeFile(folder.tuningReport, text)
      const { status, stderr } = await study('show', 'odd')
      expect([status, stderr]).toEqual([1, expect.stringContaining('tuning.json: expected the report of a tuning')])
    }
    expect((await study('list')).stdout).toContain('tuning.json: expected')
  })
})
