import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isMabeamError } from '@mabeam/foundation'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { signature } from '../signatures/signature.ts'
import { type LoadDatasetOptions, loadDataset } from './dataset.ts'

const triage = signature({
  inputs: { text: z.string() },
  outputs: { team: z.enum(['billing', 'tech']), urgent: z.boolean(), score: z.number().min(0), evidence: z.string() },
})
const required = ['team']

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mabeam-dataset-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true })
})

async function load(name: string, content: string | Uint8Array, options: Partial<LoadDatasetOptions> = {}) {
  const path = join(folder, name)
  await writeFile(path, content)
  return await loadDataset(path, { signature: triage, required, ...options })
}

/** Code and sentence of the error, the folder cut out of it. */
async function refused(loading: Promise<unknown>): Promise<readonly [string, string]> {
  const thrown = await loading.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isMabeamError(thrown)) throw thrown ?? new Error('expected a refusal')
  return [thrown.code, thrown.message.replaceAll(`${folder}/`, '')]
}

describe('loadDataset', () => {
  test('reads JSON lines with a byte-order mark, CRLF and blank lines, and keeps the line numbers of an editor', async () => {
    const { examples, ignoredColumns } = await load(
      'rows.jsonl',
      '\ufeff{"text":"hi","team":"tech","note":1}\r\n\r\n{"text":"bill","team":"billing","urgent":true,"score":2}\r\n',
    )
    expect(examples).toEqual([
      { id: 'rows.jsonl:1', inputs: { text: 'hi' }, outputs: { team: 'tech' } },
      { id: 'rows.jsonl:3', inputs: { text: 'bill' }, outputs: { team: 'billing', urgent: true, score: 2 } },
    ])
    expect(ignoredColumns).toEqual(['note'])
  })

  test('takes a signature as a string, and says what is wrong with one', async () => {
    const path = join(folder, 'told.jsonl')
    await writeFile(path, '{"text":"hi","team":"tech"}\n')
    const { examples } = await loadDataset(path, { signature: 'text -> team: "billing" | "tech"' })
    expect(examples).toEqual([{ id: 'told.jsonl:1', inputs: { text: 'hi' }, outputs: { team: 'tech' } }])
    await expect(loadDataset(path, { signature: 'text, team' as string })).rejects.toMatchObject({
      code: 'dspx/invalid-signature',
    })
  })

  test('reads CSV with quotes, line breaks in cells and typed columns', async () => {
    const { examples, ignoredColumns } = await load(
      'rows.csv',
      '\ufefftext,team,urgent,score,note\r\n"a, ""b""\nc",tech,TRUE,1.5,x\r\nplain,billing,,,\r\n',
    )
    expect(examples).toEqual([
      { id: 'rows.csv:2', inputs: { text: 'a, "b"\nc' }, outputs: { team: 'tech', urgent: true, score: 1.5 } },
      { id: 'rows.csv:4', inputs: { text: 'plain' }, outputs: { team: 'billing' } },
    ])
    expect(ignoredColumns).toEqual(['note'])
  })

  test('accepts CSV with both kinds of line ends in one file', async () => {
    const { examples } = await load('mixed.csv', 'text,team,urgent\r\nhi,tech,true\nbill,billing,false\r\n')
    expect(examples.map(({ id, outputs }) => [id, outputs.team])).toEqual([
      ['mixed.csv:2', 'tech'],
      ['mixed.csv:3', 'billing'],
    ])
  })

  test('takes semicolons and tabs in a header with commas, or in quotes, as they are', async () => {
    const { ignoredColumns } = await load('odd.csv', 'text,team,"a;b",c\td\nhi;ho,tech,1,2\n')
    expect(ignoredColumns).toEqual(['a;b', 'c\td'])
  })

  test('counts lines alike whichever ends they have, in quoted cells too', async () => {
    const { examples } = await load('mixed.csv', 'text,team\n"a\r\nb",tech\r\n\r\nc,billing\n\nd,tech')
    expect(examples.map(({ id, inputs }) => [id, inputs.text])).toEqual([
      ['mixed.csv:2', 'a\r\nb'],
      ['mixed.csv:5', 'c'],
      ['mixed.csv:7', 'd'],
    ])
  })

  test('needs every output that is not optional unless told which are required', async () => {
    const rows = '{"text":"hi","team":"tech"}\n'
    const path = join(folder, 'rows.jsonl')
    await writeFile(path, rows)
    expect(await refused(loadDataset(path, { signature: triage }))).toEqual([
      'dspx/data-column-missing',
      'rows.jsonl:1: field "urgent": expected a column of this name, got only text, team; add the column',
    ])
  })

  test('accepts exactly rowsMax rows and refuses one more', async () => {
    const rows = '{"text":"hi","team":"tech"}\n'.repeat(3)
    expect((await load('rows.jsonl', rows, { rowsMax: 3 })).examples).toHaveLength(3)
    expect(await refused(load('rows.jsonl', rows, { rowsMax: 2 }))).toEqual([
      'dspx/data-too-large',
      'rows.jsonl: expected at most 2 (rowsMax), got 3 or more; split the file or raise rowsMax',
    ])
    expect((await refused(load('rows.jsonl', rows, { bytesMax: 20 })))[0]).toBe('dspx/data-too-large')
  })

  test.each([
    [
      'an empty file',
      'a.jsonl',
      ' \n',
      'dspx/data-empty',
      'a.jsonl: expected at least one row, got an empty file; add rows or choose another file',
    ],
    [
      'a header alone',
      'a.csv',
      'text,team\n',
      'dspx/data-empty',
      'a.csv: expected at least one row, got only a header line; add rows or choose another file',
    ],
    [
      'another format',
      'a.xlsx',
      'x',
      'dspx/data-extension-unknown',
      'a.xlsx: expected a data file that ends in .jsonl or .csv or .parquet, got ".xlsx"; convert or rename it',
    ],
    [
      'a row that is no object',
      'a.jsonl',
      '{"text":"hi","team":"tech"}\n[1]\n',
      'dspx/data-line-broken',
      'a.jsonl:2: expected a JSON object on one line, got [1]; mend or delete the line',
    ],
    [
      'a misspelt column',
      'a.csv',
      'text,taem\nhi,tech\n',
      'dspx/data-column-missing',
      'a.csv:1: field "team": expected a column of this name, got only text, taem; did you mean the column "taem"? rename it',
    ],
    [
      'a missing column whose name is near to another field',
      'a.csv',
      'text\nhi\n',
      'dspx/data-column-missing',
      'a.csv:1: field "team": expected a column of this name, got only text; add the column',
    ],
    [
      'the same in a row',
      'a.jsonl',
      '{"text":"hi"}\n',
      'dspx/data-column-missing',
      'a.jsonl:1: field "team": expected a column of this name, got only text; add the column',
    ],
    [
      'an unknown label',
      'a.csv',
      'text,team\nhi,tech\nho,biling\n',
      'dspx/data-label-unknown',
      'a.csv:3: field "team": expected one of "billing", "tech", got "biling"; did you mean "billing"?',
    ],
    [
      'an empty input',
      'a.jsonl',
      '{"text":"  ","team":"tech"}',
      'dspx/data-value-empty',
      'a.jsonl:1: field "text": expected a value, got "  "; fill it in or delete the row',
    ],
    [
      'a number as text',
      'a.jsonl',
      '{"text":7,"team":"tech"}',
      'dspx/data-type-wrong',
      'a.jsonl:1: field "text": expected text, got 7; mend the value or the signature',
    ],
    [
      'text as a number',
      'a.csv',
      'text,team,score\nhi,tech,12px\n',
      'dspx/data-type-wrong',
      'a.csv:2: field "score": expected a number, got "12px"; mend the value or the signature',
    ],
    [
      'a quote that stays open',
      'a.csv',
      'text,team\nhi,"tech\nho,tech\n',
      'dspx/data-quoting-broken',
      'a.csv:2: expected CSV with balanced quotes, got a quote that is still open at the end of the file; put the field in quotes and double the quotes inside',
    ],
    [
      'a quote that stays open below a cell of two lines',
      'a.csv',
      'text,team\r\n"hi\r\nho",tech\r\nhi,"tech\r\n',
      'dspx/data-quoting-broken',
      'a.csv:4: expected CSV with balanced quotes, got a quote that is still open at the end of the file; put the field in quotes and double the quotes inside',
    ],
    [
      'text after a closing quote below a cell of two lines',
      'a.csv',
      'text,team\n"hi\r\nho",tech\n"hi"ho,tech\n',
      'dspx/data-quoting-broken',
      'a.csv:4: expected CSV with balanced quotes, got text between a closing quote and the next comma; put the field in quotes and double the quotes inside',
    ],
    [
      'a comma too many',
      'a.csv',
      'text,team\nhi,tech,\n',
      'dspx/data-cells-wrong',
      'a.csv:2: expected 2 cells as the header has, got 3: "" has no column; quote cells that hold a comma',
    ],
    [
      'a cell too few',
      'a.csv',
      'text,team\nhi\n',
      'dspx/data-cells-wrong',
      'a.csv:2: expected 2 cells as the header has, got 1: column "team" has no cell; fill in the rest, empty cells with commas alone',
    ],
    [
      'semicolons',
      'a.csv',
      '"text";team\n"hi, all";tech\n',
      'dspx/data-separator-wrong',
      'a.csv:1: is the separator ";"? expected "," between columns, got "\\"text\\";team"; save the file with commas',
    ],
    [
      'tabs under an empty line',
      'a.csv',
      '\r\ntext\tteam\r\nhi\ttech\r\n',
      'dspx/data-separator-wrong',
      'a.csv:2: is the separator "\\t"? expected "," between columns, got "text\\tteam"; save the file with commas',
    ],
    [
      'a column twice',
      'a.csv',
      'text,text\nhi,ho\n',
      'dspx/data-column-repeated',
      'a.csv:1: field "text": expected each column once in the header, got it twice; rename or drop one',
    ],
  ])('refuses %s', async (_, name, content, code, sentence) => {
    expect(await refused(load(name, content))).toEqual([code, sentence])
  })

  test('refuses a broken line with the line and what stood there', async () => {
    const [code, sentence] = await refused(load('a.jsonl', '{"text":"hi","team":"tech"}\n{"text": oops}\n'))
    expect(code).toBe('dspx/data-line-broken')
    expect(sentence).toMatch(
      /^a\.jsonl:2:10: expected a JSON object on one line, got \{"text": oops\} \(no JSON from "oops\}" on\); mend/,
    )
  })

  test('refuses what the schema of a field refuses, with its reason', async () => {
    const [code, sentence] = await refused(load('a.jsonl', '{"text":"hi","team":"tech","score":-1}'))
    expect(code).toBe('dspx/data-type-wrong')
    expect(sentence).toContain('a.jsonl:1: field "score": expected a value its schema accepts')
  })

  test('refuses a missing file, a folder and bytes that are not UTF-8', async () => {
    expect(await refused(loadDataset(join(folder, 'no.csv'), { signature: triage }))).toEqual([
      'dspx/data-file-missing',
      'no.csv: expected a data file, got no such file; check the path',
    ])
    expect((await refused(load('a.jsonl', new Uint8Array([0xff, 0xfe, 0x00]))))[0]).toBe('dspx/data-not-utf8')
    const inside = join(folder, 'rows.csv')
    await writeFile(inside, 'x')
    expect(await refused(loadDataset(join(inside, 'deeper.csv'), { signature: triage }))).toEqual([
      'dspx/data-file-unreadable',
      'rows.csv/deeper.csv: expected a data file, got a path through a file that is no folder; check the path',
    ])
    await mkdir(join(folder, 'folder.jsonl'))
    expect(await refused(loadDataset(join(folder, 'folder.jsonl'), { signature: triage }))).toEqual([
      'dspx/data-file-unreadable',
      'folder.jsonl: expected a data file, got a folder; name a file',
    ])
  })
})
