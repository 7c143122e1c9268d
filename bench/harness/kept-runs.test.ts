import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { keptRuns, sourceDigest } from './kept-runs.ts'

let file: string
beforeEach(() => {
  file = path.join(mkdtempSync(path.join(os.tmpdir(), 'mabeam-runs-')), 'deep', 'runs.jsonl')
})
afterEach(() => rmSync(path.resolve(file, '../..'), { recursive: true }))

describe('keptRuns', () => {
  test('finds what was kept before, also behind a line that a crash has torn', async () => {
    {
      await using kept = await keptRuns<number>(file)
      await kept.keep('a', 1)
      await kept.keep('b', 2)
    }
    appendFileSync(file, '{"key":"c","res')
    await using kept = await keptRuns<number>(file)
    expect(['a', 'b', 'c'].map((key) => kept.get(key))).toEqual([1, 2, undefined])
  })

  test('begins anew after all of it was there', async () => {
    {
      await using kept = await keptRuns<number>(file)
      await kept.keep('a', 1)
      await kept.finish()
      expect(kept.get('a')).toBe(1)
    }
    await using kept = await keptRuns<number>(file)
    expect(kept.get('a')).toBeUndefined()
  })

  test('is of one process at a time, and leaves nothing behind without a file', async () => {
    await using _ = await keptRuns<number>(file)
    await expect(keptRuns<number>(file)).rejects.toMatchObject({ code: 'foundation/journal-locked' })
    await using memory = await keptRuns<number>(undefined)
    await memory.keep('a', 1)
    expect(memory.get('a')).toBe(1)
  })
})

test('sourceDigest sees changes of sources, and not of tests', () => {
  const own = ['bench/harness/kept-runs.ts']
  expect(sourceDigest(own)).toBe(sourceDigest([...own, 'bench/harness/kept-runs.test.ts']))
  expect(sourceDigest(own)).not.toBe(sourceDigest([...own, 'bench/harness/run-plan.ts']))
})
