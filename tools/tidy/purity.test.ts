import { describe, expect, test } from 'vitest'
import { type PurityEdge, purityFindings, staleEdgeFindings } from './purity.ts'
import { sourceOf } from './source.ts'

const path = 'packages/ml/src/x.ts'
const sentences = (text: string, at = path, edges: readonly PurityEdge[] = []) =>
  purityFindings(sourceOf(at, text), edges).map((finding) => finding.sentence.split(' in a ')[0])

describe('purityFindings', () => {
  test.each([
    ['Date.now()', 'Date.now'],
    ['new Date()', 'new Date()'],
    ['new Date', 'new Date()'],
    ['const t = Date()', 'new Date()'],
    ['Math.random()', 'Math.random'],
    ['performance.now()', 'performance.now'],
    ['setTimeout(run, 5)', 'setTimeout'],
    ['const later = setTimeout', 'setTimeout'],
    ['globalThis.setInterval(run, 5)', 'setInterval'],
    ['await fetch(url)', 'fetch'],
    ["import { randomUUID } from 'node:crypto'", 'randomUUID'],
    ['crypto.randomUUID()', 'randomUUID'],
    ["import { setImmediate } from 'node:timers/promises'", 'setImmediate'],
  ])('finds %s', (text, name) => {
    expect(sentences(text)).toEqual([name])
  })

  test.each([
    'new Date(ms)',
    'clock.nowMs()',
    'models.fetch(url)',
    'const options = { fetch: given }',
    'type F = { fetch(url: string): void }',
    '// Math.random()',
    'clock.setTimer(5, run)',
  ])('leaves %s alone', (text) => {
    expect(sentences(text)).toEqual([])
  })

  test('lets an edge do what its line says, and no more', () => {
    const edge = { path, may: ['fetch'], why: 'it is the connection' }
    expect(sentences('fetch(url)', path, [edge])).toEqual([])
    expect(sentences('fetch(url); Date.now()', path, [edge])).toEqual(['Date.now'])
    expect(sentences('fetch(url)', 'packages/ml/src/y.ts', [edge])).toEqual(['fetch'])
    expect(sentences('fetch(url)', path, [{ ...edge, path: 'packages/ml/src/' }])).toEqual([])
  })

  test('does not look at the composition root, tools and benches', () => {
    expect(sentences('Date.now()', 'packages/mabeam/src/main.ts')).toEqual([])
    expect(sentences('Date.now()', 'bench/run.ts')).toEqual([])
  })

  test('in tests forbids only waiting', () => {
    const found = purityFindings(sourceOf('packages/ml/src/x.test.ts', 'Math.random(); setTimeout(done, 5)'), [])
    expect(found.map((finding) => finding.rule)).toEqual(['no-waiting'])
  })
})

describe('staleEdgeFindings', () => {
  test('reports what an edge may do and does not', () => {
    const edges = [{ path, may: ['fetch', 'Date.now'], why: 'it is the connection' }]
    const found = staleEdgeFindings([sourceOf(path, 'fetch(url)')], edges)
    expect(found.map((finding) => finding.sentence)).toEqual([expect.stringContaining('Date.now')])
  })
})
