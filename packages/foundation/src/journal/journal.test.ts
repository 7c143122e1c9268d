import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fileCacheStore } from '../cache/stores/file.ts'
import { type Json, messageOf } from '../errors.ts'
import { seededRandom } from '../random.ts'
import { failingCases, journalContract } from '../testing/index.ts'
import { type Journal, type JournalOptions, openJournal, readJournal } from './journal.ts'

let folder = ''
let files = 0
const freshPath = () => join(folder, `journal-${files++}.jsonl`)
const kind = 'test'

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mabeam-journal-test-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('openJournal keeps the contract', () => {
  for (const { name, run } of journalContract()) test(name, run)
})

describe('journalContract notices', () => {
  const mutants: Record<string, (real: Journal, options: JournalOptions) => Journal> = {
    'an append that resolves before it is written': (real) =>
      changed(real, { append: async (record) => void real.append(record).catch(() => {}) }),
    'a record written twice': (real) =>
      changed(real, { append: (record) => Promise.all([real.append(record), real.append(record)]).then(() => {}) }),
    'a torn tail that is not counted': (real) => changed(real, { repairedBytes: 0 }),
    'a lock that is not let go': (real, { path }) =>
      changed(real, {
        close: async () => {
          const lock = await readFile(`${path}.lock`).catch(() => undefined)
          await real.close()
          if (lock !== undefined) await writeFile(`${path}.lock`, lock)
        },
      }),
    'a rewrite that only appends': (real) =>
      changed(real, {
        rewrite: async (records) => {
          for (const record of records) await real.append(record)
        },
      }),
  }
  for (const [name, mutate] of Object.entries(mutants)) {
    test(name, async () => {
      const open = async (options: JournalOptions) => mutate(await openJournal(options), options)
      expect(await failingCases(journalContract(open))).not.toEqual([])
    })
  }
})

describe('openJournal', () => {
  test('records appended together share a few writes and are all acknowledged', async () => {
    const path = freshPath()
    await using journal = await openJournal({ path, kind, version: 1 })
    const records = Array.from({ length: 5000 }, (_, i) => i)
    await Promise.all(records.map((i) => journal.append(i)))
    expect((await readJournal(path, kind)).records).toEqual(records)
  })

  test('bytes that wait are bounded, and there is room again after a write', async () => {
    const path = freshPath()
    await using journal = await openJournal({ path, kind, version: 1, pendingBytesMax: 10 })
    const first = journal.append('1234567')
    await expect(journal.append('x')).rejects.toMatchObject({ code: 'foundation/journal-limit', retryable: true })
    await first
    await journal.append('x')
    expect((await readJournal(path, kind)).records).toEqual(['1234567', 'x'])
  })

  test('onRecord is given what was found, in place of records', async () => {
    const path = freshPath()
    await (await openJournal({ path, kind, version: 1 })).close()
    const first = await openJournal({ path, kind, version: 1 })
    await first.append('a')
    await first.close()
    const seen: Json[] = []
    await using journal = await openJournal({ path, kind, version: 1, onRecord: (record) => seen.push(record) })
    expect(seen).toEqual(['a'])
    expect(journal.records).toEqual([])
  })

  test('a missing journal is said to be missing by its reader', async () => {
    await expect(readJournal(freshPath(), kind)).rejects.toMatchObject({ code: 'foundation/journal-missing' })
  })

  test('a lock file left by a process that ended is taken over, by one of many that try', async () => {
    const path = freshPath()
    const child = await appender(path, 'journal')
    child.process.kill('SIGKILL')
    await once(child.process, 'exit')
    expect((await stat(`${path}.lock`)).isFile()).toBe(true)
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => openJournal({ path, kind, version: 1 })))
    const opened = tries.filter((one) => one.status === 'fulfilled').map((one) => one.value)
    expect(opened).toHaveLength(1)
    for (const one of tries.filter((other) => other.status === 'rejected')) {
      expect(one.reason).toMatchObject({ code: 'foundation/journal-locked', data: { pid: process.pid, path } })
    }
    await opened[0]?.close()
    expect((await readdir(folder)).filter((name) => name.includes('.lock'))).toEqual([])
  })

  test('the lock of a living process is refused, of a reused process id or a torn file is taken over', async () => {
    const path = freshPath()
    const child = await appender(path, 'journal')
    await expect(openJournal({ path, kind, version: 1 })).rejects.toMatchObject({
      code: 'foundation/journal-locked',
      data: { pid: child.process.pid as number, path },
    })
    const lock = JSON.parse(await readFile(`${path}.lock`, 'utf8'))
    child.process.kill('SIGKILL')
    await once(child.process, 'exit')
    for (const text of [JSON.stringify({ ...lock, pid: process.pid }), '', '{"pid":']) {
      await writeFile(`${path}.lock`, text)
      await (await openJournal({ path, kind, version: 1 })).close()
    }
    await writeFile(`${path}.lock`, JSON.stringify({ ...lock, host: 'elsewhere' }))
    await expect(openJournal({ path, kind, version: 1 })).rejects.toThrow('on elsewhere')
  })

  test('kill -9 while appending loses no acknowledged record', async () => {
    const path = freshPath()
    const random = seededRandom(5)
    let acknowledged = 0
    for (let round = 0; round < 4; round++) {
      const child = await appender(path, 'journal')
      acknowledged = await killAfter(child, 20 + random.int(200))
      const { records } = await readJournal(path, kind)
      expect(records.slice(0, acknowledged)).toEqual(Array.from({ length: acknowledged }, (_, i) => i))
    }
    expect(acknowledged).toBeGreaterThan(0)
  })

  test('kill -9 while setting and rewriting loses no acknowledged cache entry', async () => {
    const path = freshPath()
    const child = await appender(path, 'cache')
    const acknowledged = await killAfter(child, 1500)
    await using store = await fileCacheStore({ path })
    for (let key = 0; key < 20; key++) {
      const last = Number(await store.get(String(key)))
      const lastAcknowledged = acknowledged - 1 - ((((acknowledged - 1 - key) % 20) + 20) % 20)
      expect(last).toBeGreaterThanOrEqual(lastAcknowledged)
    }
  })
})

describe('a full disk', () => {
  let disk: SmallDisk = { skip: 'not mounted yet' }
  beforeAll(async () => {
    disk = await smallDisk()
  })
  afterAll(async () => {
    if (disk.skip !== undefined) return
    execFileSync('umount', [disk.path])
    await rm(disk.path, { recursive: true })
  })

  test('the append that finds it rejects, all later ones do, and every acknowledged record is kept', async (context) => {
    if (disk.skip !== undefined) return context.skip(disk.skip)
    const path = join(disk.path, 'journal.jsonl')
    const journal = await openJournal({ path, kind, version: 1 })
    const text = 'x'.repeat(1000)
    let acknowledged = 0
    let failure: unknown
    while (failure === undefined) {
      const group = await Promise.allSettled([0, 1, 2].map((i) => journal.append({ i, text })))
      acknowledged += group.filter((one) => one.status === 'fulfilled').length
      failure = group.find((one) => one.status === 'rejected')?.reason
    }
    expect(failure).toMatchObject({ code: 'foundation/disk-full', data: { path } })
    expect((failure as Error).message).toContain('the disk is full')
    await expect(journal.append('small')).rejects.toBe(failure)
    await journal.close()
    expect(acknowledged).toBeGreaterThan(10)
    const found = await readJournal(path, kind)
    expect(found.records.length).toBe(acknowledged)
    await expect(openJournal({ path: `${path}.second`, kind, version: 1 })).rejects.toMatchObject({
      code: 'foundation/disk-full',
    })
    await rm(path)
  })

  test('a cache store says so, and holds what it acknowledged', async (context) => {
    if (disk.skip !== undefined) return context.skip(disk.skip)
    const path = join(disk.path, 'cache.jsonl')
    const text = 'x'.repeat(1000)
    let acknowledged = 0
    {
      await using store = await fileCacheStore({ path })
      const fill = async () => {
        for (;;) {
          await store.set(`k${acknowledged}`, text)
          acknowledged++
        }
      }
      await expect(fill()).rejects.toMatchObject({ code: 'foundation/disk-full' })
      await expect(store.set(`k${acknowledged}`, text)).rejects.toMatchObject({ code: 'foundation/disk-full' })
    }
    await rm(path)
    expect(acknowledged).toBeGreaterThan(10)
  })
})

function changed(real: Journal, changes: Partial<Journal>): Journal {
  const journal: Journal = {
    records: real.records,
    repairedBytes: real.repairedBytes,
    append: (record) => real.append(record),
    rewrite: (records) => real.rewrite(records),
    close: () => real.close(),
    [Symbol.asyncDispose]: () => journal.close(),
    ...changes,
  }
  return journal
}

type SmallDisk = { readonly path: string; readonly skip?: undefined } | { readonly skip: string }

/** A real disk of 64 KiB, or the reason why there is none. */
async function smallDisk(): Promise<SmallDisk> {
  if (process.platform !== 'linux') return { skip: 'needs Linux' }
  if (process.getuid?.() !== 0) return { skip: 'needs root to mount a small disk' }
  const path = await mkdtemp(join(tmpdir(), 'mabeam-small-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path], { stdio: 'pipe' })
    return { path }
  } catch (thrown) {
    await rm(path, { recursive: true })
    return { skip: `mounting a small disk failed: ${messageOf(thrown)}` }
  }
}

interface Appender {
  readonly process: ChildProcess
  /** How many records it found at opening. */
  readonly found: number
}

/** A process that appends 0, 1, 2 … and prints each number when acknowledged. */
async function appender(path: string, what: 'journal' | 'cache'): Promise<Appender> {
  const script = join(import.meta.dirname, '..', 'testing', 'journal-appender.fixture.ts')
  const child = spawn(process.execPath, ['--conditions=mabeam-source', script, what, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  return { process: child, found: Number(line) }
}

/** Kills the child once it acknowledged so many; returns how many records are acknowledged in all. */
async function killAfter(child: Appender, count: number): Promise<number> {
  let acknowledged = child.found
  for await (const line of createInterface({ input: child.process.stdout as NodeJS.ReadableStream })) {
    if (line !== '') acknowledged = Number(line) + 1
    if (acknowledged - child.found >= count && !child.process.killed) child.process.kill('SIGKILL')
  }
  return acknowledged
}
