/**
 * What 10,000 messages a second cost: three node processes on one nats-server, each sending a third of them to the next. Open loop:
 * messages are sent when they are due, and times count from then.
 */

import { natsServers } from '@mabeam/engine-nats/testing'
import { type NodeProcess, nodeProcess } from '@mabeam/foundation/testing'
import { median, quantile } from '@mabeam/ml'
import type { Bench, BenchOptions, BenchResult } from './bench.ts'
import type { answers, LoadFigures, LoadKind } from './programs/load-node.ts'

export const bench: Bench = {
  name: 'cluster-load',
  what: '10,000 messages a second between three node processes over NATS: processor time of all three in cores, ms from the intended time of sending',
  target: 'cores < 0.30 for each kind, nothing dropped',
  run: benchClusterLoad,
}

type LoadNode = NodeProcess<typeof answers>

const program = new URL('./programs/load-node.ts', import.meta.url)
const names = ['n1', 'n2', 'n3']
const kinds: readonly LoadKind[] = ['control', 'coordination', 'events', 'data', 'telemetry', 'cast']
const perSec = 10_000

interface Round {
  readonly kind: string
  readonly sentPerSec: number
  readonly handledPerSec: number
  readonly dropped: number
  readonly cores: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Of it, what is the sender's own lateness on this machine. */
  readonly lateP99Ms: number
}

async function benchClusterLoad({ quick, log }: BenchOptions): Promise<BenchResult> {
  await using servers = await natsServers()
  await using opened = new AsyncDisposableStack()
  const nodes = await Promise.all(
    names.map(async (name) => opened.use(await nodeProcess<typeof answers>({ module: program, name }))),
  )
  await Promise.all(nodes.map((one) => one.ask('open', servers.urls)))
  await Promise.all(nodes.map((one, i) => one.ask('sees', { count: names.length, to: next(i) })))
  const forMs = quick ? 300 : 5_000
  // For the compiler.
  for (const kind of kinds) await round(nodes, kind, quick ? 200 : 1_500)
  const idle = await load(nodes, 'events', { rate: 0, forMs })
  const runs = quick ? 1 : 3
  const rounds: Round[] = []
  for (let run = 0; run < runs; run++) {
    for (const kind of kinds) {
      const one = await round(nodes, kind, forMs)
      rounds.push(one)
      log(`${kind}: ${one.cores.toFixed(2)} cores, p99 ${one.p99Ms.toFixed(1)} ms, ${one.dropped} dropped`)
    }
  }
  const rows = kinds.map((kind) => middleOf(kind, rounds))
  return {
    metrics: {
      idleCores: sumOf(idle, ({ cores }) => cores),
      coresMax: Math.max(...rows.map(({ cores }) => cores)),
      eventsCores: rows.find(({ kind }) => kind === 'events')?.cores ?? null,
      castCores: rows.find(({ kind }) => kind === 'cast')?.cores ?? null,
      p99MsMax: Math.max(...rows.map(({ p99Ms }) => p99Ms)),
      dropped: rounds.reduce((sum, one) => sum + one.dropped, 0),
    },
    rows: rows.map((one) => ({ ...one })),
    runs,
  }
}

function next(i: number): string {
  return names[(i + 1) % names.length] as string
}

async function load(
  nodes: readonly LoadNode[],
  kind: LoadKind,
  { rate, forMs }: { readonly rate: number; readonly forMs: number },
): Promise<readonly LoadFigures[]> {
  const share = rate / nodes.length
  return await Promise.all(
    nodes.map((one, i) => one.ask('run', { kind, to: next(i), perSec: share, forMs }, { timeoutMs: forMs + 60_000 })),
  )
}

async function round(nodes: readonly LoadNode[], kind: LoadKind, forMs: number): Promise<Round> {
  const all = await load(nodes, kind, { rate: perSec, forMs })
  const tookMs = all.flatMap((one) => one.tookMs)
  return {
    kind,
    sentPerSec: (sumOf(all, ({ sent }) => sent) * 1_000) / forMs,
    handledPerSec: (sumOf(all, ({ handled }) => handled) * 1_000) / forMs,
    dropped: sumOf(all, ({ dropped }) => dropped),
    cores: sumOf(all, ({ cores }) => cores),
    p50Ms: quantile(tookMs, 0.5),
    p99Ms: quantile(tookMs, 0.99),
    lateP99Ms: Math.max(...all.map((one) => one.lateP99Ms)),
  }
}

function sumOf(all: readonly LoadFigures[], figure: (one: LoadFigures) => number): number {
  return all.reduce((sum, one) => sum + figure(one), 0)
}

function middleOf(kind: string, rounds: readonly Round[]): Round {
  const of = rounds.filter((one) => one.kind === kind)
  const middle = (figure: (one: Round) => number) => median(of.map(figure))
  return {
    kind,
    sentPerSec: middle((one) => one.sentPerSec),
    handledPerSec: middle((one) => one.handledPerSec),
    dropped: of.reduce((sum, one) => sum + one.dropped, 0),
    cores: middle((one) => one.cores),
    p50Ms: middle((one) => one.p50Ms),
    p99Ms: middle((one) => one.p99Ms),
    lateP99Ms: middle((one) => one.lateP99Ms),
  }
}
