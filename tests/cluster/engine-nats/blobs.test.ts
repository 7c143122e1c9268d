/** Large values whose writers are killed, that are replaced while they are read, and that are too long. */

import { natsServers } from '@mabeam/engine-nats/testing'
import type { Json } from '@mabeam/foundation'
import { nodeProcess } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { until } from '../until.ts'
import type { answers } from './blob-writer.fixture.ts'
import { openedEngine } from './opened-engine.ts'

const mebibyte = 1_048_576

describe('blobs', () => {
  test('a writer that is killed in the middle leaves what was there', async () => {
    await using servers = await natsServers({ links: 'proxied' })
    const [server] = servers.all
    const [url] = servers.urls
    if (server === undefined || url === undefined) throw new Error('no server')
    await using opened = await openedEngine([server.url])
    const blobs = await opened.engine.blobs('b')
    const whole = new Uint8Array(3 * mebibyte).fill(1)
    await blobs.put('a', whole)
    const module = new URL('./blob-writer.fixture.ts', import.meta.url)
    await using writer = await nodeProcess<typeof answers>({ module, execArgs: ['--conditions=mabeam-source'] })
    // Slow enough that it is killed before its end.
    await servers.slow(0, { bytesPerSec: 4 * mebibyte })
    const writing = writer.ask('put', { url, bytes: 64 * mebibyte }).then(
      () => 'written',
      () => 'killed',
    )
    await until(async () => keptBytes(await server.monitor('jsz')) > 5 * mebibyte)
    await writer.kill()
    expect(await writing).toBe('killed')
    expect(isSame(await blobs.get('a'), whole)).toBe(true)
    const other = new Uint8Array(mebibyte).fill(3)
    await blobs.put('a', other)
    expect(isSame(await blobs.get('a'), other)).toBe(true)
    await blobs.delete('a')
    expect(await blobs.get('a')).toBeUndefined()
  })

  test('one that is replaced again and again while it is read is whole, and takes no more room than one', async () => {
    await using servers = await natsServers()
    const [server] = servers.all
    await using opened = await openedEngine(servers.urls)
    await using other = await openedEngine(servers.urls)
    const [mine, theirs] = [await opened.engine.blobs('b'), await other.engine.blobs('b')]
    const bodyOf = (writer: number) => new Uint8Array(mebibyte + writer).fill(writer)
    await mine.put('a', bodyOf(1))
    const write = async (store: typeof mine, writer: number) => {
      for (let i = 0; i < 8; i++) await store.put('a', bodyOf(writer))
    }
    let reads = 0
    const read = async (store: typeof mine) => {
      for (let i = 0; i < 12; i++) {
        const found = (await store.get('a')) ?? new Uint8Array(0)
        expect(isSame(found, bodyOf(found[0] ?? 0))).toBe(true)
        reads++
      }
    }
    await Promise.all([write(mine, 2), write(theirs, 3), read(mine), read(theirs)])
    expect(reads).toBe(24)
    expect(keptBytes((await server?.monitor('jsz')) ?? null)).toBeLessThan(2 * mebibyte)
  })

  test('at its limit a value is kept, and one byte more is refused', async () => {
    await using servers = await natsServers()
    await using opened = await openedEngine(servers.urls, { blobBytesMax: 300_000 })
    const blobs = await opened.engine.blobs('b')
    const longest = new Uint8Array(300_000).fill(1)
    await blobs.put('a', longest)
    await expect(blobs.put('a', new Uint8Array(300_001))).rejects.toMatchObject({
      code: 'foundation/payload-too-large',
    })
    expect(isSame(await blobs.get('a'), longest)).toBe(true)
  })
})

/** As `toEqual`, which takes its time for long ones. */
function isSame(found: Uint8Array | undefined, expected: Uint8Array): boolean {
  return found !== undefined && Buffer.compare(found, expected) === 0
}

/** What all streams of the server keep. */
function keptBytes(report: Json): number {
  const bytes = typeof report === 'object' && report !== null && Reflect.get(report, 'bytes')
  return typeof bytes === 'number' ? bytes : 0
}
