/** The laws of the journal, over any function that opens one: also how the tests show that they notice a broken one. */

import assert from 'node:assert/strict'
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isMabeamError, type Json } from '../errors.ts'
import { type Journal, type JournalOptions, openJournal, readJournal } from '../journal/journal.ts'
import { seededRandom } from '../random.ts'
import type { ContractCase } from './contract-case.ts'

/** What is under test: `openJournal`, or something in its place. */
export type OpenJournal = (options: JournalOptions) => Promise<Journal>

/** @example for (const { name, run } of journalContract(openJournal)) test(name, run) */
export function journalContract(open: OpenJournal = openJournal): readonly ContractCase[] {
  const law = (name: string, check: (path: string, open: OpenJournal) => Promise<void>): ContractCase => ({
    name,
    async run() {
      const folder = await mkdtemp(join(tmpdir(), 'mabeam-journal-'))
      try {
        await check(join(folder, 'deep', 'journal.jsonl'), open)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
  })
  return [
    law('acknowledged records are found again, once and in order', findsRecords),
    law('an acknowledged record is in the file before close', writesThrough),
    law('a torn last line is cut off and counted, whatever its length', cutsTornTail),
    law('appending goes on behind a cut', appendsAfterCut),
    law('a line that is not as written is named with path and line', namesCorruptLine),
    law('a file of another kind, and a file that is no journal, is refused and left as it is', refusesForeign),
    law('another version is refused by number', refusesVersion),
    law('a second writer is refused by process id and path, until the first closes', refusesSecondWriter),
    law('a record over the limit is refused and harms nothing', refusesLongRecord),
    law('a closed journal refuses to append, and closing again is harmless', refusesClosed),
    law('rewriting replaces what was written, and keeps what is appended after it', rewrites),
    law('a reader needs no lock and leaves a torn tail out', readsWithoutLock),
  ]
}

const kind = 'test'

async function fill(open: OpenJournal, path: string, records: readonly Json[]): Promise<void> {
  await using journal = await open({ path, kind, version: 1 })
  await Promise.all(records.map((record) => journal.append(record)))
}

async function found(open: OpenJournal, path: string): Promise<{ records: readonly Json[]; repairedBytes: number }> {
  await using journal = await open({ path, kind, version: 1 })
  return { records: journal.records, repairedBytes: journal.repairedBytes }
}

async function refusal(attempt: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await attempt
  } catch (thrown) {
    assert.ok(isMabeamError(thrown), String(thrown))
    return thrown
  }
  return assert.fail('expected a refusal')
}

async function findsRecords(path: string, open: OpenJournal): Promise<void> {
  const random = seededRandom(3)
  const all: Json[] = []
  for (let session = 0; session < 5; session++) {
    assert.deepEqual(await found(open, path), { records: all, repairedBytes: 0 })
    const more = Array.from({ length: random.int(40) }, (_, i) => ({ session, i, text: `ü\n"${random.next()}` }))
    await fill(open, path, more)
    all.push(...more)
  }
  assert.deepEqual((await found(open, path)).records, all)
}

async function writesThrough(path: string, open: OpenJournal): Promise<void> {
  await using journal = await open({ path, kind, version: 1 })
  for (let i = 0; i < 5; i++) {
    await journal.append({ i })
    assert.ok((await readFile(path, 'utf8')).endsWith(`{"i":${i}}\n`))
  }
}

async function cutsTornTail(path: string, open: OpenJournal): Promise<void> {
  await fill(open, path, ['a', 'b'])
  const whole = await readFile(path)
  const lastLine = Buffer.from('{"c":"ü"}\n')
  for (let length = 0; length < lastLine.length; length++) {
    await writeFile(path, Buffer.concat([whole, lastLine.subarray(0, length)]))
    assert.deepEqual(await found(open, path), { records: ['a', 'b'], repairedBytes: length })
    assert.equal((await stat(path)).size, whole.length)
  }
  for (let length = 0; length < whole.indexOf('\n'); length++) {
    await writeFile(path, whole.subarray(0, length))
    assert.deepEqual(await found(open, path), { records: [], repairedBytes: length })
  }
}

async function appendsAfterCut(path: string, open: OpenJournal): Promise<void> {
  await fill(open, path, ['a'])
  await appendFile(path, '{"torn":')
  await fill(open, path, ['b'])
  assert.deepEqual(await found(open, path), { records: ['a', 'b'], repairedBytes: 0 })
}

async function namesCorruptLine(path: string, open: OpenJournal): Promise<void> {
  await fill(open, path, ['a', 'b', 'c'])
  const lines = (await readFile(path, 'utf8')).split('\n')
  lines[2] = '"b'
  await writeFile(path, lines.join('\n'))
  const thrown = await refusal(open({ path, kind, version: 1 }))
  assert.equal(thrown.code, 'foundation/journal-corrupt')
  assert.ok(thrown.message.startsWith(`${path}:3: `), thrown.message)
  assert.equal((await refusal(readJournal(path, kind))).code, 'foundation/journal-corrupt')
}

async function refusesForeign(path: string, open: OpenJournal): Promise<void> {
  await fill(open, path, ['a'])
  const ours = await readFile(path, 'utf8')
  for (const foreign of [ours.replace(kind, 'other'), 'name,team\nAda,tech\n', 'a text with no end']) {
    await writeFile(path, foreign)
    assert.equal((await refusal(open({ path, kind, version: 1 }))).code, 'foundation/journal-corrupt')
    assert.equal(await readFile(path, 'utf8'), foreign)
  }
}

async function refusesVersion(path: string, open: OpenJournal): Promise<void> {
  await fill(open, path, ['a'])
  const thrown = await refusal(open({ path, kind, version: 2 }))
  assert.equal(thrown.code, 'foundation/journal-version')
  assert.ok(thrown.message.includes('expected journal version 2, got 1'))
}

async function refusesSecondWriter(path: string, open: OpenJournal): Promise<void> {
  const first = await open({ path, kind, version: 1 })
  const thrown = await refusal(open({ path, kind, version: 1 }))
  assert.equal(thrown.code, 'foundation/journal-locked')
  assert.ok(thrown.message.includes(String(process.pid)) && thrown.message.includes(path), thrown.message)
  await first.close()
  await fill(open, path, ['a'])
  assert.deepEqual((await found(open, path)).records, ['a'])
}

async function refusesLongRecord(path: string, open: OpenJournal): Promise<void> {
  await using journal = await open({ path, kind, version: 1, recordBytesMax: 12 })
  await journal.append('x'.repeat(10))
  assert.equal((await refusal(journal.append('x'.repeat(11)))).code, 'foundation/journal-limit')
  await journal.append('after')
  assert.deepEqual((await readJournal(path, kind)).records, ['x'.repeat(10), 'after'])
}

async function refusesClosed(path: string, open: OpenJournal): Promise<void> {
  const journal = await open({ path, kind, version: 1 })
  const last = journal.append('a')
  await journal.close()
  await last
  await journal.close()
  assert.equal((await refusal(journal.append('b'))).code, 'foundation/journal-closed')
  assert.deepEqual((await found(open, path)).records, ['a'])
}

async function rewrites(path: string, open: OpenJournal): Promise<void> {
  await using journal = await open({ path, kind, version: 1 })
  await journal.append('a')
  await Promise.all([journal.append('b'), journal.rewrite(['a+b']), journal.append('c')])
  await journal.append('d')
  assert.deepEqual((await readJournal(path, kind)).records, ['a+b', 'c', 'd'])
}

async function readsWithoutLock(path: string, open: OpenJournal): Promise<void> {
  await using journal = await open({ path, kind, version: 1 })
  await journal.append('a')
  await appendFile(path, '{"torn"')
  assert.deepEqual(await readJournal(path, kind), { version: 1, records: ['a'] })
}
