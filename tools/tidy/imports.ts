/** A package lists what its source imports: it is installed alone, and what the workspace hoists is not there then. */

import { isBuiltin } from 'node:module'
import ts from 'typescript-6'
import type { Finding } from './finding.ts'
import { isPackageSource, lineOf, type Source, walk } from './source.ts'

/** `package-imports`: bare imports that are neither dependencies of the package nor of Node. */
export function importFindings(sources: readonly Source[]): Finding[] {
  const listed = new Map(
    sources
      .filter((source) => /^packages\/[^/]+\/package\.json$/.test(source.path))
      .map((source) => [source.path.replace('package.json', ''), listedIn(source.text)]),
  )
  return sources
    .filter((source) => isPackageSource(source) && !source.path.endsWith('.fixture.ts'))
    .flatMap((source) => unlisted(source, listed.get(source.path.split('/').slice(0, 2).join('/').concat('/'))))
}

function listedIn(text: string): ReadonlySet<string> {
  const { name, dependencies, peerDependencies } = JSON.parse(text) as { readonly [key: string]: string | object }
  return new Set([String(name), ...Object.keys(dependencies ?? {}), ...Object.keys(peerDependencies ?? {})])
}

function unlisted(source: Source, listed: ReadonlySet<string> | undefined): Finding[] {
  const findings: Finding[] = []
  walk(source.tree(), (node) => {
    const specifier = specifierOf(node)
    if (specifier === undefined || specifier.startsWith('.') || isBuiltin(specifier)) return
    const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
    if (listed?.has(name)) return
    const sentence = `expected ${name} in the dependencies of the package's package.json`
    findings.push({ rule: 'package-imports', at: source.path, line: lineOf(node), sentence })
  })
  return findings
}

/** What is imported: `import … from`, `export … from`, `import('…')`. */
function specifierOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return textOf(node.moduleSpecifier)
  const isDynamic = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
  return isDynamic ? textOf(node.arguments[0]) : undefined
}

function textOf(node: ts.Node | undefined): string | undefined {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined
}
