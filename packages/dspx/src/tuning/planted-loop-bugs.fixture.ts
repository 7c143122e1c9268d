/**
 * A program of its own that loads the loop once for each bug, with one line replaced, and prints which laws each breaks. The line must
 * stand in the module exactly once, so that a bug that cannot be planted any more is no silent pass.
 */

import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { brokenLaws, type TestedLoop } from './loop-laws.fixture.ts'

/** One line of a module beside this one. */
export interface PlantedLoopBug {
  readonly file: string
  readonly find: string
  readonly put: string
}

const folder = new URL('./', import.meta.url).href

/** Modules beside this one are loaded anew by whoever was loaded with `planted` in its address, and so has it too. */
function plant(bugs: readonly PlantedLoopBug[], loaded: Set<string>): void {
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context)
      const planted = context.parentURL && new URL(context.parentURL).searchParams.get('planted')
      if (!planted || !resolved.url.startsWith(folder) || resolved.url.includes('?')) return resolved
      return { ...resolved, url: `${resolved.url}?planted=${planted}` }
    },
    load(url, context, next) {
      const result = next(url, context)
      const planted = new URL(url).searchParams.get('planted')
      const bug = planted === null ? undefined : bugs[Number(planted)]
      if (bug === undefined || !url.startsWith(`${folder}${bug.file}?`)) return result
      loaded.add(String(planted))
      return { ...result, source: sourceOf(bug) }
    },
  })
}

function sourceOf({ file, find, put }: PlantedLoopBug): string {
  const parts = readFileSync(new URL(file, folder), 'utf8').split(find)
  if (parts.length !== 2) throw new Error(`${file}: expected ${find} once, got it ${parts.length - 1} times`)
  return parts.join(put)
}

async function main(): Promise<void> {
  const bugs = JSON.parse(process.argv[2] ?? '') as readonly PlantedLoopBug[]
  const loaded = new Set<string>()
  plant(bugs, loaded)
  const verdicts: { readonly [law: string]: string }[] = []
  for (const [i, { file }] of bugs.entries()) {
    const { optimize } = (await import(`./optimize.ts?planted=${i}`)) as TestedLoop
    const { searchPlan } = (await import(`./search-plan.ts?planted=${i}`)) as TestedLoop
    if (!loaded.has(String(i))) throw new Error(`${file} was not loaded`)
    verdicts.push(await brokenLaws({ optimize, searchPlan }))
  }
  process.stdout.write(JSON.stringify(verdicts))
}

await main()
