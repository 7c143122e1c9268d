import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '@mabeam/foundation'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { signature } from '../signatures/signature.ts'
import { loadDataset } from './dataset.ts'

const triage = signature(
  'text, note?: string, facts: { size: int, tags: string[] }, at, day: date -> team: "a" | "b", urgency: int, weight: number, open: boolean',
)
const fixture = (codec: string) => join(import.meta.dirname, `rows-${codec}.fixture.parquet`)

const seed = 20_266
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mabeam-parquet-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('a Parquet file', () => {
  test.each(['snappy', 'gzip', 'zstd', 'brotli'])(
    'packed with %s is read as typed rows, over row groups',
    async (codec) => {
      const { examples, ignoredColumns } = await loadDataset(fixture(codec), { signature: triage })
      expect(examples).toHaveLength(6)
      expect(examples[3]).toEqual({
        id: `rows-${codec}.fixture.parquet:4`,
        inputs: {
          text: 'row 3, "quoted", ü',
          facts: { size: 3, tags: ['x', 'y'] },
          at: '2026-01-04T00:00:00.000Z',
          day: '2026-01-04',
        },
        outputs: { team: 'b', urgency: 3, weight: 1.5, open: false },
      })
      expect(examples[5]?.inputs.note).toBe('note 5')
      expect(ignoredColumns).toEqual(['unused'])
    },
  )

  test('is held to its rows and bytes: at the limit and one past it', async () => {
    const signature_ = { signature: triage }
    await expect(loadDataset(fixture('gzip'), { ...signature_, rowsMax: 6 })).resolves.toBeDefined()
    await expect(loadDataset(fixture('gzip'), { ...signature_, rowsMax: 5 })).rejects.toMatchObject({
      code: 'dspx/data-too-large',
    })
    const bytesMax = (await readFile(fixture('gzip'))).length
    await expect(loadDataset(fixture('gzip'), { ...signature_, bytesMax })).resolves.toBeDefined()
    await expect(loadDataset(fixture('gzip'), { ...signature_, bytesMax: bytesMax - 1 })).rejects.toThrow('bytesMax')
  })

  test('that lacks a field names it, with the columns there are', async () => {
    const near = loadDataset(fixture('snappy'), { signature: signature('texts -> team: "a" | "b"') })
    await expect(near).rejects.toThrow('did you mean the column "text"?')
    const none = loadDataset(fixture('snappy'), { signature: signature('question -> answer') })
    await expect(none).rejects.toMatchObject({ code: 'dspx/data-column-missing' })
    const label = loadDataset(fixture('snappy'), { signature: signature('text -> team: "a" | "c"') })
    await expect(label).rejects.toThrow('field "team": expected one of "a", "c", got "b"')
  })

  test('that is none, is cut off or damaged is one typed error, never a hang', async () => {
    const whole = await readFile(fixture('gzip'))
    const broken = async (bytes: Uint8Array) => {
      const path = join(folder, 'broken.parquet')
      await writeFile(path, bytes)
      return await loadDataset(path, { signature: triage })
    }
    await expect(broken(Buffer.from('text,team\nhi,a\n'))).rejects.toMatchObject({ code: 'dspx/data-format-broken' })
    await expect(broken(Buffer.alloc(0))).rejects.toMatchObject({ code: 'dspx/data-empty' })
    await expect(broken(whole.subarray(0, 900))).rejects.toThrow(
      'expected a file of Parquet, got one that cannot be read',
    )
  })

  test('that takes for ever to follow is given up', async () => {
    const bytes = Buffer.from(await readFile(fixture('gzip')))
    for (const [at, value] of [
      [2504, 242],
      [934, 242],
      [812, 24],
      [1821, 98],
    ] as const)
      bytes[at] = value
    const path = join(folder, 'endless.parquet')
    await writeFile(path, bytes)
    await expect(loadDataset(path, { signature: triage, timeoutMs: 300 })).rejects.toMatchObject({
      code: 'dspx/data-format-broken',
      message: expect.stringContaining('reading it took longer than 300 ms'),
    })
  })

  test(`that is damaged anywhere is read or refused by name (seed ${seed})`, async () => {
    const whole = await readFile(fixture('zstd'))
    const random = seededRandom(seed)
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, async (_, i) => {
        const bytes = Buffer.from(whole)
        for (let j = 0; j < 4; j++) bytes[random.int(bytes.length)] = random.int(256)
        const path = join(folder, `damaged-${i}.parquet`)
        await writeFile(path, bytes)
        return await loadDataset(path, { signature: triage, timeoutMs: 2_000 }).then(
          () => 'read',
          ({ code }) => code as string,
        )
      }),
    )
    for (const outcome of outcomes) expect(outcome).toMatch(/^(read|dspx\/data-)/)
  })
})
