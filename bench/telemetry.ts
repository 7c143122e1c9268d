/** What telemetry costs: calls and lives of actors with nobody listening, with a port that drops all, and with each of ours. */

import {
  type ActorRef,
  defineActor,
  silentTelemetry,
  startNode,
  type Telemetry,
  type TelemetryEvent,
} from '@mabeam/foundation'
import { anomalyTelemetry, mergeTelemetry, openTelemetryBridge, prometheusTelemetry } from '@mabeam/scope'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import type { Bench, BenchResult } from './bench.ts'

const Counter = defineActor(import.meta.url, {
  name: 'counter',
  version: 1,
  init: () => ({ n: 0 }),
  calls: { add: { run: (s, by: number) => [{ n: s.n + by }, s.n + by] } },
})

/** Hears everything and keeps nothing: what building events costs by itself. */
const deafTelemetry: Telemetry = { enabled: true, emit() {} }

interface Listener extends AsyncDisposable {
  readonly telemetry: Telemetry | undefined
}

const listeners: { readonly [name: string]: () => Listener } = {
  off: () => listener(undefined),
  silent: () => listener(silentTelemetry),
  deaf: () => listener(deafTelemetry),
  bridge: openBridge,
  prometheus: () => listener(prometheusTelemetry()),
  anomalies: () => {
    const telemetry = anomalyTelemetry({ onAlert: () => {} })
    return { telemetry, [Symbol.asyncDispose]: () => telemetry[Symbol.asyncDispose]() }
  },
  all: () => {
    const [bridge, watch] = [openBridge(), anomalyTelemetry({ onAlert: () => {} })]
    const telemetry = mergeTelemetry(bridge.telemetry ?? silentTelemetry, prometheusTelemetry(), watch)
    return {
      telemetry,
      async [Symbol.asyncDispose]() {
        await bridge[Symbol.asyncDispose]()
        await watch[Symbol.asyncDispose]()
      },
    }
  },
}

export const bench: Bench = {
  name: 'telemetry',
  what: 'actor calls, lives of actors (two events each) and events a second, by who listens',
  target: 'offShareOfLife < 0.02; off and silent are the same, so that offCallsOverSilent is the noise of the machine',
  async run({ quick, log }): Promise<BenchResult> {
    const runs = quick ? 1 : 7
    const calls = quick ? 50_000 : 300_000
    const lives = quick ? 3_000 : 50_000
    const events = quick ? 50_000 : 500_000
    const measured = new Map(Object.keys(listeners).map((name) => [name, newFigures()]))
    for (const name of Object.keys(listeners))
      await measure(name, { calls: calls / 5, lives: lives / 5, events: events / 5 })
    for (let run = 1; run <= runs; run++) {
      log(`run ${run} of ${runs}`)
      for (const [name, figures] of measured) {
        const one = await measure(name, { calls, lives, events })
        for (const key of Object.keys(figures) as (keyof Figures)[]) figures[key].push(one[key])
      }
    }
    const rows = [...measured].map(([listens, { callsPerSec, livesPerSec, eventsPerSec }]) => ({
      listens,
      callsPerSec: median(callsPerSec),
      livesPerSec: median(livesPerSec),
      eventsPerSec: median(eventsPerSec),
    }))
    return { metrics: metricsOf(measured), rows, runs }
  },
}

interface Figures {
  readonly callsPerSec: number[]
  readonly livesPerSec: number[]
  readonly eventsPerSec: number[]
}

const newFigures = (): Figures => ({ callsPerSec: [], livesPerSec: [], eventsPerSec: [] })

function metricsOf(measured: ReadonlyMap<string, Figures>) {
  const of = (name: string) => measured.get(name) ?? newFigures()
  const paired = (key: keyof Figures, a: string, b: string) =>
    median(of(a)[key].map((value, run) => value / (of(b)[key][run] ?? Number.NaN)))
  const off = of('off')
  return {
    // Two events a life, each of which asks whether anybody listens.
    offShareOfLife: median(off.livesPerSec.map((lives, run) => (2 * lives) / (off.eventsPerSec[run] ?? Number.NaN))),
    offCallsOverSilent: paired('callsPerSec', 'off', 'silent'),
    bridgeCallsOverOff: paired('callsPerSec', 'bridge', 'off'),
    prometheusCallsOverOff: paired('callsPerSec', 'prometheus', 'off'),
    deafLivesOverOff: paired('livesPerSec', 'deaf', 'off'),
    bridgeLivesOverOff: paired('livesPerSec', 'bridge', 'off'),
    prometheusLivesOverOff: paired('livesPerSec', 'prometheus', 'off'),
    bridgeEventsPerSec: median(of('bridge').eventsPerSec),
    prometheusEventsPerSec: median(of('prometheus').eventsPerSec),
    anomaliesEventsPerSec: median(of('anomalies').eventsPerSec),
  }
}

async function measure(
  name: string,
  sizes: { readonly calls: number; readonly lives: number; readonly events: number },
) {
  await using one = (listeners[name] as () => Listener)()
  const { telemetry } = one
  await using node = await startNode({ codec: false, ...(telemetry !== undefined && { telemetry }) })
  const counter = await node.spawn(Counter, undefined)
  const callsPerSec = await perSec(sizes.calls, (n) => call(counter, n))
  const livesPerSec = await perSec(sizes.lives, async (n) => {
    for (let i = 0; i < n; i++) await node.stop(await node.spawn(Counter, undefined))
  })
  const eventsPerSec = await perSec(sizes.events, async (n) => emitMany(telemetry ?? silentTelemetry, n))
  return { callsPerSec, livesPerSec, eventsPerSec }
}

async function call(counter: ActorRef<typeof Counter>, n: number): Promise<void> {
  for (let i = 0; i < n; i++) await counter.call('add', 1)
}

/** As a layer does it: nothing is built when nobody listens. */
function emitMany(telemetry: Telemetry, n: number): void {
  for (let i = 0; i < n; i++) {
    if (!telemetry.enabled) continue
    const measurements = { latencyMs: i % 1_000, tokensIn: 900, tokensOut: 40 }
    const event: TelemetryEvent = {
      name: 'bench.call-completed',
      measurements,
      metadata: { modelId: i % 3 === 0 ? 'small' : 'large', cached: i % 2 === 0 },
    }
    telemetry.emit(event)
  }
}

async function perSec(n: number, run: (n: number) => Promise<void>): Promise<number> {
  const startMs = performance.now()
  await run(n)
  return (n * 1_000) / (performance.now() - startMs)
}

function openBridge(): Listener {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA)
  const meters = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 })],
  })
  const telemetry = openTelemetryBridge({ meter: meters.getMeter('bench') })
  return {
    telemetry,
    async [Symbol.asyncDispose]() {
      await telemetry[Symbol.asyncDispose]()
      await meters.shutdown()
    },
  }
}

function listener(telemetry: Telemetry | undefined): Listener {
  return { telemetry, async [Symbol.asyncDispose]() {} }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? Number.NaN
}
