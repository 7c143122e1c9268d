/** How a contract's test suite is handed out: plain named cases that any test runner can register. */

import { type Random, seededRandom } from '../random.ts'

/**
 * One law of a contract. `run` rejects when the implementation breaks it.
 *
 * @example for (const { name, run } of cacheStoreContract(open)) test(name, run)
 */
export interface ContractCase {
  readonly name: string
  run(): Promise<void>
}

/** Runs cases one after the other and returns the names of those that failed: for tests of test suites. */
export async function failingCases(cases: readonly ContractCase[]): Promise<readonly string[]> {
  const failed: string[] = []
  for (const one of cases) {
    try {
      await one.run()
    } catch {
      failed.push(one.name)
    }
  }
  return failed
}

/** Makes a law that holds in many worlds, each drawn from a seed; a broken one says the seed and what happened in its world. */
export function seededLaws<W extends { readonly history: readonly string[] }>(
  seeds: number,
  worldOf: (random: Random) => W,
): (name: string, check: (world: W) => void) => ContractCase {
  return (name, check) => ({
    name,
    async run() {
      for (let seed = 0; seed < seeds; seed++) {
        const world = worldOf(seededRandom(seed))
        try {
          check(world)
        } catch (thrown) {
          throw new Error(`seed ${seed}: ${world.history.join(', ')}`, { cause: thrown })
        }
      }
    },
  })
}
