/** Results of runs that are kept as they come, so that a bench that was stopped goes on where it was. */

import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { type Json, openJournal } from '@mabeam/foundation'

export interface KeptRuns<Result> extends AsyncDisposable {
  /** What was found for a key; undefined while nothing was. */
  get(key: string): Result | undefined
  keep(key: string, result: Result): Promise<void>
  /** All of it is there: whoever opens it next begins anew. */
  finish(): Promise<void>
}

const root = path.resolve(import.meta.dirname, '../..')

/** Where the runs of the bench `name` are kept: in `.mabeam/bench/` of the repository. */
export function runsFile(name: string): string {
  return path.join(root, '.mabeam', 'bench', `${name}.jsonl`)
}

/** The runs in `file`, which one process has at a time; in memory alone without one. */
export async function keptRuns<Result>(file: string | undefined): Promise<KeptRuns<Result>> {
  const found = new Map<string, Result>()
  if (file === undefined) {
    return {
      get: (key) => found.get(key),
      keep: async (key, result) => void found.set(key, result),
      finish: async () => {},
      [Symbol.asyncDispose]: async () => {},
    }
  }
  const journal = await openJournal({ path: file, kind: 'mabeam-bench-runs', version: 1, fsync: 'never' })
  const records = journal.records as readonly { readonly key: string; readonly result: Result }[]
  if (records.at(-1)?.key === finished) await journal.rewrite([])
  else for (const { key, result } of records) found.set(key, result)
  return {
    get: (key) => found.get(key),
    async keep(key, result) {
      found.set(key, result)
      await journal.append({ key, result } as unknown as Json)
    },
    finish: async () => await journal.append({ key: finished, result: null }),
    [Symbol.asyncDispose]: async () => await journal.close(),
  }
}

const finished = '(finished)'

/** Of the files that match, without tests: what was kept by other sources counts no more. */
export function sourceDigest(patterns: readonly string[]): string {
  const hash = createHash('sha256')
  const files = globSync([...patterns], { cwd: root })
  for (const file of files.filter((one) => !/\.(test|prop\.test|sim\.test)\.ts$/.test(one)).sort()) {
    hash.update(file).update(readFileSync(path.join(root, file)))
  }
  return hash.digest('hex').slice(0, 16)
}
