/** How long control messages take while nothing else happens, and while telemetry waits at the node without end. */

import { Worker } from 'node:worker_threads'
import {
  type Channels,
  createCodec,
  memoryEngine,
  openChannels,
  seededRandom,
  silentTelemetry,
  systemClock,
} from '@mabeam/foundation'
import type { Bench, BenchResult } from './bench.ts'

const everyMs = 2
/** More than is handed over in a turn of the event loop: the inbox fills, and from then on some is dropped. */
const telemetryPerTurn = 48

export const bench: Bench = {
  name: 'channel-priority',
  what: 'control messages of another thread, from the intended time of sending to their handler, microseconds',
  target: 'loadedOverIdle ≤ 5',
  async run({ quick, log }): Promise<BenchResult> {
    const runs = quick ? 1 : 5
    const messages = quick ? 500 : 2_000
    const rows: {
      run: number
      load: string
      p50Us: number
      p99Us: number
      telemetryPerSec: number
      waiting: number
    }[] = []
    await measured(200, false)
    for (let run = 1; run <= runs; run++) {
      for (const loaded of [false, true]) {
        const one = await measured(messages, loaded)
        rows.push({ run, load: loaded ? 'telemetry' : 'none', ...one })
        log(`run ${run} of ${runs}, ${loaded ? 'loaded' : 'idle'}: p99 ${Math.round(one.p99Us)} µs`)
      }
    }
    const idle = rows.filter((row) => row.load === 'none').map((row) => row.p99Us)
    const loaded = rows.filter((row) => row.load !== 'none')
    return {
      metrics: {
        controlP99IdleUs: median(idle),
        controlP99LoadedUs: median(loaded.map((row) => row.p99Us)),
        loadedOverIdle: median(loaded.map((row, i) => row.p99Us / (idle[i] as number))),
        telemetryPerSec: median(loaded.map((row) => row.telemetryPerSec)),
      },
      rows,
      runs,
    }
  },
}

async function measured(messages: number, loaded: boolean) {
  await using engine = memoryEngine()
  const port = (name: string) => ({
    system: 'bench',
    name,
    epoch: 1,
    clock: systemClock,
    random: seededRandom(name),
    telemetry: silentTelemetry,
    engine,
    codec: createCodec(),
  })
  await using here = openChannels(port('here'))
  await using there = openChannels(port('there'))
  const tookUs: number[] = []
  let seen = 0
  const { promise: done, resolve } = Promise.withResolvers<void>()
  here.on<number>('control', (intendedMs) => {
    tookUs.push((performance.timeOrigin + performance.now() - intendedMs) * 1_000)
    if (tookUs.length === messages) resolve()
  })
  here.on('telemetry.>', () => seen++)
  const load = loaded ? startLoad(there) : undefined
  const startMs = performance.now()
  const sender = new Worker(new URL('./programs/control-sender.ts', import.meta.url), {
    workerData: { messages, everyMs },
  })
  sender.on('message', (intendedMs) => there.publish('control', intendedMs, { priority: 'control' }))
  await done
  const seconds = (performance.now() - startMs) / 1_000
  const { waiting } = here.stats().telemetry
  load?.stop()
  await sender.terminate()
  tookUs.sort((a, b) => a - b)
  const at = (share: number) => tookUs[Math.min(tookUs.length - 1, Math.floor(share * tookUs.length))] as number
  return { p50Us: at(0.5), p99Us: at(0.99), telemetryPerSec: seen / seconds, waiting }
}

function startLoad(channels: Channels): { stop(): void } {
  let on = true
  let sent = 0
  const turn = () => {
    if (!on) return
    for (let i = 0; i < telemetryPerTurn; i++) {
      channels.publish('telemetry.sample', { at: sent++, name: 'queue-size', value: i }, { priority: 'telemetry' })
    }
    setImmediate(turn)
  }
  turn()
  return {
    stop() {
      on = false
    },
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] as number
}
