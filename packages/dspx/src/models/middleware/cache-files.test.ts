/** A cache in a file on bad days: torn, damaged, of somebody else's, taken by another process. */

import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileCacheStore } from '@mabeam/foundation'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { scriptedModel } from '../../testing/index.ts'
import { cacheKeyOf } from '../equipped-model.ts'
import type { ModelCall, ModelStream } from '../language-model.ts'
import { createModels } from '../models.ts'
import { answerMetadata } from '../usage.ts'

let folder = ''
let files = 0
const freshPath = () => join(folder, `${files++}.jsonl`)
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cache-files-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const callOf = (text: string): ModelCall => ({ prompt: [{ role: 'user', content: [{ type: 'text', text }] }] })
const modelsWith = (cache: Awaited<ReturnType<typeof fileCacheStore>>) => {
  const model = scriptedModel(['one', 'two', 'three'])
  return { model, lm: createModels({ env: {}, cache, custom: { 'my/model': model } }).get('my/model') }
}

/** A file with two answers. */
async function filled(path: string): Promise<void> {
  await using cache = await fileCacheStore({ path, fsync: 'never' })
  const { lm } = modelsWith(cache)
  for (const text of ['a', 'b']) await lm.doGenerate(callOf(text))
}

test('a file whose last line was torn loses that line alone', async () => {
  const path = freshPath()
  await filled(path)
  const whole = readFileSync(path, 'utf8')
  writeFileSync(path, whole.slice(0, -20))
  await using cache = await fileCacheStore({ path, fsync: 'never' })
  const { model, lm } = modelsWith(cache)
  const cached = []
  for (const text of ['a', 'b']) cached.push(answerMetadata(await lm.doGenerate(callOf(text))).cached)
  expect([cached, model.calls.length]).toEqual([[true, undefined], 1])
})

test('a file that was damaged in the middle is refused by its line, and is left as it is', async () => {
  const path = freshPath()
  await filled(path)
  const damaged = readFileSync(path, 'utf8').replace('["', '{"')
  writeFileSync(path, damaged)
  await expect(fileCacheStore({ path })).rejects.toMatchObject({ code: 'foundation/journal-corrupt' })
  expect(readFileSync(path, 'utf8')).toBe(damaged)
  writeFileSync(path, 'hello\n')
  await expect(fileCacheStore({ path })).rejects.toMatchObject({ code: expect.stringContaining('foundation/journal-') })
})

test('a value that is no answer counts as absent, whole and as a stream, and is kept anew', async () => {
  const path = freshPath()
  await filled(path)
  const gathered = async ({ stream }: ModelStream) => {
    let last: unknown
    for await (const part of stream) last = part
    return answerMetadata(last as never).cached
  }
  const bad = ['', 'null', '{}', '[]', '{"content":[]}', '{"content":"x","finishReason":{"unified":"stop"},"usage":{}}']
  for (const [n, value] of bad.entries()) {
    const key = cacheKeyOf(modelsWith(await memory()).lm, callOf('a'))
    appendFileSync(path, `${JSON.stringify([key, value])}\n`)
    await using cache = await fileCacheStore({ path, fsync: 'never' })
    const { model, lm } = modelsWith(cache)
    const first =
      n % 2 === 0
        ? answerMetadata(await lm.doGenerate(callOf('a'))).cached
        : await gathered(await lm.doStream(callOf('a')))
    const second =
      n % 2 === 0
        ? await gathered(await lm.doStream(callOf('a')))
        : answerMetadata(await lm.doGenerate(callOf('a'))).cached
    expect([value, first, second, model.calls.length]).toEqual([value, undefined, true, 1])
  }
})

const memory = async () => fileCacheStore({ path: freshPath(), fsync: 'never' })

test('another process finds the file taken and is told so, and has it when the first has closed', async () => {
  const path = freshPath()
  const first = await fileCacheStore({ path, fsync: 'never' })
  await expect(fileCacheStore({ path })).rejects.toMatchObject({ code: 'foundation/journal-locked' })
  await modelsWith(first).lm.doGenerate(callOf('a'))
  await first[Symbol.asyncDispose]()
  await using second = await fileCacheStore({ path, fsync: 'never' })
  expect(answerMetadata(await modelsWith(second).lm.doGenerate(callOf('a'))).cached).toBe(true)
})
