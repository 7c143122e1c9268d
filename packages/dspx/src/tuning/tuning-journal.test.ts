/** What is read of a run on its way is what its report says in the end. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '@mabeam/foundation'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Example } from '../datasets/example.ts'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { predict } from '../programs/predictor.ts'
import { messageText, scriptedModel } from '../testing/index.ts'
import { optimize } from './optimize.ts'
import type { Teleprompter } from './teleprompter.ts'
import { readTuning } from './tuning-journal.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mabeam-tuning-journal-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const rows = (from: number, count: number): Example[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `some rows:${from + i}`,
    inputs: { text: `row ${from + i};` },
    outputs: { team: i % 3 === 0 ? 'a' : 'b' },
  }))
const train = rows(0, 6)

/** Some on all validation rows, some on few, traced or not; the program as given on training rows too. */
function wandering(seed: number): Teleprompter {
  return {
    name: 'wandering',
    async *propose({ initial }) {
      const random = seededRandom(seed)
      yield [
        { state: initial, rows: train.slice(0, 3).map(({ id }) => id), origin: { parents: [], how: 'seen again' } },
      ]
      for (let i = 0; i < 5; i++) {
        const state = { ...initial, predictors: { predict: { instructions: `told ${random.int(9)}`, demos: [] } } }
        const some = random.shuffle(train).slice(0, 2)
        const ids = random.int(2) === 0 ? ('val' as const) : some.map(({ id }) => id)
        yield [{ state, rows: ids, origin: { parents: [0], how: `told in step ${i}` }, trace: random.int(2) === 0 }]
      }
    },
  }
}

async function run(path: string, seed: number, callsMax = 1_000) {
  const answers = seededRandom(`answers ${seed}`)
  const lm = scriptedModel((call) => {
    const isA = answers.fork(messageText(call.prompt.at(-1) as never)).int(2) === 0
    return answers.int(12) === 0 ? 'mumble' : `[[ ## team ## ]]\n${isA ? 'a' : 'b'}`
  })
  const options = { train, val: rows(10, 7), metric: exactMatch('team'), teleprompter: wandering(seed), lm }
  return await optimize(predict('text -> team: "a" | "b"'), { ...options, resume: path, budget: { calls: callsMax } })
}

describe('readTuning', () => {
  test('gives the candidates of the report, as they were measured, and what they took', async () => {
    for (let seed = 0; seed < 12; seed++) {
      const path = join(folder, `whole ${seed}`)
      const { report } = await run(path, seed)
      const found = await readTuning(path)
      const told = report.steps.map(({ candidate, rows, mean, errors, isWhole, origin, settings, values }) => {
        return { candidate, rows, mean, errors, isWhole, how: origin.how, settings, ...(isWhole && { values }) }
      })
      expect(found.candidates.map(({ values, ...one }) => ({ ...one, ...(one.isWhole && { values }) }))).toEqual(told)
      expect(found.valRows).toBe(7)
      expect(found.spent).toEqual({ calls: report.budget.spent.calls, tokens: report.budget.spent.tokens, usd: 0 })
      expect(found.open).toEqual({ calls: 0, tokens: 0, usd: 0 })
    }
  })

  test('gives what there is of a run that was cut off, and goes by the order of rows where nobody named candidates', async () => {
    const path = join(folder, 'cut')
    await run(path, 3)
    const file = join(path, 'journal.jsonl')
    const lines = (await readFile(file, 'utf8')).split('\n')
    for (let count = 2; count < lines.length; count += 5) {
      await writeFile(file, `${lines.slice(0, count).join('\n')}\n{"type":"row-en`)
      const { candidates, valRows } = await readTuning(path)
      expect(valRows).toBeLessThanOrEqual(7)
      for (const one of candidates) expect([one.rows > 0, one.isWhole ? one.rows : valRows]).toEqual([true, valRows])
    }
    const old = [
      '{"kind":"dspx-tuning","version":1}',
      ...['a', 'b'].flatMap((digest) => [
        `{"type":"row-began","key":"${digest} plain r 1"}`,
        `{"type":"row-ended","key":"${digest} plain r 1","row":{"id":"r 1","score":1,"usage":{"calls":1,"tokensIn":1,"tokensOut":1,"costUsd":0,"spentUsd":0,"latencyMs":5,"cachedCalls":0,"retries":0}},"elapsedMs":5}`,
        '{"type":"batch","batch":0,"digest":"x"}',
      ]),
    ]
    await writeFile(file, `${old.join('\n')}\n`)
    const { candidates, elapsedMs } = await readTuning(path)
    expect(candidates).toMatchObject([
      { candidate: 0, rows: 1, mean: 1, isWhole: true },
      { candidate: 1, rows: 1, mean: 1, isWhole: true },
    ])
    expect([candidates[0]?.how, elapsedMs]).toEqual([undefined, 5])
  })

  test('refuses a folder without a journal, a journal of something else, and one of a later release', async () => {
    const file = join(folder, 'journal.jsonl')
    await expect(readTuning(folder)).rejects.toMatchObject({ code: 'foundation/journal-missing' })
    await writeFile(file, '{"kind":"other","version":1}\n')
    await expect(readTuning(folder)).rejects.toMatchObject({ code: 'foundation/journal-corrupt' })
    await writeFile(file, '{"kind":"dspx-tuning","version":3}\n')
    await expect(readTuning(folder)).rejects.toMatchObject({ code: 'dspx/journal-too-new', data: { got: 3 } })
  })
})
