import { expect, test } from 'vitest'
import { linkFindings } from './links.ts'
import { sourceOf } from './source.ts'

const found = (text: string, at = 'docs/page.md') =>
  linkFindings([sourceOf(at, text), sourceOf('docs/adr/0001.md', ''), sourceOf('README.md', '')]).map(
    (one) => one.sentence,
  )

test('accepts links to files and folders that are there, and addresses', () => {
  expect(found('[a](adr/0001.md), [b](adr/), [c](../README.md#start), [d](https://example.org), [e](#here)')).toEqual(
    [],
  )
})

test('reports links that lead nowhere, with their line', () => {
  expect(found('[a](0001.md)')).toEqual(['expected 0001.md to be there'])
  expect(linkFindings([sourceOf('a.md', 'x\n[b](c.md)')])[0]?.line).toBe(2)
})
