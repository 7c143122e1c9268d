/** STYLE 3: a module answers one noun. Lines are lines of code: blank lines and comments do not count. */

import ts from 'typescript-6'
import type { Finding } from './finding.ts'
import { isPackageSource, isScript, isTest, lineOf, type Source, walk } from './source.ts'

/** What is too large. */
export const sizeLimits = {
  fileLinesMedian: 120,
  fileLinesNineInTen: 350,
  fileLinesMax: 500,
  functionLinesMax: 70,
  parametersMax: 3,
  /** A factory of errors repeats the grammar: owner, key, expected, got. */
  errorParametersMax: 4,
} as const

/** `file-lines`, `function-lines` and `parameters` of one file. In tests only the file counts: a suite is one long callback. */
export function sizeFindings(source: Source): Finding[] {
  if (!isScript(source)) return []
  const lines = codeLines(source)
  const findings: Finding[] = []
  if (lines.size > sizeLimits.fileLinesMax) {
    const sentence = `expected at most ${sizeLimits.fileLinesMax} lines of code in a file, got ${lines.size}`
    findings.push({ rule: 'file-lines', at: source.path, sentence, measured: lines.size })
  }
  if (isTest(source)) return findings
  walk(source.tree(), (node) => {
    if (isFunctionWithBody(node)) findings.push(...functionFindings(source, node, lines))
  })
  return findings
}

/** `file-lines-spread`: the median and the nine-in-ten of all source files of packages. */
export function spreadFindings(sources: readonly Source[]): Finding[] {
  const sizes = sources
    .filter(isPackageSource)
    .map((source) => codeLines(source).size)
    .sort((a, b) => a - b)
  const at = (share: number) => sizes[Math.min(sizes.length - 1, Math.floor(sizes.length * share))] ?? 0
  const limits = [
    { name: 'the median', measured: at(0.5), max: sizeLimits.fileLinesMedian },
    { name: 'nine in ten', measured: at(0.9), max: sizeLimits.fileLinesNineInTen },
  ]
  return limits
    .filter(({ measured, max }) => measured > max)
    .map(({ name, measured, max }) => ({
      rule: 'file-lines-spread',
      at: 'packages',
      sentence: `expected ${name} of the source files to be at most ${max} lines of code, got ${measured}`,
    }))
}

/** Lines (from 0) on which code stands. */
export function codeLines(source: Source): ReadonlySet<number> {
  const tree = source.tree()
  const lines = new Set<number>()
  const mark = (node: ts.Node) => {
    if (node.kind >= ts.SyntaxKind.FirstJSDocNode && node.kind <= ts.SyntaxKind.LastJSDocNode) return
    const children = node.getChildren(tree)
    if (children.length > 0) return children.forEach(mark)
    if (node.end === node.getStart(tree)) return
    const first = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line
    const last = tree.getLineAndCharacterOfPosition(node.end).line
    for (let line = first; line <= last; line++) lines.add(line)
  }
  mark(tree)
  return lines
}

type FunctionWithBody = ts.FunctionLikeDeclaration & { readonly body: ts.Node }

function isFunctionWithBody(node: ts.Node): node is FunctionWithBody {
  return ts.isFunctionLike(node) && 'body' in node && node.body !== undefined
}

function functionFindings(source: Source, node: FunctionWithBody, lines: ReadonlySet<number>): Finding[] {
  const tree = source.tree()
  const at = `${source.path}#${nameOf(node)}`
  const first = lineOf(node) - 1
  const last = tree.getLineAndCharacterOfPosition(node.end).line
  let long = 0
  for (let line = first; line <= last; line++) if (lines.has(line)) long++
  const wide = node.parameters.filter((one) => one.name.getText(tree) !== 'this').length
  const findings: Finding[] = []
  if (long > sizeLimits.functionLinesMax) {
    const sentence = `expected at most ${sizeLimits.functionLinesMax} lines of code in a function, got ${long}`
    findings.push({ rule: 'function-lines', at, line: first + 1, sentence, measured: long })
  }
  const widest = /Error$/.test(node.type?.getText(tree) ?? '')
    ? sizeLimits.errorParametersMax
    : sizeLimits.parametersMax
  if (wide > widest) {
    const sentence = `expected at most ${widest} parameters, got ${wide}; take an options object`
    findings.push({ rule: 'parameters', at, line: first + 1, sentence, measured: wide })
  }
  return findings
}

/** The function's own name, or that of what it is given to. */
function nameOf(node: FunctionWithBody): string {
  if (ts.isConstructorDeclaration(node)) return 'constructor'
  if (node.name !== undefined) return node.name.getText()
  const parent = node.parent
  const named = ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent)
  return named ? parent.name.getText() : '(anonymous)'
}
