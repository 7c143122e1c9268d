/** STYLE 21: no module state, so that two systems live in one process. */

import ts from 'typescript-6'
import type { Finding } from './finding.ts'
import { isPackageSource, lineOf, type Source } from './source.ts'

const collections = new Set(['Map', 'Set'])

/**
 * `module-state`: a top-level `let` or `var`, and a top-level collection that begins empty (so that it can only be filled).
 * A `WeakMap` is not state of the module: what it holds belongs to its keys and ends with them.
 */
export function moduleStateFindings(source: Source): Finding[] {
  if (!isPackageSource(source)) return []
  const findings: Finding[] = []
  for (const statement of source.tree().statements) {
    if (!ts.isVariableStatement(statement)) continue
    const isConst = (statement.declarationList.flags & ts.NodeFlags.Const) !== 0
    for (const declaration of statement.declarationList.declarations) {
      const name = declaration.name.getText()
      const what = isConst
        ? isEmptyCollection(declaration.initializer)
          ? 'an empty collection'
          : undefined
        : 'a variable'
      if (what === undefined) continue
      const sentence = `${name} is ${what} of the module: keep it in what a function returns`
      findings.push({ rule: 'module-state', at: `${source.path}#${name}`, line: lineOf(declaration), sentence })
    }
  }
  return findings
}

function isEmptyCollection(value: ts.Expression | undefined): boolean {
  if (value === undefined) return false
  if (ts.isNewExpression(value)) {
    return collections.has(value.expression.getText()) && (value.arguments?.length ?? 0) === 0
  }
  if (ts.isArrayLiteralExpression(value)) return value.elements.length === 0
  return ts.isObjectLiteralExpression(value) && value.properties.length === 0
}
