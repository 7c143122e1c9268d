/** What must hold for package-lock.json: no address of anybody's registry, and nothing named that is not there. */

import type { Finding } from './finding.ts'
import type { Source } from './source.ts'

/** The part of a lock file (lockfileVersion 3) that is looked at. */
export interface LockFile {
  readonly packages: { readonly [where: string]: LockEntry }
}

interface LockEntry {
  readonly resolved?: string
  readonly link?: boolean
  readonly version?: string
  readonly integrity?: string
  readonly optionalDependencies?: { readonly [name: string]: string }
}

/** `lock-file`. */
export function lockFileFindings(source: Source): Finding[] {
  if (source.path !== 'package-lock.json') return []
  return lockFaults(JSON.parse(source.text)).map((sentence) => ({ rule: 'lock-file', at: source.path, sentence }))
}

/** One sentence for each fault. */
export function lockFaults({ packages }: LockFile): string[] {
  const faults: string[] = []
  for (const [where, entry] of Object.entries(packages)) {
    const { resolved = '' } = entry
    if (resolved.includes('://')) faults.push(`${where}: holds the address ${resolved}; .npmrc should have left it out`)
    const isOurs = where === '' || where.startsWith('packages/') || entry.link === true
    if (!isOurs && entry.integrity === undefined) faults.push(`${where}: has no integrity hash`)
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      if (!isThere(packages, where, name)) {
        faults.push(`${where}: names the optional dependency ${name}, which is not in the lock`)
      }
    }
  }
  return faults
}

/** As Node resolves: in the package's own node_modules, then in that of each folder above. */
function isThere(packages: LockFile['packages'], where: string, name: string): boolean {
  for (let folder = where; ; folder = above(folder)) {
    if (`${folder === '' ? '' : `${folder}/`}node_modules/${name}` in packages) return true
    if (folder === '') return false
  }
}

function above(folder: string): string {
  const at = folder.lastIndexOf('/node_modules/')
  return at === -1 ? '' : folder.slice(0, at)
}
