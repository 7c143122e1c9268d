import { mkdir, rm, writeFile } from 'node:fs/promises'
import { argumentFaults } from '@mabeam/foundation/testing'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import * as dspx from '../index.ts'
import { evaluationCalls } from './evaluation-calls.fixture.ts'
import { modelCalls } from './model-calls.fixture.ts'
import { programCalls } from './program-calls.fixture.ts'
import { folder, route, rows } from './right-values.fixture.ts'
import { tuningCalls } from './tuning-calls.fixture.ts'

/** Without them a provider function that is told no key refuses, whatever the machine has. */
const keys = [
  ...['OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY', 'GEMINI_API_KEY', 'GROQ_API_KEY'],
  'MABEAM_COMPATIBLE_URL',
]

beforeAll(async () => {
  for (const name of keys) vi.stubEnv(name, undefined)
  await mkdir(`${folder}/tuning`, { recursive: true })
  await writeFile(`${folder}/tuning/journal.jsonl`, '{"kind":"dspx-tuning","version":2}\n')
  await writeFile(
    `${folder}/rows.jsonl`,
    rows.map(({ inputs, outputs }) => JSON.stringify({ ...inputs, ...outputs })).join('\n'),
  )
  await route().save(`${folder}/program.json`)
  await route().save(`${folder}/route.json`)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

/** A function that is called with nothing but what it makes itself. */
const notCalled: { readonly [name: string]: string } = {
  Program: 'abstract: the constructor takes nothing',
}
const all = { ...modelCalls, ...programCalls, ...evaluationCalls, ...tuningCalls }

test('every exported function is called with every wrong value in every place', () => {
  const exported = Object.entries(dspx)
    .filter(([, one]) => typeof one === 'function')
    .map(([name]) => name)
  const named = Object.keys({ ...all, ...notCalled }).filter((name) => !name.includes('.'))
  expect(named.sort()).toEqual(exported.sort())
})

test('each wrong value is refused by name and expectation, or taken on purpose', async () => {
  expect(await argumentFaults(all)).toEqual([])
})
