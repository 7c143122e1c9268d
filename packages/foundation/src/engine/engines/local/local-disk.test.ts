import { execFileSync } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hasCode, messageOf } from '../../../errors.ts'
import { collectTelemetry, eventually } from '../../../testing/index.ts'
import { LocalWorld } from './local-children.fixture.ts'

const text = (body: Uint8Array | undefined) => new TextDecoder().decode(body)

/** A real disk of 256 KiB in a folder of its own, or the reason why there is none. */
async function smallDisk(folder: string): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'needs Linux'
  if (process.getuid?.() !== 0) return 'needs root to mount a small disk'
  try {
    await mkdir(folder)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k,mode=0700', 'tmpfs', folder], { stdio: 'pipe' })
    return undefined
  } catch (thrown) {
    return `mounting a small disk failed: ${messageOf(thrown)}`
  }
}

test('a full disk ends the hub with what was acknowledged kept, and it is back when there is room', async (context) => {
  await using world = await LocalWorld.make()
  const directory = join(world.directory, 'disk')
  const skip = await smallDisk(directory)
  if (skip !== undefined) return context.skip(skip)
  try {
    const telemetry = collectTelemetry()
    const engine = await world.openHere({ directory, awayMs: 100 }, telemetry)
    const queue = await engine.queue('q')
    await writeFile(join(directory, 'ballast'), new Uint8Array(150_000))
    const acknowledged: string[] = []
    const push = async () => {
      const body = String(acknowledged.length).padEnd(10_000, '.')
      await queue.push(new TextEncoder().encode(body))
      acknowledged.push(body)
    }
    const full = async () => {
      for (;;) await push()
    }
    await expect(full()).rejects.toMatchObject({ code: 'foundation/engine-unavailable' })
    expect(acknowledged.length).toBeGreaterThan(3)
    const said = telemetry.named('foundation.hub-failed')[0]?.metadata
    expect(said).toMatchObject({ code: 'foundation/disk-full', message: expect.stringContaining('the disk is full') })
    await rm(join(directory, 'ballast'))
    await eventually(() => engine.status === 'connected')
    const taken = await queue.pull(100)
    // The one that met the full disk may be there or not, as it was said.
    expect(taken.map((one) => text(one.body)).slice(0, acknowledged.length)).toEqual(acknowledged)
    await expect(push()).resolves.toBeUndefined()
    await engine.close()
    expect(hasCode(await queue.stats().catch((thrown) => thrown), 'foundation/engine-closed')).toBe(true)
  } finally {
    execFileSync('umount', [directory])
  }
})
