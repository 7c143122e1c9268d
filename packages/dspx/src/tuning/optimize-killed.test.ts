/** A process that optimises against a server which counts is killed with SIGKILL at random moments and started again. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Json, readJournal, seededRandom } from '@mabeam/foundation'
import { afterAll, beforeAll, expect, test } from 'vitest'

const seed = 20_265
const slots = 4
let folder = ''
let requests = 0
let onRequest = () => {}

/** Knows odd rows only when it is shown demonstrations. */
const server = createServer(async (request, response) => {
  requests++
  onRequest()
  const { messages } = JSON.parse(await text(request)) as { messages: { role: string; content: unknown }[] }
  const row = Number(/row (\d+);/.exec(JSON.stringify(messages.at(-1)))?.[1])
  const team = row % 2 === 1 && messages.some(({ role }) => role === 'assistant') ? 'b' : 'a'
  const message = { role: 'assistant', content: `[[ ## team ## ]]\n${team}` }
  response.writeHead(200, { 'content-type': 'application/json' })
  const usage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 }
  response.end(
    JSON.stringify({
      id: 'x',
      created: 0,
      model: 'script',
      choices: [{ index: 0, message, finish_reason: 'stop' }],
      usage,
    }),
  )
})

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mabeam-dspx-killed-'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await rm(folder, { recursive: true, force: true })
})

interface Session {
  readonly requests: number
  readonly output: string
}

/** Runs to the end, or until so many requests have come. */
async function run(path: string, killAt = Number.POSITIVE_INFINITY): Promise<Session> {
  const before = requests
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  const script = join(import.meta.dirname, 'optimize-process.fixture.ts')
  const child = spawn(process.execPath, ['--conditions=mabeam-source', script, path, url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onRequest = () => {
    if (requests - before >= killAt) child.kill('SIGKILL')
  }
  const output = await text(child.stdout)
  onRequest = () => {}
  return { requests: requests - before, output }
}

/** Rows and answers that are durable. */
async function durable(path: string): Promise<{ readonly done: number; readonly records: readonly Json[] }> {
  const { records } = await readJournal(join(path, 'journal.jsonl'), 'dspx-tuning').catch(() => ({ records: [] }))
  const types = records.map((record) => (record as { type: string }).type)
  return { done: types.filter((type) => type === 'row-ended' || type === 'answer').length, records }
}

test(`kill -9 loses what was under way and nothing else: no durable answer is asked again, and the result is that of a run in peace (seed ${seed})`, async () => {
  const peaceful = join(folder, 'peaceful')
  const peace = await run(peaceful)
  const expected = JSON.parse(peace.output)
  expect(expected.winner).toBeGreaterThan(0)
  expect(expected.budget.spent.calls).toBe(peace.requests)

  const random = seededRandom(seed)
  const path = join(folder, 'killed')
  let asked = 0
  let lost = 0
  let doneBefore = 0
  for (let kills = 0; kills < 3; kills++) {
    const session = await run(path, 1 + random.int(peace.requests / 4))
    const { done } = await durable(path)
    const lostNow = session.requests - (done - doneBefore)
    expect(session.output).toBe('')
    expect(lostNow).toBeLessThanOrEqual(slots)
    expect(lostNow).toBeGreaterThanOrEqual(0)
    asked += session.requests
    lost += lostNow
    doneBefore = done
  }
  const last = await run(path)
  const result = JSON.parse(last.output)
  expect(asked + last.requests - lost).toBe(peace.requests)
  const { budget, unknown, ...found } = result
  const { budget: _, unknown: __, ...whole } = expected
  expect(found).toEqual(whole)

  // what was spent is known but for the calls under way, and these are counted
  expect(budget.spent.calls).toBeGreaterThanOrEqual(asked + last.requests)
  expect(budget.spent.calls - unknown.calls).toBeLessThanOrEqual(asked + last.requests)
  expect(unknown.worst.calls).toBe(unknown.calls)
  expect(unknown.calls > 0 ? unknown.worst.usd : 1).toBeGreaterThan(0)
})
