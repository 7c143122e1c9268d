/**
 * An append-only journal: JSON lines under a header that names kind and version. One process writes (lock file), many
 * may read. `append` resolves when the record is written through; records appended while a write is under way go out
 * together with one fsync. A line torn by a crash was never acknowledged and is cut off at the next opening.
 */

import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileFailed, journalClosed, journalLimit, journalMissing, journalVersion } from '../errors/journal-errors.ts'
import type { Json } from '../errors.ts'
import { checkOptions, rule } from '../options.ts'
import { headerLine, scanJournal } from './journal-scan.ts'
import { acquireLock, type LockFile } from './lock-file.ts'

/** What `openJournal` is given. */
export interface JournalOptions {
  /** The file; folders above it are created. Its lock is `<path>.lock`. */
  readonly path: string
  /** What the journal is of; a file of another kind is refused. */
  readonly kind: string
  /** Version of the records; a file of another version is refused with `foundation/journal-version`. */
  readonly version: number
  /**
   * `group`: one fsync for all records waiting, so an acknowledged record survives a power loss. `never`: an
   * acknowledged record survives the end of the process, however sudden, but not of the machine.
   * @default 'group'
   */
  readonly fsync?: 'group' | 'never'
  /** The longest record, in bytes of JSON. @default 16_777_216 */
  readonly recordBytesMax?: number
  /** Bytes appended and not yet written; past it `append` rejects with `foundation/journal-limit`. @default 67_108_864 */
  readonly pendingBytesMax?: number
  /** Is given each record found instead of `records`, so that a long journal need not stay in memory. @default none */
  readonly onRecord?: (record: Json) => void
}

/** *Delivery*: an acknowledged record is found at every later opening, once, in the order of appending. */
export interface Journal extends AsyncDisposable {
  /** The records found when it was opened; empty when `onRecord` was given. */
  readonly records: readonly Json[]
  /** Bytes of the torn last line that opening cut off; 0 after a clean end. */
  readonly repairedBytes: number
  /**
   * Resolves when the record is written through. Rejects with `foundation/disk-full` or `foundation/file-failed`;
   * from then on the journal is failed and every append rejects with that error.
   */
  append(record: Json): Promise<void>
  /**
   * Puts `records` in the place of everything written so far, atomically: a crash leaves the old or the new file. When
   * it fails the old file stays and the journal goes on.
   */
  rewrite(records: Iterable<Json>): Promise<void>
  /** Writes what was appended, then lets the lock go. Idempotent; never throws on a closed journal. */
  close(): Promise<void>
}

const journalDefaults = {
  fsync: 'group',
  recordBytesMax: 16_777_216,
  pendingBytesMax: 67_108_864,
} as const satisfies Omit<Required<JournalOptions>, 'path' | 'kind' | 'version' | 'onRecord'>

type Settings = JournalOptions & Required<Omit<JournalOptions, 'onRecord'>>

/**
 * Opens a journal for writing and reads what it holds.
 *
 * Throws: `foundation/journal-locked` (names process id and path), `foundation/journal-corrupt` (names path and line),
 * `foundation/journal-version`, `foundation/disk-full`, `foundation/file-failed`.
 * @example await using journal = await openJournal({ path: '.mabeam/a.jsonl', kind: 'study', version: 1 })
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  checkOptions('openJournal', options, {
    path: rule.string(),
    kind: rule.string(),
    version: rule.int(1),
    fsync: rule.optional(rule.oneOf(['group', 'never'])),
    recordBytesMax: rule.optional(rule.int(1)),
    pendingBytesMax: rule.optional(rule.int(1)),
    onRecord: rule.optional(rule.fn()),
  })
  const settings = { ...journalDefaults, ...options }
  await createFolder(dirname(options.path))
  const lock = await acquireLock(options.path)
  try {
    return await openLocked(settings, lock)
  } catch (thrown) {
    await lock.release()
    throw thrown
  }
}

/**
 * Reads a journal without its lock, also while another process writes it; a torn tail is left out.
 *
 * Throws: `foundation/journal-missing`, `foundation/journal-corrupt`, `foundation/file-failed`.
 */
export async function readJournal(
  path: string,
  kind: string,
): Promise<{ readonly version: number; readonly records: readonly Json[] }> {
  const records: Json[] = []
  const { version } = await scanJournal(path, kind, (record) => records.push(record))
  if (version === undefined) throw journalMissing(path)
  return { version, records }
}

async function openLocked(settings: Settings, lock: LockFile): Promise<Journal> {
  const { path, kind, version } = settings
  const records: Json[] = []
  const onRecord = settings.onRecord ?? ((record: Json) => records.push(record))
  const file = await attempt(path, 'opening the journal', () => open(path, 'a+'))
  try {
    const scan = await scanJournal(path, kind, onRecord)
    if (scan.version !== undefined && scan.version !== version) throw journalVersion(path, version, scan.version)
    const fresh = scan.version === undefined
    if (scan.tornBytes > 0) await attempt(path, 'cutting off a torn line', () => file.truncate(scan.goodBytes))
    const sizeBytes = fresh ? await writeHeader(file, settings) : scan.goodBytes
    if (settings.fsync === 'group') await attempt(path, 'flushing the journal', () => file.sync())
    if (fresh && settings.fsync === 'group') await syncFolder(path)
    return new FileJournal({ settings, lock, file, sizeBytes, records, repairedBytes: scan.tornBytes })
  } catch (thrown) {
    await file.close()
    throw thrown
  }
}

interface Opened {
  readonly settings: Settings
  readonly lock: LockFile
  readonly file: FileHandle
  readonly sizeBytes: number
  readonly records: readonly Json[]
  readonly repairedBytes: number
}

interface Waiting {
  readonly line: Buffer
  readonly resolve: () => void
  readonly reject: (thrown: unknown) => void
}

class FileJournal implements Journal {
  readonly records: readonly Json[]
  readonly repairedBytes: number
  readonly #settings: Settings
  readonly #lock: LockFile
  #file: FileHandle
  /** Up to here the file holds acknowledged records and nothing else. */
  #sizeBytes: number
  /** The records that the next planned write takes along. */
  #group: Waiting[] | undefined
  #pendingBytes = 0
  /** The file operation under way, or the last one; each begins when the one before has ended. */
  #turn: Promise<void> = Promise.resolve()
  #failure: unknown
  #closing: Promise<void> | undefined

  constructor(opened: Opened) {
    this.records = opened.records
    this.repairedBytes = opened.repairedBytes
    this.#settings = opened.settings
    this.#lock = opened.lock
    this.#file = opened.file
    this.#sizeBytes = opened.sizeBytes
  }

  append(record: Json): Promise<void> {
    const refused = this.#refusal()
    if (refused !== undefined) return Promise.reject(refused)
    const { path, recordBytesMax, pendingBytesMax } = this.#settings
    const line = Buffer.from(`${JSON.stringify(record)}\n`)
    if (line.length - 1 > recordBytesMax) {
      return Promise.reject(journalLimit(path, 'recordBytesMax', recordBytesMax, line.length - 1))
    }
    const pendingBytes = this.#pendingBytes + line.length
    if (pendingBytes > pendingBytesMax && this.#pendingBytes > 0) {
      return Promise.reject(journalLimit(path, 'pendingBytesMax', pendingBytesMax, pendingBytes))
    }
    this.#pendingBytes = pendingBytes
    return new Promise((resolve, reject) => {
      this.#plannedGroup().push({ line, resolve, reject })
    })
  }

  rewrite(records: Iterable<Json>): Promise<void> {
    const refused = this.#refusal()
    if (refused !== undefined) return Promise.reject(refused)
    const { kind, version } = this.#settings
    const lines = [headerLine(kind, version)]
    for (const record of records) lines.push(`${JSON.stringify(record)}\n`)
    // What is appended from now on must not go out before the rewrite: it would be replaced.
    this.#group = undefined
    return this.#next(() => this.#replace(Buffer.from(lines.join(''))))
  }

  close(): Promise<void> {
    this.#closing ??= this.#next(async () => {
      await this.#file.close()
      await this.#lock.release()
    })
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #refusal(): unknown {
    if (this.#failure !== undefined) return this.#failure
    return this.#closing === undefined ? undefined : journalClosed(this.#settings.path)
  }

  #next(run: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(run)
    this.#turn = turn.catch(() => {})
    return turn
  }

  #plannedGroup(): Waiting[] {
    if (this.#group !== undefined) return this.#group
    const group: Waiting[] = []
    this.#group = group
    void this.#next(() => this.#flush(group))
    return group
  }

  /** Never rejects: each waiting append learns the outcome itself. */
  async #flush(group: readonly Waiting[]): Promise<void> {
    if (this.#group === group) this.#group = undefined
    const bytes = Buffer.concat(group.map((one) => one.line))
    try {
      if (this.#failure !== undefined) throw this.#failure
      await this.#write(bytes)
    } catch (thrown) {
      this.#failure = thrown
      for (const one of group) one.reject(thrown)
      return
    } finally {
      this.#pendingBytes -= bytes.length
    }
    for (const one of group) one.resolve()
  }

  async #write(bytes: Buffer): Promise<void> {
    const { path, fsync } = this.#settings
    try {
      await writeAll(this.#file, bytes)
      if (fsync === 'group') await this.#file.datasync()
    } catch (cause) {
      // What was written of this group was not acknowledged: take it back, so that the next opening finds a whole file.
      await this.#file.truncate(this.#sizeBytes).catch(() => {})
      throw fileFailed(path, 'appending to the journal', cause)
    }
    this.#sizeBytes += bytes.length
  }

  async #replace(bytes: Buffer): Promise<void> {
    const { path, fsync } = this.#settings
    if (this.#failure !== undefined) throw this.#failure
    const draft = `${path}.rewrite`
    const file = await attempt(path, 'rewriting the journal', () => open(draft, rewriteFlags))
    try {
      await writeAll(file, bytes)
      if (fsync === 'group') await file.sync()
      await rename(draft, path)
    } catch (cause) {
      await file.close()
      await unlink(draft).catch(() => {})
      throw fileFailed(path, 'rewriting the journal', cause)
    }
    const old = this.#file
    this.#file = file
    this.#sizeBytes = bytes.length
    await old.close()
    if (fsync === 'never') return
    await syncFolder(path).catch((thrown: unknown) => {
      this.#failure = thrown
      throw thrown
    })
  }
}

const rewriteFlags = constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND | constants.O_RDWR

async function createFolder(folder: string): Promise<void> {
  await attempt(folder, 'creating the folder', () => mkdir(folder, { recursive: true }))
}

async function writeHeader(file: FileHandle, settings: Settings): Promise<number> {
  const bytes = Buffer.from(headerLine(settings.kind, settings.version))
  await attempt(settings.path, 'writing the header of the journal', () => writeAll(file, bytes))
  return bytes.length
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let offset = 0; offset < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, offset, bytes.length - offset)
    offset += bytesWritten
  }
}

/** Makes a new or renamed file survive a power loss; folders can't be opened on Windows, where that is not needed. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await attempt(path, 'opening the folder', () => open(dirname(path), 'r'))
  try {
    await attempt(path, 'flushing the folder', () => folder.sync())
  } finally {
    await folder.close()
  }
}

async function attempt<T>(path: string, doing: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (cause) {
    throw fileFailed(path, doing, cause)
  }
}
