import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeWholeFile } from './whole-file.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mabeam-whole-file-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('of many that write to one path at once one stays, whole, and no draft is left', async () => {
  const path = join(folder, 'shared.txt')
  const texts = Array.from({ length: 20 }, (_, i) => `${i}\n`.repeat(10_000))
  await Promise.all(texts.map((text) => writeWholeFile(path, text)))
  expect(texts).toContain(await readFile(path, 'utf8'))
  expect(await readdir(folder)).toEqual(['shared.txt'])
})

test('parts are written one after the other; where they fail, what was there before stays', async () => {
  const path = join(folder, 'parts.txt')
  await writeWholeFile(path, ['a\n', 'b\n'])
  const broken = (function* () {
    yield 'c\n'
    throw new Error('no more')
  })()
  await expect(writeWholeFile(path, broken)).rejects.toMatchObject({ code: 'foundation/file-failed' })
  expect(await readFile(path, 'utf8')).toBe('a\nb\n')
  expect((await readdir(folder)).filter((name) => name.startsWith('parts'))).toEqual(['parts.txt'])
})

test('a folder that is not there is told with the path', async () => {
  const path = join(folder, 'none', 'file.txt')
  await expect(writeWholeFile(path, 'x')).rejects.toMatchObject({
    code: 'foundation/file-failed',
    data: { path, systemCode: 'ENOENT' },
  })
})
