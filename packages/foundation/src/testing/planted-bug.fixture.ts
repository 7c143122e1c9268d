/**
 * A program of its own that loads one module with one line replaced, runs what should notice, and prints what it said. The
 * line must stand in the module exactly once, so that a bug that can't be planted any more is no silent pass.
 */

import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

/** What the program is asked, as JSON in its first argument. */
export interface PlantedBug {
  /** Path below `src`. */
  readonly file: string
  readonly find: string
  readonly put: string
  /** What is run, by its name in `planted-programs.fixture.ts`. */
  readonly program: string
  /** Part of what the law says. What fails with other words is passed over while there are seeds. */
  readonly says: string
}

/** What it prints: the first failure that says so, else the last one. */
export interface PlantedVerdict {
  readonly failure: string | undefined
  readonly seed: number
}

/** Tried one after the other: random streams may change, and with them which of the seeds notices. */
const seedsMax = 30

const source = new URL('../', import.meta.url)

async function main(): Promise<void> {
  const bug = JSON.parse(process.argv[2] ?? '') as PlantedBug
  const url = new URL(bug.file, source)
  const parts = readFileSync(url, 'utf8').split(bug.find)
  if (parts.length !== 2) throw new Error(`${bug.file}: expected ${bug.find} once, got it ${parts.length - 1} times`)
  let loads = 0
  registerHooks({
    load(loaded, context, next) {
      const result = next(loaded, context)
      if (loaded !== url.href) return result
      loads++
      return { ...result, source: parts.join(bug.put) }
    },
  })
  const { plantedPrograms } = await import('./planted-programs.fixture.ts')
  const program = plantedPrograms[bug.program]
  if (program === undefined) throw new Error(`no program ${bug.program}`)
  let verdict: PlantedVerdict = { failure: undefined, seed: 0 }
  for (let seed = 1; seed <= seedsMax && verdict.failure?.includes(bug.says) !== true; seed++) {
    const failure = await program(seed)
    if (failure !== undefined) verdict = { failure, seed }
  }
  if (loads !== 1) throw new Error(`${bug.file} was loaded ${loads} times by ${bug.program}`)
  process.stdout.write(JSON.stringify(verdict))
}

await main()
