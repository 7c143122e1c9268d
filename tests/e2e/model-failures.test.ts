/** Models behind a real server that refuses, fails, talks nonsense or takes too long. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { serveLocal } from '@mabeam/dspx'
import { type Random, seededRandom } from '@mabeam/foundation'
import { describe, expect, it } from 'vitest'
import { failureLines, fixtureStudy, writeFixture } from './fixture-study.ts'
import { type Answering, frontServer, passingOn, saying } from './front-server.ts'
import { type Ended, printed, type Workplace, workplace } from './mabeam-process.ts'
import { endedTrials, lastLine, recordsOf } from './small-study.ts'

/** Scores are fine enough that no two different prompts tie, since ties are broken by measured latency. */
const source = `
export default defineProgram({
  name: 'served',
  predictors: { triage: Triage },
  metric: compositeMetric([{ metric: exactMatch('team'), weight: 1 }, { metric: tokenF1('evidence'), weight: 2 }]),
  variables: {
    model: choice(['compatible/local/small', 'compatible/local/nano']),
    demos: int({ min: 0, max: 8, default: 8 }),
  },
})`
const rows = 10
const budget = 4
const study = fixtureStudy(['--budget', String(budget)])

async function servedPlace(): Promise<Workplace> {
  const place = await workplace()
  await writeFixture(place, { source, rows })
  return place
}

const at = (url: string) => ({ MABEAM_COMPATIBLE_URL: url })

interface Told {
  readonly type: string
  readonly number: number
  readonly config?: unknown
  readonly values?: { readonly accuracy: number }
  readonly attributes?: { readonly errors: number; readonly usage: { readonly retries: number } }
}

const journalOf = async (place: Workplace) => (await recordsOf(place, 'journal.jsonl')) as Told[]

/** What was asked and what came out, without the times. */
async function course(place: Workplace) {
  return (await journalOf(place)).map(({ type, number, config, values }) => ({
    type,
    number,
    config,
    accuracy: values?.accuracy,
  }))
}

const retriesOf = (told: readonly Told[]) =>
  told.reduce((sum, { attributes }) => sum + (attributes?.usage.retries ?? 0), 0)

describe.concurrent('a model that', () => {
  it('refuses 30 % and fails 10 % of requests changes nothing but the retries', async () => {
    await using calm = await serveLocal()
    const failing = failingNow(passingOn(`${calm.url}/v1`), seededRandom(162))
    await using rough = await frontServer(failing.answering)
    await using undisturbed = await servedPlace()
    await using disturbed = await servedPlace()
    const [one, other] = await Promise.all([
      undisturbed.run(study, at(`${calm.url}/v1`)),
      disturbed.run([...study, '--retries', '15'], at(rough.url)),
    ])
    expect([one.status, other.status]).toEqual([0, 0])
    expect(failing.counts[429]).toBeGreaterThan(20)
    expect(failing.counts[500]).toBeGreaterThan(5)
    const result = lastLine(other.stdout)
    expect(result).toMatchObject({ trials: budget, failedTrials: 0, best: { errors: 0 } })
    expect(result.config).toEqual(lastLine(one.stdout).config)
    expect(await course(disturbed)).toEqual(await course(undisturbed))
    expect(retriesOf(await journalOf(undisturbed))).toBe(0)
    expect(retriesOf(await journalOf(disturbed))).toBeGreaterThan(10)
  })

  it('always fails ends the study with one sentence; when it is well again the study goes on', async () => {
    await using place = await servedPlace()
    const begun = await serveLocal({ failures: { rate500: 1 } })
    const failed = await place.run([...study, '--retries', '1'], at(`${begun.url}/v1`))
    await begun.close()
    expectOneSentence(failed, /compatible\/local\/small: expected an answer, got HTTP status 500/)
    await using healthy = await serveLocal({ port: begun.port })
    const resumed = await place.run(['optimize', '--resume', 'small', '--json'], at(`${healthy.url}/v1`))
    expect(resumed.status).toBe(0)
    expect(lastLine(resumed.stdout)).toMatchObject({ trials: budget, failedTrials: 0 })
  })

  it('fails from the middle of a study on loses no trial and fails none', async () => {
    await using place = await servedPlace()
    // Slow enough that there is much left to do when the first candidate is told of.
    const healthy = await serveLocal({ delayMs: 100 })
    const server = at(`${healthy.url}/v1`)
    const { child, ended } = place.start(fixtureStudy(['--budget', '30', '--retries', '1']), server)
    await printed(child, /candidate \d+\/30/)
    await healthy.close()
    const down = await serveLocal({ port: healthy.port, failures: { rate500: 1 } })
    expectOneSentence(await ended, /go on with: npx mabeam optimize --resume small/)
    await down.close()
    const before = await endedTrials(place)
    expect(before.length).toBeGreaterThan(0)
    expect((await journalOf(place)).filter(({ type }) => type === 'fail')).toEqual([])
    await using well = await serveLocal({ port: healthy.port })
    const resumed = await place.run(['optimize', '--resume', 'small', '--json'], at(`${well.url}/v1`))
    expect(resumed.status).toBe(0)
    expect(lastLine(resumed.stdout)).toMatchObject({ trials: 30, failedTrials: 0 })
    expect((await endedTrials(place)).slice(0, before.length)).toEqual(before)
  })

  it('refuses prompts with demonstrations fails those trials alone, each after its first rows, and goes on', async () => {
    await using place = await workplace()
    await writeFixture(place, { source, rows: 24 })
    await using local = await serveLocal()
    const pass = passingOn(`${local.url}/v1`)
    const tested = await textsOf(place, 'test.jsonl')
    let whileTuned = 0
    await using server = await frontServer(async (body, number) => {
      const { messages } = JSON.parse(body) as { readonly messages: readonly { readonly role: string }[] }
      if (!messages.some(({ role }) => role === 'assistant')) return await pass(body, number)
      if (!tested.some((text) => body.includes(text))) whileTuned++
      const error = {
        message: 'This model has a maximum context length of 512 tokens',
        code: 'context_length_exceeded',
      }
      return { status: 400, body: JSON.stringify({ error }) }
    })
    const shown = fixtureStudy(['--budget', '4', '--workers', '1', '--concurrency', '4'])
    const { status, stdout, stderr } = await place.run(shown, at(server.url))
    expect([status, failureLines(stderr)]).toEqual([0, []])
    const told = await journalOf(place)
    const failed = told.filter(({ type }) => type === 'fail')
    expect(failed.length).toBeGreaterThan(0)
    // the teacher was asked 16 rows at once, the first state a message of rows, the others ten rows each
    expect(whileTuned).toBeLessThanOrEqual(16 + 24 + 10 * (failed.length - 1))
    const result = lastLine(stdout)
    expect(result).toMatchObject({
      trials: 4,
      failedTrials: failed.length,
      best: { errors: 0 },
      labeled: { errors: 24 },
    })
    expect(result.explanation).toContain('a model refuses it (context-too-long)')
    expect(stderr).toContain('labeled few-shot: 24 of 24 test rows got no answer and score 0')
  })

  it('refuses the program as written ends the study with what to change', async () => {
    await using place = await servedPlace()
    await using server = await frontServer(async () => ({
      status: 400,
      body: JSON.stringify({ error: { message: 'temperature is not supported' } }),
    }))
    expectOneSentence(
      await place.run(study, at(server.url)),
      /the program as given: .* \(invalid-request\); change the setting .* temperature is not supported/,
    )
    expect(server.log.length).toBeLessThanOrEqual(10)
  })

  it('is not there at all is named with its failure', async () => {
    await using place = await servedPlace()
    const gone = await serveLocal()
    await gone.close()
    const ended = await place.run(['run', 'program.ts', 'charged twice', '--retries', '0'], at(`${gone.url}/v1`))
    expectOneSentence(ended, /compatible\/local\/small: expected an answer, got none/)
  })

  it('talks nonsense scores 0 in every row, and nothing is recommended', async () => {
    await using place = await servedPlace()
    await using server = await frontServer(saying('The weather is lovely today.'))
    const ended = await place.run(study, at(server.url))
    expectOneSentence(ended, /none of \d candidates .* output team: expected .* got "The weather is lovely today."/)
    const told = (await journalOf(place)).filter(({ type }) => type === 'tell')
    expect(told).toHaveLength(budget)
    for (const { values, attributes } of told) expect([values?.accuracy, attributes?.errors]).toEqual([0, rows])
    const scored = await place.run(['eval', 'program.ts', '--data', 'test.jsonl', '--json'], at(server.url))
    expect(scored.status).toBe(0)
    expect(lastLine(scored.stdout)).toMatchObject({ accuracy: 0, errors: rows })
  })

  it('talks nonsense about two rows loses those two, says so, and counts them', async () => {
    await using place = await servedPlace()
    const texts = (await textsOf(place, 'test.jsonl')).slice(0, 2)
    await using local = await serveLocal()
    const [sense, nonsense] = [passingOn(`${local.url}/v1`), saying('Hm.')]
    await using server = await frontServer((body, number) =>
      (texts.some((text) => body.includes(text)) ? nonsense : sense)(body, number),
    )
    const { status, stdout, stderr } = await place.run(study, at(server.url))
    expect(status).toBe(0)
    expect(stderr).toContain(`tuned: 2 of ${rows} test rows got no answer and score 0; the first, test.jsonl:1: `)
    expect(lastLine(stdout)).toMatchObject({ best: { errors: 2 }, baseline: { errors: 2 } })
  })

  it('answers with a page instead of JSON is named with what it sent', async () => {
    await using place = await servedPlace()
    await using server = await frontServer(async () => ({ status: 200, body: '<html>Welcome</html>' }))
    const ended = await place.run(['run', 'program.ts', 'charged twice'], at(server.url))
    expectOneSentence(ended, /compatible\/local\/small: expected an answer, got HTTP status 200: .*JSON/)
  })

  it('takes too long is given up after --timeout-ms, in every command', async () => {
    await using place = await servedPlace()
    await using server = await serveLocal({ delayMs: 600_000 })
    const patience = ['--timeout-ms', '60', '--retries', '1']
    const commands = [
      ['run', 'program.ts', 'charged twice'],
      ['eval', 'program.ts', '--data', 'test.jsonl'],
      fixtureStudy(),
    ]
    for (const args of commands) {
      const ended = await place.run([...args, ...patience], at(`${server.url}/v1`))
      expectOneSentence(ended, /compatible\/local\/small: expected an answer within 60 ms, got none/)
    }
  })

  it('gave an answer that was kept is not asked for it again after kill -9', async () => {
    await using place = await servedPlace()
    await using local = await serveLocal()
    const pass = passingOn(`${local.url}/v1`)
    let killAt = Number.POSITIVE_INFINITY
    let kill = () => {}
    await using server = await frontServer((body, number) => {
      if (number >= killAt) kill()
      return pass(body, number)
    })
    let keptBodies = new Set<string>()
    const moments = [5, 30, 55, 80, 100]
    for (const [session, moment] of [...moments, Number.POSITIVE_INFINITY].entries()) {
      const asked = server.log.length
      killAt = moment
      const args = session === 0 ? fixtureStudy(['--budget', '12']) : ['optimize', '--resume', 'small', '--json']
      const { child, ended } = place.start(args, at(server.url))
      kill = () => child.kill('SIGKILL')
      const { status, signal } = await ended
      expect([status, signal]).toEqual(session < moments.length ? [null, 'SIGKILL'] : [0, null])
      expect(server.log.slice(asked).filter((body) => keptBodies.has(body))).toEqual([])
      keptBodies = new Set((await keptRequests(place)).map((number) => server.log[number] ?? ''))
    }
    expect(keptBodies.size).toBeGreaterThan(100)
    expect((await endedTrials(place)).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, i) => i))
  })
})

/** Refuses 30 % of requests and fails 10 %, but none more than three times: each try waits twice as long as the one before. */
function failingNow(answering: Answering, random: Random) {
  const counts = { 429: 0, 500: 0 }
  const failures = new Map<string, number>()
  const failing: Answering = async (body, number) => {
    const before = failures.get(body) ?? 0
    const drawn = random.next()
    if (before === 3 || drawn >= 0.4) return await answering(body, number)
    failures.set(body, before + 1)
    const status = drawn < 0.3 ? 429 : 500
    counts[status]++
    return { status, body: JSON.stringify({ error: { message: 'not now' } }) }
  }
  return { answering: failing, counts }
}

function expectOneSentence({ status, stdout, stderr }: Ended, sentence: RegExp): void {
  expect(failureLines(stderr)).toHaveLength(1)
  expect(failureLines(stderr)[0]).toMatch(sentence)
  expect(stderr.split('\n').filter((line) => /^\s+at /.test(line))).toEqual([])
  expect(status).toBe(1)
  if (stdout !== '') expect(lastLine(stdout)).toHaveProperty('error.message', expect.stringMatching(sentence))
}

/** The texts of rows as they stand in requests. */
async function textsOf(place: Workplace, file: string): Promise<string[]> {
  const lines = (await readFile(join(place.path, file), 'utf8')).trim().split('\n')
  return lines.map((line) => JSON.stringify((JSON.parse(line) as { text: string }).text).slice(1, -1))
}

/** The numbers of the requests whose answers are kept, as the front server marked them. */
async function keptRequests(place: Workplace): Promise<number[]> {
  const kept = (await recordsOf(place, 'answers.jsonl')) as [string, string][]
  return kept.map(([, answer]) => {
    const { response } = JSON.parse(answer) as { readonly response: { readonly modelId: string } }
    return Number(response.modelId.replace('request-', ''))
  })
}
