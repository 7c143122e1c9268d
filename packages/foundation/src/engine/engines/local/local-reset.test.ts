import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../../clock.ts'
import { testPort } from '../../../testing/index.ts'
import { local } from '../local.ts'
import { memoryEngine } from '../memory.ts'
import { resetLocal } from './local-reset.ts'

const folders: string[] = []

/** One that is not there yet. */
function directory(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mabeam-reset-'))
  folders.push(folder)
  return join(folder, 'hub')
}

function open(folder: string) {
  const port = testPort({ engine: memoryEngine({}), clock: systemClock, name: 'n1' })
  return local({ directory: folder })(port)
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

describe('resetLocal', () => {
  test('removes states, queues and blobs, and what is opened next begins with nothing', async () => {
    const folder = directory()
    {
      await using engine = await open(folder)
      await (await engine.state('notes')).put('a', new Uint8Array([7]))
      await (await engine.blobs('files')).put('b', new Uint8Array(200_000))
    }
    const { bytes, files } = await resetLocal({ directory: folder })
    expect(bytes).toBeGreaterThan(200_000)
    expect(files).toBe(2)
    expect(readdirSync(folder).sort()).toEqual(['blobs', 'token'])
    await using engine = await open(folder)
    expect(await engine.stores()).toEqual([])
  })

  test('is refused while a process hosts the hub, and changes nothing', async () => {
    const folder = directory()
    await using engine = await open(folder)
    const notes = await engine.state('notes')
    await notes.put('a', new Uint8Array([7]))
    await expect(resetLocal({ directory: folder })).rejects.toMatchObject({
      code: 'foundation/hub-running',
      message: expect.stringContaining(`process ${process.pid}`),
      data: { pid: process.pid },
    })
    expect((await notes.get('a'))?.value).toEqual(new Uint8Array([7]))
  })

  test('where nothing is there it removes nothing, and makes nothing', async () => {
    const folder = directory()
    expect(await resetLocal({ directory: folder })).toEqual({ directory: folder, bytes: 0, files: 0 })
    expect(() => readdirSync(folder)).toThrow('ENOENT')
    await expect(resetLocal({ director: folder } as never)).rejects.toThrow('did you mean "directory"?')
  })
})
