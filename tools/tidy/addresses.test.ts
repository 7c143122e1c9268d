import { expect, test } from 'vitest'
import { addressFindings } from './addresses.ts'
import { sourceOf } from './source.ts'

const rules = (text: string, path = 'README.md') => addressFindings(sourceOf(path, text)).map((finding) => finding.rule)

/** In parts, so that this file passes its own rule. */
const home = ['', 'home', 'ada', 'mabeam'].join('/')
const registry = ['registry', 'npmjs', 'org'].join('.')

test('finds paths of one machine', () => {
  expect(rules(`cd ${home}`)).toEqual(['machine-path'])
  expect(rules(`"path": "${home}"`)).toEqual(['machine-path'])
  expect(rules(String.raw`C:${'\\Users'}\ada`)).toEqual(['machine-path'])
})

test('finds addresses of registries', () => {
  expect(rules(`https://${registry}/zod`)).toEqual(['registry-host'])
})

test('leaves other paths and addresses alone', () => {
  expect(rules('see docs/home/page.md, https://example.org/home/page and ./root/x')).toEqual([])
  expect(rules(home, 'logo.png')).toEqual([])
})

test('names the line', () => {
  expect(addressFindings(sourceOf('README.md', `a\nb ${home}`))[0]?.line).toBe(2)
})
