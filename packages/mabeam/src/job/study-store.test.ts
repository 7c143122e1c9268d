import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type StudyFolder, studyFolder } from '../home.ts'
import { settledRequest } from './job-options.ts'
import { readRequest, readResult, writeRequest } from './study-store.ts'

let home = ''
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'mabeam-store-'))
})
afterAll(() => rm(home, { recursive: true, force: true }))

async function folderWith(
  id: string,
  files: { readonly [file in 'request' | 'result']?: string },
): Promise<StudyFolder> {
  const folder = studyFolder(home, id)
  for (const [file, text] of Object.entries(files)) await writeFile(folder[file as 'request'], text)
  return folder
}

describe('a study on disk', () => {
  test('is read as it was written', async () => {
    const folder = studyFolder(home, 'whole')
    const request = settledRequest({ program: 'p.ts', data: { train: 'rows.jsonl' }, limits: { usd: 1 } })
    await writeRequest(folder, { version: 2, request, cwd: '/', digests: {} })
    expect(await readRequest(folder)).toEqual({ version: 2, request, cwd: '/', digests: {} })
    expect(await readResult(folder)).toBeUndefined()
  })

  test('of an earlier layout is refused by one sentence that names both versions and what still works', async () => {
    const folder = await folderWith('old', {
      request: '{"version":1,"request":{"budget":60}}',
      result: '{"version":1}',
    })
    await expect(readRequest(folder)).rejects.toMatchObject({
      code: 'mabeam/study-version',
      message: expect.stringMatching(
        /expected a study of layout 2, got layout 1 .*artefact still runs.*start a new study/,
      ),
      data: { expected: 2, got: 1 },
    })
    expect(await readResult(folder)).toBeUndefined()
  })

  test.each(['', '{', 'null', '[]', '{"version":3}', '{"version":"2"}'])(
    'that is damaged says so: %s',
    async (request) => {
      const folder = await folderWith('damaged', { request, result: request })
      await expect(readRequest(folder)).rejects.toMatchObject({ code: 'mabeam/study-unreadable' })
      expect(await readResult(folder)).toBeUndefined()
    },
  )
})
