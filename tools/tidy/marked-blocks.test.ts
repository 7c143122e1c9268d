import { expect, test } from 'vitest'
import { markedBlockFindings } from './marked-blocks.ts'
import { sourceOf } from './source.ts'

const found = (text: string, at = 'README.md') =>
  markedBlockFindings(sourceOf(at, text)).map(({ line, sentence }) => `${line}: ${sentence}`)

test('accepts blocks with something in them, other comments, and markers in code', () => {
  expect(found('<!-- a -->\n```\n12 passed\n```\n<!-- /a -->\n<!-- b -->\n| x |\n<!-- /b -->')).toEqual([])
  expect(found('<!-- types only: needs a key -->\n\n<!-- note -->\n')).toEqual([])
  expect(found('```\n<!-- a -->\n<!-- /a -->\n```')).toEqual([])
  expect(found('<!-- a -->\n<!-- /a -->', 'page.html')).toEqual([])
})

test('reports a block with nothing but blank lines or an empty code fence, with its line', () => {
  const sentence = 'expected something between <!-- a --> and <!-- /a -->'
  expect(found('text\n<!-- a -->\n<!-- /a -->')).toEqual([`2: ${sentence}`])
  expect(found('<!-- a -->\r\n\r\n```\r\n```\r\n<!-- /a -->\r\n')).toEqual([`1: ${sentence}`])
})

test('reports a block that is closed but not opened, opened twice, or not closed before the next', () => {
  expect(found('<!-- /a -->')).toEqual(['1: expected <!-- a --> before <!-- /a -->'])
  expect(found('<!-- a -->\nx\n<!-- /a -->\n<!-- a -->\ny')).toEqual(['4: expected <!-- /a --> after <!-- a -->'])
  expect(found('<!-- a -->\nx\n<!-- b -->\ny\n<!-- /b -->\n<!-- /a -->')).toEqual([
    '1: expected <!-- /a --> after <!-- a -->, found another marker first',
    '6: expected <!-- a --> before <!-- /a -->',
  ])
})
