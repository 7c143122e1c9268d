/** A journal in memory, for tests: everything passes through JSON, writes can be held back, fail, or be cut off as by a crash. */

import type { Json } from '@mabeam/foundation'
import type { StudyJournal } from '../study/study-journal.ts'

export interface MemoryJournal extends StudyJournal {
  /** What has been written through. */
  readonly written: readonly Json[]
  /** Appends from now on wait for `flush`. */
  hold(): void
  /** Writes what is held, in order. */
  flush(): Promise<void>
  /** Appends from now on reject, and held ones too. */
  break(reason: Error): void
  /** A journal opened on the first `count` of the written records, as after a crash. */
  reopened(count?: number): MemoryJournal
}

/** @example const journal = memoryJournal(); …; await openStudy({ …, journal: journal.reopened() }) */
export function memoryJournal(records: readonly Json[] = []): MemoryJournal {
  const written: Json[] = [...records]
  const held: { readonly record: Json; readonly resolve: () => void; readonly reject: (thrown: unknown) => void }[] = []
  let holding = false
  let failure: Error | undefined
  return {
    records: [...records],
    written,
    async append(record) {
      if (failure) throw failure
      const copy = JSON.parse(JSON.stringify(record)) as Json
      if (!holding) return void written.push(copy)
      await new Promise<void>((resolve, reject) => held.push({ record: copy, resolve, reject }))
    },
    hold() {
      holding = true
    },
    async flush() {
      for (const { record, resolve } of held.splice(0)) {
        written.push(record)
        resolve()
      }
      await new Promise<void>((resolve) => setImmediate(resolve))
    },
    break(reason) {
      failure = reason
      for (const { reject } of held.splice(0)) reject(reason)
    },
    reopened: (count = written.length) => memoryJournal(written.slice(0, count)),
  }
}
