/** A link in a document leads somewhere. */

import path from 'node:path'
import type { Finding } from './finding.ts'
import type { Source } from './source.ts'

/** `link`: relative links of documents to files and folders that are not there. */
export function linkFindings(sources: readonly Source[]): Finding[] {
  const places = new Set(sources.flatMap((source) => [source.path, ...foldersOf(source.path)]))
  return sources
    .filter((source) => source.path.endsWith('.md'))
    .flatMap((source) => source.text.split('\n').flatMap((text, index) => lineFindings(source, text, index + 1)))

  function lineFindings(source: Source, text: string, line: number): Finding[] {
    return targetsOf(text)
      .filter((target) => !places.has(path.posix.join(path.posix.dirname(source.path), target).replace(/\/$/, '')))
      .map((target) => ({ rule: 'link', at: source.path, line, sentence: `expected ${target} to be there` }))
  }
}

function targetsOf(text: string): string[] {
  const found = text.matchAll(/\]\((?![a-z]+:|#|\/)([^)#\s]+)/g)
  return [...found].map((match) => match[1] ?? '')
}

/** Every folder above a file. */
function foldersOf(file: string): string[] {
  const parts = file.split('/').slice(0, -1)
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'))
}
