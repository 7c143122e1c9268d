/**
 * A cache store in a file, over a journal: what `set` acknowledged survives kill -9. Setting a key again and forgetting
 * at the bound leave dead records behind, so the file is rewritten when it holds far more records than live entries.
 */

import { journalCorrupt } from '../../errors/journal-errors.ts'
import type { Json } from '../../errors.ts'
import { type Journal, openJournal } from '../../journal/journal.ts'
import { checkOptions, rule, show } from '../../options.ts'
import type { CacheStore } from '../cache-store.ts'
import { RecentEntries } from './recent-entries.ts'

export interface FileCacheStoreOptions {
  /** The file; its lock is `<path>.lock`. */
  readonly path: string
  /** Entries held at most; they are all in memory too. @default 100_000 */
  readonly entriesMax?: number
  /** As of a journal: whether a set value survives a power loss, or only the end of the process. @default 'group' */
  readonly fsync?: 'group' | 'never'
}

const fileCacheStoreDefaults = { entriesMax: 100_000, fsync: 'group' } as const satisfies Omit<
  Required<FileCacheStoreOptions>,
  'path'
>

/** Dead records allowed: as many as live ones three times over, and this many more. */
const slackRecords = 256

/**
 * Opens the store, alone: a second process gets `foundation/journal-locked`.
 *
 * Throws what `openJournal` throws.
 * @example await using store = await fileCacheStore({ path: '.mabeam/cache/models.jsonl' })
 */
export async function fileCacheStore(options: FileCacheStoreOptions): Promise<CacheStore> {
  checkOptions('fileCacheStore', options, {
    path: rule.string(),
    entriesMax: rule.optional(rule.int(1)),
    fsync: rule.optional(rule.oneOf(['group', 'never'])),
  })
  const { path, entriesMax, fsync } = { ...fileCacheStoreDefaults, ...options }
  const held = new RecentEntries(entriesMax)
  let records = 0
  const journal = await openJournal({
    path,
    kind: 'cache',
    version: 1,
    fsync,
    onRecord: (record) => {
      records++
      held.set(...keyAndValue(path, records + 1, record))
    },
  })
  return new FileCacheStore(journal, held, records)
}

class FileCacheStore implements CacheStore {
  readonly #journal: Journal
  readonly #held: RecentEntries
  #records: number
  /** The write of each key that is not acknowledged yet. */
  readonly #writing = new Map<string, Promise<void>>()
  #rewriting: Promise<void> | undefined
  /** A value held in memory may not be in the file: nothing is acknowledged any more. */
  #failed = false

  constructor(journal: Journal, held: RecentEntries, records: number) {
    this.#journal = journal
    this.#held = held
    this.#records = records
  }

  get entries(): number {
    return this.#held.size
  }

  async get(key: string): Promise<string | undefined> {
    return this.#held.get(key)
  }

  async set(key: string, value: string): Promise<void> {
    if (!this.#failed && this.#held.get(key) === value) return await this.#writing.get(key)
    this.#held.set(key, value)
    const written = this.#journal.append([key, value])
    this.#writing.set(key, written)
    this.#records++
    this.#rewriteWhenSparse()
    try {
      await written
    } catch (thrown) {
      this.#failed = true
      throw thrown
    } finally {
      if (this.#writing.get(key) === written) this.#writing.delete(key)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#rewriting
    await this.#journal.close()
  }

  #rewriteWhenSparse(): void {
    if (this.#rewriting !== undefined || this.#records <= this.#held.size * 4 + slackRecords) return
    const live: Json[] = [...this.#held].map(([key, value]) => [key, value])
    this.#records = live.length
    // A rewrite that fails (no room for a second file) leaves the old file: the store works on and tries again later.
    this.#rewriting = this.#journal
      .rewrite(live)
      .catch(() => {})
      .finally(() => {
        this.#rewriting = undefined
      })
  }
}

function keyAndValue(path: string, line: number, record: Json): readonly [string, string] {
  const [key, value] = Array.isArray(record) ? (record as readonly Json[]) : []
  if (typeof key === 'string' && typeof value === 'string') return [key, value]
  throw journalCorrupt(path, line, 'a record [key, value] of two strings', show(record))
}
