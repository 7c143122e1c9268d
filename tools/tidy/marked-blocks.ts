/** The blocks of documents that hold what a run printed: `<!-- x -->` … `<!-- /x -->`, each on a line of its own. */

import type { Finding } from './finding.ts'
import type { Source } from './source.ts'

/**
 * `marked-block`: a block with nothing in it (a code fence alone is nothing), or one that is not opened or closed. A comment
 * without its `/x` is any comment. Markers inside a code block are text.
 */
export function markedBlockFindings(source: Source): Finding[] {
  if (!source.path.endsWith('.md')) return []
  const lines = source.text.split('\n').map((line) => line.trim())
  const markers = markersOf(lines)
  const closed = new Set(markers.filter(({ closes }) => closes).map(({ name }) => name))
  const findings: Finding[] = []
  const report = (line: number, sentence: string) =>
    findings.push({ rule: 'marked-block', at: source.path, line: line + 1, sentence })

  let open: Marker | undefined
  for (const marker of markers.filter(({ name }) => closed.has(name))) {
    if (open !== undefined && (!marker.closes || marker.name !== open.name)) {
      report(open.line, `expected <!-- /${open.name} --> after <!-- ${open.name} -->, found another marker first`)
    }
    if (marker.closes && marker.name !== open?.name) {
      report(marker.line, `expected <!-- ${marker.name} --> before <!-- /${marker.name} -->`)
    } else if (marker.closes && open !== undefined && isEmpty(lines.slice(open.line + 1, marker.line))) {
      report(open.line, `expected something between <!-- ${marker.name} --> and <!-- /${marker.name} -->`)
    }
    open = marker.closes ? undefined : marker
  }
  if (open !== undefined) report(open.line, `expected <!-- /${open.name} --> after <!-- ${open.name} -->`)
  return findings
}

interface Marker {
  readonly name: string
  readonly closes: boolean
  /** From 0. */
  readonly line: number
}

function markersOf(lines: readonly string[]): Marker[] {
  let fenced = false
  return lines.flatMap((text, line) => {
    if (text.startsWith('```')) fenced = !fenced
    const [, slash, name] = /^<!--\s*(\/?)([\w-]+)\s*-->$/.exec(text) ?? []
    return fenced || name === undefined ? [] : [{ name, closes: slash === '/', line }]
  })
}

function isEmpty(lines: readonly string[]): boolean {
  return lines.every((line) => line === '' || line.startsWith('```'))
}
