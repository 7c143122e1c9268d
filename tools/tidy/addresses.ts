/** No committed file knows the machine or the registry it was written on. */

import type { Finding } from './finding.ts'
import type { Source } from './source.ts'

/** Built from parts, so that this file does not find itself. */
const homes = ['home', 'root', 'Users', 'work'].join('|')
const machinePath = new RegExp(String.raw`(?<![\w.:/-])(/(${homes})/[\w.-]+|[A-Z]:\\Users\\)`)
const registryHost = new RegExp(
  ['registry', String.raw`[\w.-]*\.(org|com|io|net|dev)\b|//npm\.pkg\.`].join(String.raw`\.`),
)
const binary = /\.(png|jpe?g|gif|ico|woff2?|tgz|gz|zip|wasm)$/

/** `machine-path` and `registry-host`. */
export function addressFindings(source: Source): Finding[] {
  if (binary.test(source.path)) return []
  const findings: Finding[] = []
  source.text.split('\n').forEach((text, index) => {
    const path = machinePath.exec(text)
    const host = registryHost.exec(text)
    if (path) findings.push(found('machine-path', index, `expected no path of one machine, got ${path[0].trim()}`))
    if (host) findings.push(found('registry-host', index, `expected no registry address, got ${host[0]}`))
  })
  return findings

  function found(rule: string, index: number, sentence: string): Finding {
    return { rule, at: source.path, line: index + 1, sentence }
  }
}
