import { describe, expect, test } from 'vitest'
import { codeLines, sizeFindings, sizeLimits, spreadFindings } from './size.ts'
import { sourceOf } from './source.ts'

const statements = (count: number) => Array.from({ length: count }, (_, i) => `  f(${i})`).join('\n')
const rules = (text: string, path = 'packages/ml/src/x.ts') =>
  sizeFindings(sourceOf(path, text)).map(({ rule, measured }) => [rule, measured])

describe('codeLines', () => {
  test('does not count blank lines and comments, and counts every line of a template', () => {
    const text = ['/** doc', ' * more */', 'const a = `', '', '`', '', '// why', 'f(a) // beside', '/* last */'].join(
      '\n',
    )
    expect([...codeLines(sourceOf('x.ts', text))]).toEqual([2, 3, 4, 7])
  })

  test('counts lines that hold nothing but a closing brace', () => {
    expect(codeLines(sourceOf('x.ts', 'if (a) {\n  b()\n}\n')).size).toBe(3)
  })
})

describe('sizeFindings', () => {
  test('accepts a file of exactly the limit and reports one line more', () => {
    expect(rules(statements(sizeLimits.fileLinesMax))).toEqual([])
    expect(rules(statements(sizeLimits.fileLinesMax + 1))).toEqual([['file-lines', sizeLimits.fileLinesMax + 1]])
  })

  test('accepts a function of exactly the limit and reports one line more, with the name it is given to', () => {
    const lines = sizeLimits.functionLinesMax - 2
    expect(rules(`const step = () => {\n${statements(lines)}\n}`)).toEqual([])
    const long = `const step = () => {\n  // why\n${statements(lines + 1)}\n}`
    expect(rules(long)).toEqual([['function-lines', lines + 3]])
    expect(sizeFindings(sourceOf('packages/ml/src/x.ts', long))[0]?.at).toBe('packages/ml/src/x.ts#step')
  })

  test('accepts three parameters, and four for a factory of errors', () => {
    expect(rules('function f(a: A, b: B, c: C) {}')).toEqual([])
    expect(rules('function f(a: A, b: B, c: C, d: D) {}')).toEqual([['parameters', 4]])
    expect(rules('function f(a: A, b: B, c: C, d: D): MabeamError { return e }')).toEqual([])
    expect(rules('function f(a: A, b: B, c: C, d: D, e: E): MabeamError { return e }')).toEqual([['parameters', 5]])
  })

  test('does not count `this`, nor signatures without a body', () => {
    expect(rules('function f(this: X, a: A, b: B, c: C) {}')).toEqual([])
    expect(rules('type F = (a: A, b: B, c: C, d: D) => void')).toEqual([])
  })

  test('lets a suite of tests be one long callback', () => {
    expect(rules(`describe('x', () => {\n${statements(200)}\n})`, 'packages/ml/src/x.test.ts')).toEqual([])
  })
})

describe('spreadFindings', () => {
  const files = (sizes: readonly number[]) =>
    sizes.map((size, i) => sourceOf(`packages/ml/src/x${i}.ts`, statements(size)))

  test('reports a median above the limit', () => {
    expect(spreadFindings(files([1, 120, 400]))).toEqual([
      expect.objectContaining({ sentence: expect.stringContaining('400') }),
    ])
    expect(spreadFindings(files([1, 130, 200]))).toEqual([expect.objectContaining({ rule: 'file-lines-spread' })])
  })

  test('looks at source files of packages only', () => {
    expect(spreadFindings([sourceOf('tools/x.ts', statements(400))])).toEqual([])
    expect(spreadFindings([])).toEqual([])
  })
})
