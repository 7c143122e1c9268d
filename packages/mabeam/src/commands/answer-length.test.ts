/** `--max-output-tokens`: what is sent with every call of a command. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ranCommand } from './ran-command.fixture.ts'

const twoSteps = join(import.meta.dirname, 'two-steps.fixture.ts')
let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mabeam-length-'))
  const rows = Array.from({ length: 60 }, (_, i) => ({
    text: i % 2 === 0 ? `charged ${i}` : `crash ${i}`,
    team: i % 2 === 0 ? 'billing' : 'tech',
  }))
  writeFileSync(join(folder, 'rows.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const mabeam = (...args: readonly string[]) => ranCommand(args, { cwd: folder })

test('is what a run would send, and cuts its answers', async () => {
  const { stdout } = await mabeam('run', twoSteps, 'charged', '--prompt', '--json', '--max-output-tokens', '50')
  expect(JSON.parse(stdout).calls).toMatchObject([{ maxOutputTokens: 50 }])
  expect((await mabeam('run', twoSteps, 'charged', '--max-output-tokens', '1')).status).toBe(1)
  expect((await mabeam('eval', twoSteps, '--data', 'rows.jsonl', '--max-output-tokens', '1')).stdout).toContain(
    'accuracy  0.0 %',
  )
  const wrong = await mabeam('run', twoSteps, 'charged', '--max-output-tokens', '0')
  expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('an integer from 1')])
})

test('lets a small budget pay for a teacher that it refuses otherwise, as the report says', async () => {
  const begin = ['optimize', twoSteps, '--data', 'rows.jsonl', '--teleprompter', 'mipro-v2', '--budget', '1', '--json']
  const limited = [...begin, '--usd', '0.0075', '--proposer', 'local/small']
  const refused = JSON.parse(
    (await mabeam(...limited, '--study', 'refused')).stdout.trim().split('\n').at(-1) as string,
  )
  expect(refused.explanation).toMatch(
    /What was refused: local\/small: budget of 0\.0075 USD: .*maxOutputTokens of \d+ or/,
  )
  const short = [...limited, '--max-output-tokens', '300', '--study', 'short']
  const found = JSON.parse((await mabeam(...short)).stdout.trim().split('\n').at(-1) as string)
  expect(found.budget.spent.calls).toBeGreaterThan(refused.budget.spent.calls)
})

test('lets a study go on that its budget has ended, which nothing that allows no more does', async () => {
  const begin = ['optimize', twoSteps, '--data', 'rows.jsonl', '--usd', '0.003', '--max-output-tokens', '60']
  const ended = await mabeam(...begin, '--workers', '1', '--concurrency', '1', '--study', 'ended')
  const oneLine = (text: string) => text.replace(/\s+/g, ' ')
  const further = 'a higher --usd (it had 0.003), or a lower --max-output-tokens (it had 60)'
  expect(oneLine(ended.stdout)).toContain(`npx mabeam optimize --resume ended goes on with ${further}.`)
  const less = await mabeam('optimize', '--resume', 'ended', '--usd', '0.002')
  expect([less.status, less.stderr]).toEqual([
    0,
    `study ended is finished and this is what it found; to go on it needs ${further}\n`,
  ])
  const shorter = await mabeam('optimize', '--resume', 'ended', '--max-output-tokens', '50')
  expect([shorter.status, shorter.stderr]).toEqual([0, expect.stringContaining('study ended, going on')])
})

test('is no remedy for a budget that pays for too little: the command to go on allows more, and then finds something', async () => {
  const begin = ['optimize', twoSteps, '--data', 'rows.jsonl', '--teleprompter', 'labeled-few-shot', '--study', 'tiny']
  const tiny = await mabeam(...begin, '--usd', '0.0001', '--max-output-tokens', '60')
  const [, ...next] = /go on with: npx mabeam (optimize) (--resume) (tiny) (--usd) ([\d.]+)\n/.exec(tiny.stderr) ?? []
  expect([tiny.status, Number(next[4])]).toEqual([1, expect.closeTo(0.003, 9)])
  expect((await mabeam(...next)).status).toBe(0)
})

test('is kept by a study that goes on, until it is given another', async () => {
  const request = async () =>
    JSON.parse(await readFile(join(folder, '.mabeam', 'studies', 'kept', 'request.json'), 'utf8')).request.calls
  const begin = ['optimize', twoSteps, '--data', 'rows.jsonl', '--teleprompter', 'labeled-few-shot', '--study', 'kept']
  const cut = await mabeam(...begin, '--max-output-tokens', '1', '--retries', '2')
  expect([cut.status, cut.stderr]).toEqual([1, expect.stringContaining('--resume kept')])
  expect(await request()).toEqual({ maxOutputTokens: 1, retries: 2 })
  expect((await mabeam('optimize', '--resume', 'kept')).status).toBe(1)
  expect(await request()).toEqual({ maxOutputTokens: 1, retries: 2 })
  await mabeam('optimize', '--resume', 'kept', '--max-output-tokens', '300')
  expect(await request()).toEqual({ maxOutputTokens: 300, retries: 2 })
})
