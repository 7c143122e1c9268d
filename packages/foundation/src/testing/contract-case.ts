/** How a contract's test suite is handed out: plain named cases that any test runner can register. */

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
