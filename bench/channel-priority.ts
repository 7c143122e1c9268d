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
import { median, quantile } from '@mabeam/ml'
import type { Bench, BenchResult } from './bench.ts'
import type { ControlMessage } from './programs/control-sender.ts'

const everyMs = 2
/** More than is handed over in a turn of the event loop: the inbox fills, and from then on some is dropped. */
const telemetryPerTurn = 48

/** Of one round: short, so that what the machine does besides spoils one of many. */
interface Round {
  readonly p50Us: number
  readonly p99Us: number
  /** How late the sender itself was: time in which it did not run is the machine's, not the channel's. */
  readonly senderLateP99Us: number
  readonly telemetryPerSec: number
  /** Telemetry at the end. */
  readonly waiting: number
}

export const bench: Bench = {
  name: 'channel-priority',
  what: 'control messages of another thread, from the intended time of sending to their handler, microseconds: medians of rounds',
  target: 'loadedOverIdle ≤ 5',
  async run({ quick, log }): Promise<BenchResult> {
    const rounds = quick ? 2 : 20
    const messages = quick ? 200 : 500
    const pairs: { readonly idle: Round; readonly loaded: Round }[] = []
    // For the compiler, in both conditions.
    for (const loaded of [true, false]) await measured(messages / 2, loaded)
    for (let round = 1; round <= rounds; round++) {
      // In turn first and second, so that neither has the better half of what changes over time.
      const first = await measured(messages, round % 2 === 0)
      const second = await measured(messages, round % 2 !== 0)
      const [idle, loaded] = round % 2 === 0 ? [second, first] : [first, second]
      pairs.push({ idle, loaded })
      log(`round ${round} of ${rounds}: p99 ${Math.round(idle.p99Us)} µs idle, ${Math.round(loaded.p99Us)} µs loaded`)
    }
    const middle = (figure: (pair: { readonly idle: Round; readonly loaded: Round }) => number) =>
      median(pairs.map(figure))
    return {
      metrics: {
        controlP99IdleUs: middle(({ idle }) => idle.p99Us),
        controlP99LoadedUs: middle(({ loaded }) => loaded.p99Us),
        loadedOverIdle: middle(({ idle, loaded }) => loaded.p99Us / idle.p99Us),
        controlP50IdleUs: middle(({ idle }) => idle.p50Us),
        controlP50LoadedUs: middle(({ loaded }) => loaded.p50Us),
        senderLateP99IdleUs: middle(({ idle }) => idle.senderLateP99Us),
        senderLateP99LoadedUs: middle(({ loaded }) => loaded.senderLateP99Us),
        telemetryPerSec: middle(({ loaded }) => loaded.telemetryPerSec),
      },
      rows: pairs.flatMap(({ idle, loaded }, i) => [
        { round: i + 1, load: 'none', ...idle },
        { round: i + 1, load: 'telemetry', ...loaded },
      ]),
      runs: rounds,
    }
  },
}

async function measured(messages: number, loaded: boolean): Promise<Round> {
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
  const lateUs: number[] = []
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
  sender.on('message', ({ intendedMs, sentMs }: ControlMessage) => {
    lateUs.push((sentMs - intendedMs) * 1_000)
    there.publish('control', intendedMs, { priority: 'control' })
  })
  await done
  const seconds = (performance.now() - startMs) / 1_000
  const { waiting } = here.stats().telemetry
  load?.stop()
  await sender.terminate()
  return {
    p50Us: quantile(tookUs, 0.5),
    p99Us: quantile(tookUs, 0.99),
    senderLateP99Us: quantile(lateUs, 0.99),
    telemetryPerSec: seen / seconds,
    waiting,
  }
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
