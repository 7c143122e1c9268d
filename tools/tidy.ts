/** The tidy test: what STYLE asks of every file that no other tool checks. CONTRIBUTING.md explains each rule. */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { addressFindings } from './tidy/addresses.ts'
import { eventFindings } from './tidy/events.ts'
import { applyExceptions, type Exception, formatFindings } from './tidy/exceptions.ts'
import type { Finding } from './tidy/finding.ts'
import { importFindings } from './tidy/imports.ts'
import { linkFindings } from './tidy/links.ts'
import { lockFileFindings } from './tidy/lock-file.ts'
import { markedBlockFindings } from './tidy/marked-blocks.ts'
import { moduleStateFindings } from './tidy/module-state.ts'
import { nameFindings } from './tidy/names.ts'
import { packageDoors, packageFindings } from './tidy/packages.ts'
import { purityFindings, staleEdgeFindings } from './tidy/purity.ts'
import { sizeFindings, spreadFindings } from './tidy/size.ts'
import { readSources, type Source } from './tidy/source.ts'
import { testCallFindings } from './tidy/test-calls.ts'

const root = path.dirname(import.meta.dirname)
const lines = formatFindings(applyExceptions(allFindings(readSources(root)), readExceptions()))
for (const line of lines) console.log(line)
if (lines.length > 0) {
  console.log(`tidy: ${lines.length} findings; CONTRIBUTING.md says what each rule is for`)
  process.exitCode = 1
}

function allFindings(sources: readonly Source[]): Finding[] {
  const doors = packageDoors(sources)
  const perFile = sources.flatMap((source) => [
    ...sizeFindings(source),
    ...nameFindings(source, doors),
    ...purityFindings(source),
    ...moduleStateFindings(source),
    ...testCallFindings(source),
    ...addressFindings(source),
    ...lockFileFindings(source),
    ...markedBlockFindings(source),
  ])
  const whole = [spreadFindings, staleEdgeFindings, packageFindings, importFindings, linkFindings, eventFindings]
  return [...perFile, ...whole.flatMap((findings) => findings(sources))]
}

function readExceptions(): Exception[] {
  return JSON.parse(readFileSync(path.join(root, 'tools/tidy-exceptions.json'), 'utf8')) as Exception[]
}
