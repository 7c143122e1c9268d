/** STYLE 18: tests are named by sentences, all of them run, and one that cannot run says why. */

import ts from 'typescript-6'
import type { Finding } from './finding.ts'
import { isTest, lineOf, type Source, walk } from './source.ts'

const runners = new Set(['it', 'test', 'describe', 'suite', 'bench'])
const conditional = new Set(['skipIf', 'runIf'])

/** `test-focus`, `test-skip` and `test-name`. */
export function testCallFindings(source: Source): Finding[] {
  if (!isTest(source)) return []
  const findings: Finding[] = []
  walk(source.tree(), (node) => {
    if (ts.isPropertyAccessExpression(node) && runners.has(node.expression.getText())) findings.push(...modifier(node))
    if (ts.isCallExpression(node) && isTestCall(node)) findings.push(...title(node))
    if (ts.isCallExpression(node) && isContextSkip(node) && !hasReason(node)) {
      findings.push(found('test-skip', node, "expected context.skip('the reason'), got no reason"))
    }
  })
  return findings

  function found(rule: string, node: ts.Node, sentence: string): Finding {
    return { rule, at: source.path, line: lineOf(node), sentence }
  }

  function modifier(node: ts.PropertyAccessExpression): Finding[] {
    const name = node.name.text
    if (name === 'only') return [found('test-focus', node, '.only leaves all other tests out')]
    if (name === 'todo') return [found('test-focus', node, '.todo is a test that is not there')]
    if (name === 'skip') return [found('test-skip', node, "expected context.skip('the reason') in the test, got .skip")]
    if (conditional.has(name) && !hasCommentAbove(source, node)) {
      return [found('test-skip', node, `expected a comment "// skip: the reason" above .${name}`)]
    }
    return []
  }

  function title(node: ts.CallExpression): Finding[] {
    const [name] = node.arguments
    if (name === undefined || !ts.isStringLiteralLike(name) || /\S\s+\S/.test(name.text)) return []
    return [found('test-name', node, `expected a sentence of behaviour, got "${name.text}"`)]
  }
}

function isTestCall(node: ts.CallExpression): boolean {
  return ['it', 'test'].includes(node.expression.getText())
}

function isContextSkip(node: ts.CallExpression): boolean {
  const callee = node.expression
  if (ts.isIdentifier(callee)) return callee.text === 'skip'
  return (
    ts.isPropertyAccessExpression(callee) && callee.name.text === 'skip' && !runners.has(callee.expression.getText())
  )
}

function hasReason(node: ts.CallExpression): boolean {
  return node.arguments.length > 0
}

function hasCommentAbove(source: Source, node: ts.Node): boolean {
  const above = source.text.split('\n')[lineOf(node) - 2] ?? ''
  return /^\s*\/\/ skip: \S/.test(above)
}
