import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, test } from 'vitest'
import { delay, systemClock } from '../../clock.ts'
import { seededRandom } from '../../random.ts'
import { silentTelemetry } from '../../telemetry.ts'
import { engineContract, settled } from '../../testing/index.ts'
import { local } from './local.ts'

const folders: string[] = []
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

describe('local keeps the contract', () => {
  const open = async () => {
    const directory = await mkdtemp(join(tmpdir(), 'mabeam-local-'))
    folders.push(directory)
    const port = { system: 'test', name: 'n1', clock: systemClock, random: seededRandom(1), telemetry: silentTelemetry }
    const engine = await local({ directory })(port)
    const settle = async () => {
      await engine.stores()
      await settled()
    }
    const advance = async (ms: number) => {
      await delay(systemClock, ms)
      await settle()
    }
    return { engine, settle, advance }
  }
  for (const { name, run } of engineContract(open)) test.concurrent(name, run)
})
