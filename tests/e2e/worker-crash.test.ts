/** Programs whose own code throws: a worker that crashes is restarted, and what was told stays told. */

import { describe, expect, it } from 'vitest'
import { failureLines, fixtureStudy, writeFixture } from './fixture-study.ts'
import { workplace } from './mabeam-process.ts'
import { lastLine, recordsOf } from './small-study.ts'

const rows = 20
const budget = 6

/** A metric that counts its calls and throws from one on; the program as written and the teacher are asked about all rows first. */
const metricThrows = (when: string) => `
const right = exactMatch('team')
let calls = 0
const metric = {
  name: 'fragile',
  fields: right.fields,
  score(example, answer) {
    calls++
    if (${when}) {
      writeFileSync('thrown', String(calls))
      throw new TypeError('no label for ' + example.id)
    }
    return right.score(example, answer)
  },
}
export default defineProgram({ name: 'fragile', predictors: { triage: Triage }, metric })`

/** Outcomes by trial number, as the journal has them. */
async function outcomes(place: Parameters<typeof recordsOf>[0]) {
  const records = (await recordsOf(place, 'journal.jsonl')) as { readonly type: string; readonly number: number }[]
  return records.filter(({ type }) => type === 'tell' || type === 'fail')
}

describe('a program that throws', () => {
  it('once in the middle of a trial crashes its worker, which is restarted, and the trial is done once', async () => {
    await using place = await workplace()
    const middle = rows + 2 * rows + rows / 2
    await writeFixture(place, { source: metricThrows(`calls > ${middle} && !existsSync('thrown')`), rows })
    const { status, stdout, stderr } = await place.run(fixtureStudy(['--budget', String(budget)]))
    expect(failureLines(stderr)).toEqual([])
    expect(status).toBe(0)
    expect(lastLine(stdout)).toMatchObject({ trials: budget, failedTrials: 0 })
    const ended = await outcomes(place)
    expect(ended.map(({ type }) => type)).toEqual(Array(budget).fill('tell'))
    expect(ended.map(({ number }) => number)).toEqual(Array.from({ length: budget }, (_, i) => i))
    await using calm = await workplace()
    await writeFixture(calm, { source: metricThrows('false'), rows })
    const undisturbed = lastLine((await calm.run(fixtureStudy(['--budget', String(budget)]))).stdout)
    expect(lastLine(stdout).config).toEqual(undisturbed.config)
    expect(lastLine(stdout).bestSoFar).toEqual(undisturbed.bestSoFar)
  })

  it('always, from some trial on, ends the study with one sentence that names the cause; told trials are kept', async () => {
    await using place = await workplace()
    await writeFixture(place, { source: metricThrows(`calls > ${rows + 6 * rows}`), rows })
    const { status, stdout, stderr } = await place.run(fixtureStudy(['--budget', '60']))
    expect(failureLines(stderr)).toHaveLength(1)
    expect(failureLines(stderr)[0]).toMatch(/metric fragile: validation\.jsonl:\d+: .*TypeError: no label for/)
    expect(status).toBe(1)
    expect(lastLine(stdout)).toHaveProperty('error.message', expect.stringContaining('TypeError: no label for'))
    const told = (await outcomes(place)).filter(({ type }) => type === 'tell')
    expect(told.length).toBeGreaterThan(0)
  })

  it('from the first row on, says so in one sentence too', async () => {
    await using place = await workplace()
    await writeFixture(place, { source: metricThrows('true'), rows })
    for (const args of [fixtureStudy(), ['eval', 'program.ts', '--data', 'test.jsonl']]) {
      const { status, stderr } = await place.run(args)
      expect(failureLines(stderr)).toHaveLength(1)
      expect(failureLines(stderr)[0]).toMatch(/metric fragile: \w+\.jsonl:\d+: .*TypeError: no label for/)
      expect(status).toBe(1)
    }
  })

  it('in `run` for one row, scores that row 0 and counts it as an error', async () => {
    await using place = await workplace()
    const source = `
let runs = 0
export default defineProgram({
  name: 'fragile',
  predictors: { triage: Triage },
  metric: exactMatch('team'),
  run: async ({ triage }, inputs) => {
    if (++runs === ${2 * rows + rows / 2}) throw new TypeError('an empty answer')
    return await triage(inputs)
  },
})`
    await writeFixture(place, { source, rows })
    const { status, stdout } = await place.run(fixtureStudy(['--budget', String(budget)]))
    expect(status).toBe(0)
    expect(lastLine(stdout)).toMatchObject({ trials: budget, failedTrials: 0 })
    const told = (await outcomes(place)) as { readonly attributes?: { readonly errors: number } }[]
    expect(told.map(({ attributes }) => attributes?.errors).filter((errors) => errors !== 0)).toEqual([1])
  })
})
