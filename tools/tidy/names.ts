/** STYLE 4: files and folders are kebab-case nouns, never a drawer for everything; `index.ts` only at package doors. */

import type { Finding } from './finding.ts'
import { isScript, type Source } from './source.ts'

const drawers = new Set(['util', 'utils', 'helper', 'helpers', 'common', 'types', 'misc'])
const kebab = /^[a-z0-9]+(-[a-z0-9]+)*$/
const suffixes = /(\.(test|prop|sim|soak|cluster|config|fixture|d))*\.(ts|tsx|mjs|cjs|js)$/

/** `file-name` and `index-file`. `doors` are the paths of the `index.ts` files that package.json exports. */
export function nameFindings(source: Source, doors: ReadonlySet<string>): Finding[] {
  if (!isScript(source)) return []
  const parts = source.path.split('/')
  const file = (parts.pop() ?? '').replace(/^\./, '')
  const base = file.replace(suffixes, '')
  const findings: Finding[] = []
  for (const name of [...parts.filter((part) => !part.startsWith('.')), base]) {
    if (drawers.has(name)) findings.push(found('file-name', `"${name}" says nothing: expected the noun it answers`))
    else if (!kebab.test(name)) findings.push(found('file-name', `expected kebab-case, got "${name}"`))
  }
  if (base === 'index' && !doors.has(source.path)) {
    findings.push(found('index-file', 'expected index.ts only where package.json exports a door'))
  }
  return findings

  function found(rule: string, sentence: string): Finding {
    return { rule, at: source.path, sentence }
  }
}
