/**
 * The order in which files of tests are begun. vitest knows from its last run which take longest and begins with those; where it has
 * not run yet, as in CI, it goes by the size of files, and a short file that waits for minutes may be begun last, alone.
 */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { BaseSequencer, type TestSequencerConstructor } from 'vitest/node'

const root = join(import.meta.dirname, '..')

/**
 * Begins with these, in this order; the others come after them as they would.
 *
 * @param paths from the root of the repository
 * Throws: `Error` for one that is not there.
 */
export function longestFirst(paths: readonly string[]): TestSequencerConstructor {
  const ranks = new Map(paths.map((path, rank) => [join(root, path), rank]))
  for (const path of ranks.keys()) if (!existsSync(path)) throw new Error(`longestFirst: expected a file, got ${path}`)
  return class extends BaseSequencer {
    override async sort(files: Parameters<BaseSequencer['sort']>[0]): Promise<typeof files> {
      const sorted = await super.sort(files)
      const rankOf = ({ moduleId }: (typeof files)[number]) => ranks.get(moduleId) ?? ranks.size
      return sorted.sort((a, b) => rankOf(a) - rankOf(b))
    }
  }
}
