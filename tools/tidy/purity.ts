/**
 * STYLE 2: clock, randomness and ids are arguments. In pure folders nothing reads the machine's clock, sets a timer, draws
 * a random number or opens a connection by itself; the few places that do are the edges listed here, each with its reason.
 */

import ts from 'typescript-6'
import type { Finding } from './finding.ts'
import { isPackageSource, isTest, lineOf, type Source, walk } from './source.ts'

/** A place that may touch the machine. */
export interface PurityEdge {
  /** A file, or a folder ending in a slash. */
  readonly path: string
  readonly may: readonly string[]
  readonly why: string
}

/** Everything below `platform`; the composition root (`mabeam`) hands out the real clock and randomness. */
const purePackages = /^packages\/(foundation|engine-nats|ml|dspx|coordination|scope|agents|teams)\/src\//

const purityEdges: readonly PurityEdge[] = [
  {
    path: 'packages/foundation/src/clock.ts',
    may: ['Date.now', 'performance.now', 'setTimeout'],
    why: 'it is the clock of the machine',
  },
  {
    path: 'packages/foundation/src/engine/engines/local/',
    may: ['process.hrtime', 'randomBytes', 'setImmediate'],
    why: 'it is a server on a real socket: a clock that processes share, a token and names that nobody guesses',
  },
  {
    path: 'packages/foundation/src/journal/lock-file.ts',
    may: ['randomUUID'],
    why: 'a lock is told from all others in the world, also by programs that share a seed',
  },
  {
    path: 'packages/foundation/src/node/node.ts',
    may: ['randomInt', 'randomUUID'],
    why: 'the seed and the name of a node that was given none',
  },
  {
    path: 'packages/foundation/src/operations/cluster.ts',
    may: ['randomInt'],
    why: 'the seed of a client that was given none',
  },
  {
    path: 'packages/engine-nats/src/pulse/pulse-entry.ts',
    may: ['Date.now', 'Math.random', 'setTimeout'],
    why: 'a thread that is to beat while the thread that has the clock is busy has its own',
  },
  {
    path: 'packages/dspx/src/serve/',
    may: ['setImmediate'],
    why: 'it is a server on a real socket',
  },
  {
    path: 'packages/foundation/src/testing/processes/history-recorder.ts',
    may: ['process.hrtime'],
    why: 'the one clock that the processes of a machine share',
  },
  {
    path: 'packages/foundation/src/testing/virtual-clock.ts',
    may: ['setImmediate'],
    why: 'lets what is ready run without moving the clock',
  },
  {
    path: 'packages/foundation/src/turns.ts',
    may: ['setImmediate'],
    why: 'hands the thread back after a slice of turns',
  },
  {
    path: 'packages/ml/src/testing/',
    may: ['setImmediate'],
    why: 'a write ends in a later turn of the event loop, as that of a file does',
  },
  {
    path: 'packages/dspx/src/event-loop-turns.ts',
    may: ['setImmediate'],
    why: 'lets the event loop turn between rows that never wait',
  },
  {
    path: 'packages/ml/src/executor.ts',
    may: ['setImmediate'],
    why: 'lets the event loop turn between trials that never wait',
  },
]

const forbiddenGlobals = new Set(['setTimeout', 'setInterval', 'setImmediate', 'fetch'])
const forbiddenMembers = new Set([
  'Date.now',
  'Math.random',
  'performance.now',
  'process.hrtime',
  'crypto.getRandomValues',
])
const forbiddenImports = new Set(['randomUUID', 'randomBytes', 'randomInt'])
const timers = new Set(['setTimeout', 'setInterval'])

/** `purity`: what a pure file reaches for by itself. `no-waiting`: timers in tests. */
export function purityFindings(source: Source, edges: readonly PurityEdge[] = purityEdges): Finding[] {
  if (!purePackages.test(source.path)) return []
  if (!isTest(source) && !isPackageSource(source)) return []
  const allowed = new Set(edges.filter((edge) => covers(edge, source)).flatMap((edge) => edge.may))
  const findings: Finding[] = []
  walk(source.tree(), (node) => {
    const name = reachedFor(node)
    if (name === undefined || allowed.has(name)) return
    if (!isTest(source)) {
      findings.push(found('purity', node, `${name} in a pure folder: take a Clock, a Random or an edge as an argument`))
    } else if (timers.has(name)) {
      findings.push(found('no-waiting', node, `${name} in a test: advance the virtual clock or wait for an event`))
    }
  })
  return findings

  function found(rule: string, node: ts.Node, sentence: string): Finding {
    return { rule, at: source.path, line: lineOf(node), sentence }
  }
}

/** `purity-edge`: an edge that nobody needs any more. */
export function staleEdgeFindings(sources: readonly Source[], edges: readonly PurityEdge[] = purityEdges): Finding[] {
  const findings: Finding[] = []
  for (const edge of edges) {
    const reached = new Set<string>()
    for (const source of sources.filter((one) => covers(edge, one) && /\.ts$/.test(one.path))) {
      walk(source.tree(), (node) => reached.add(reachedFor(node) ?? ''))
    }
    for (const name of edge.may.filter((one) => !reached.has(one))) {
      findings.push({ rule: 'purity-edge', at: edge.path, sentence: `may use ${name} and does not: shorten the list` })
    }
  }
  return findings
}

function covers(edge: PurityEdge, source: Source): boolean {
  return edge.path.endsWith('/') ? source.path.startsWith(edge.path) : source.path === edge.path
}

/** The forbidden thing this node is, if it is one. */
function reachedFor(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node)) {
    const name = `${node.expression.getText()}.${node.name.text}`.replace(/^globalThis\./, '')
    if (forbiddenMembers.has(name) || (node.expression.getText() === 'globalThis' && forbiddenGlobals.has(name)))
      return name
    return forbiddenImports.has(node.name.text) ? node.name.text : undefined
  }
  if (isDate(node)) return 'new Date()'
  if (!ts.isIdentifier(node)) return undefined
  if (forbiddenImports.has(node.text) && ts.isImportSpecifier(node.parent)) return node.text
  return forbiddenGlobals.has(node.text) && isReference(node) ? node.text : undefined
}

/** `new Date()` and `Date()`, which read the clock; `new Date(ms)` does not. */
function isDate(node: ts.Node): boolean {
  if (ts.isNewExpression(node)) return node.expression.getText() === 'Date' && (node.arguments?.length ?? 0) === 0
  return ts.isCallExpression(node) && node.expression.getText() === 'Date'
}

/** An identifier that stands for a value: no member, no key, no name of something declared here. */
function isReference(node: ts.Identifier): boolean {
  const parent = node.parent
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isTypeNode(parent) || ts.isTypeElement(parent) || ts.isBindingElement(parent)) return false
  if (ts.isImportSpecifier(parent)) return true
  const isNamed = ts.isFunctionLike(parent) || ts.isVariableDeclaration(parent) || ts.isParameter(parent)
  return !((isNamed || ts.isPropertyAssignment(parent)) && parent.name === node)
}
