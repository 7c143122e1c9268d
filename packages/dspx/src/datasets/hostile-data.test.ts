/** Files as nobody should write them: each is read right, or refused with file, line and what to do. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isMabeamError } from '@mabeam/foundation'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { signature } from '../signatures/signature.ts'
import { type LoadDatasetOptions, loadDataset } from './dataset.ts'
import { exampleReader } from './example-reader.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mabeam-hostile-data-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const asked = signature('text -> team?: "a" | "b", score?: number, more?: { deep: number[] }')
async function load(name: string, content: string | Uint8Array, options: Partial<LoadDatasetOptions> = {}) {
  const path = join(folder, name)
  await writeFile(path, content)
  return await loadDataset(path, { signature: asked, ...options })
}
async function refused(loading: Promise<unknown>): Promise<string> {
  const thrown = await loading.then(
    () => new Error('expected a refusal'),
    (reason: unknown) => reason,
  )
  if (!isMabeamError(thrown)) throw thrown
  return `${thrown.code.slice('dspx/'.length)} ${thrown.message.replaceAll(`${folder}/`, '')}`
}

describe('places', () => {
  test.each([
    ['a.jsonl', '{"text":"x"}\n  {"text": oops}', 'data-line-broken a.jsonl:2:12: '],
    ['a.jsonl', '\ufeff{"text":"x"}\r\n\r\n{"text":"y",}\r\n', 'data-line-broken a.jsonl:3:13: '],
    [
      'a.jsonl',
      '{"text":"x"}\n{"text":"y"',
      'data-line-broken a.jsonl:2:12: expected a JSON object on one line, got {"text":"y" (it ends too early)',
    ],
    ['a.jsonl', '{"text":"x","score":NaN}', 'data-line-broken a.jsonl:1:21: '],
    ['a.jsonl', '{"text":"x"}{"text":"y"}', 'data-line-broken a.jsonl:1:13: '],
    ['a.jsonl', '{"text":"a\nb"}', 'data-line-broken a.jsonl:1:9: '],
    [
      'a.csv',
      'text,team\nx,a,1,2\n',
      'data-cells-wrong a.csv:2: expected 2 cells as the header has, got 4: "1" has no column',
    ],
    [
      'a.csv',
      'text,team,score\n"a\nb",a,1\nx\n',
      'data-cells-wrong a.csv:4: expected 3 cells as the header has, got 1: column "team" has no cell',
    ],
    ['a.csv', 'text,score\nx,NaN\n', 'data-type-wrong a.csv:2: field "score": expected a number, got "NaN"'],
    ['a.csv', 'text,score\nx,1e999\n', 'data-type-wrong a.csv:2: field "score": '],
    ['a.csv', 'text,more\nx,"{""deep"": [1, oops]}"\n', 'data-type-wrong a.csv:2: field "more": expected JSON'],
    ['a.csv', ',\nx,y\n', 'data-column-repeated a.csv:1: field ""'],
    ['a.csv', '', 'data-empty a.csv: '],
    ['a.jsonl', '\ufeff', 'data-empty a.jsonl: '],
    ['a.csv', '\ufeff\r\n\r\n', 'data-empty a.csv: '],
    ['a.parquet', '', 'data-empty a.parquet: '],
    ['a.parquet', 'PAR1', 'data-format-broken a.parquet: '],
  ])('of %s with %j', async (name, content, sentence) => {
    expect(await refused(load(name, content))).toContain(sentence)
  })
})

describe('names that every object has', () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype']

  test('are columns like any other, and pollute nothing', async () => {
    const members = names.map((name) => `${JSON.stringify(name)}: {"polluted": true}`).join(', ')
    const jsonl = await load(
      'p.jsonl',
      `{"text": "x", ${members}, "more": {"deep": [1], "__proto__": {"polluted": true}}}`,
    )
    expect(jsonl.examples[0]?.inputs).toEqual({ text: 'x' })
    expect(jsonl.ignoredColumns).toEqual(names)
    const csv = await load('p.csv', `text,${names.join(',')}\nx${',"{""polluted"":true}"'.repeat(names.length)}\n`)
    expect(csv).toMatchObject({ examples: [{ inputs: { text: 'x' } }], ignoredColumns: names })
    expect([Reflect.get({}, 'polluted'), {}.toString()]).toEqual([undefined, '[object Object]'])
  })

  test('are no substitute for a column that is missing', async () => {
    expect(await refused(load('q.jsonl', '{"__proto__": {"text": "x"}}'))).toContain(
      'q.jsonl:1: field "text": expected a column',
    )
  })
})

describe('size', () => {
  const megabytes = 'x'.repeat(10_000_000)

  test('lines of ten megabytes are read, and in errors they are short', async () => {
    expect((await load('l.jsonl', `{"text":"${megabytes}"}`)).examples[0]?.inputs.text).toHaveLength(10_000_000)
    expect((await load('l.csv', `text\n"${megabytes}\n,"\n`)).examples[0]?.inputs.text).toHaveLength(10_000_002)
    expect((await refused(load('b.jsonl', `{"text":"${megabytes}`))).length).toBeLessThan(600)
    expect((await refused(load('b.csv', `text,team\nx,${megabytes}\n`))).length).toBeLessThan(600)
    expect((await refused(load('b.csv', `text,team\nx,a,${megabytes}\n`))).length).toBeLessThan(600)
  })

  test('ten thousand columns are looked through', async () => {
    const columns = Array.from({ length: 10_000 }, (_, i) => `c${i}`)
    const wide = await load('w.csv', `text,${columns.join(',')}\nx${',1'.repeat(10_000)}\n`)
    expect(wide.ignoredColumns).toHaveLength(10_000)
    expect((await refused(load('w.csv', `${columns.join(',')}\n${'1,'.repeat(9_999)}1\n`))).length).toBeLessThan(600)
  })

  test('values ten thousand levels deep are refused or read, and crash nothing', async () => {
    const deep = '['.repeat(10_000) + ']'.repeat(10_000)
    expect(await refused(load('d.jsonl', `{"text":"x","more":{"deep":${deep}}}`))).toContain(
      'd.jsonl:1: field "more": expected JSON at most 500 levels deep',
    )
    const fits = '['.repeat(499) + ']'.repeat(499)
    const loose = signature({ inputs: { text: z.string(), more: z.any() }, outputs: { team: z.string().optional() } })
    const row = (value: string) => load('d.jsonl', `{"text":"x","more":{"deep":${value}}}`, { signature: loose })
    expect((await row(fits)).examples).toHaveLength(1)
    expect(await refused(row(`[${fits}]`))).toContain('at most 500 levels deep')
  })
})

describe('numbers that are none, as columns of numbers hold them', () => {
  const read = (values: object) =>
    exampleReader({
      path: 'n.parquet',
      name: 'n.parquet',
      file: { columns: ['text', 'score', 'more'], rows: [], untyped: false },
      signature: asked,
      required: [],
    }).read({ line: 2, values: { text: 'x', ...values } })

  test.each([
    [{ score: Number.NaN }, 'field "score": expected a number, got NaN'],
    [{ score: Number.POSITIVE_INFINITY }, 'field "score": expected a number, got Infinity'],
    [{ more: { deep: [1, Number.NaN] } }, 'field "more": expected JSON, whose numbers are finite'],
    [{ more: { deep: [1], other: [{ at: Number.NEGATIVE_INFINITY }] } }, 'field "more": expected JSON, whose numbers'],
  ])('%j is refused with row and field', (values, sentence) => {
    expect(() => read(values)).toThrow(`n.parquet:2: ${sentence}`)
  })
})
