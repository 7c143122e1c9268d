/**
 * Weighted votes of agents that are actors of their own on one node, through `decide`: from the call to its result. In most rows everybody
 * answers at once; `early` has the last fifth never answer, who weigh too little to change anything. `codec` passes messages through
 * it between local actors too, as nodes do unless they are told otherwise; `one by one` counts answers that come singly, without a node.
 */

import { type Answer, agents, decide, defineAgent, type Team, type WeightedSpec, weighted } from '@mabeam/coordination'
import { seededRandom, startNode } from '@mabeam/foundation'
import { median, quantile } from '@mabeam/ml'
import type { Bench } from './bench.ts'

const sizes = [5, 15, 25, 50, 200, 5_000]
const options = ['ship', 'wait', 'stop']

/** Votes for what it was started with; of `silent` nothing is ever heard. */
const Voter = defineAgent(import.meta.url, {
  name: 'voter',
  version: 1,
  init: (option: string) => option,
  requests: {
    vote: (option, _, { signal }) => {
      if (option !== 'silent') return [option, { option, confidence: 0.9 }]
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    },
  },
})

type Row = {
  readonly agents: number
  readonly how: 'all' | 'all, codec' | 'early' | 'one by one'
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  readonly cpuMs: number
  readonly messages: number | null
  readonly bytes: number | null
}

export const bench: Bench = {
  name: 'weighted',
  what: 'a weighted vote of agents on one node: time from call to result and CPU by number of agents',
  target: 'p95Ms: 200 agents < 20, 5,000 agents < 500',
  async run({ quick, log }) {
    const rows: Row[] = []
    for (const count of sizes) {
      log(`${count} agents`)
      const runs = quick ? (count > 1_000 ? 3 : 20) : count > 1_000 ? 40 : 300
      for (const how of ['all', 'all, codec', 'early'] as const) rows.push(await measure(count, how, runs))
      rows.push(oneByOne(count, Math.ceil(runs / 2)))
    }
    const p95Of = (count: number) => rows.find((row) => row.agents === count && row.how === 'all')?.p95Ms ?? null
    const metrics = { p95Ms50: p95Of(50), p95Ms200: p95Of(200), p95Ms5000: p95Of(5_000) }
    return { metrics, rows, runs: quick ? 20 : 300 }
  },
}

/** Weights of a log-normal kind, those of the last fifth too small to matter. */
function weightsOf(count: number): { readonly [id: string]: number } {
  const random = seededRandom('weights')
  const weights = Array.from({ length: count }, (_, at) => {
    const weight = Math.exp(random.normal() / 2)
    return [`a${at}`, at < 0.8 * count ? weight : weight / 1_000] as const
  })
  return Object.fromEntries(weights)
}

/** Three in four want the same. */
function optionOf(at: number): string {
  return options[at % 4 === 0 ? 1 + (at % 2) : 0] ?? 'ship'
}

async function measure(count: number, how: Exclude<Row['how'], 'one by one'>, runs: number): Promise<Row> {
  await using node = await startNode({ codec: how === 'all, codec' })
  const names = Array.from({ length: count }, (_, at) => `a${at}`)
  for (const [at, name] of names.entries()) {
    await node.spawn(Voter, how === 'early' && at >= 0.8 * count ? 'silent' : optionOf(at), { name })
  }
  const team = agents(node, names)
  const spec = { options, weights: weightsOf(count), earlyStop: how === 'early', confidence: 'scale' } as const
  // The first ones warm up.
  for (let run = 0; run < 3; run++) await voted(team, spec)
  const timed = []
  for (let run = 0; run < runs; run++) timed.push(await voted(team, spec))
  const [first] = timed
  return {
    agents: count,
    how,
    ...quantilesOf(timed),
    messages: first?.result.messages ?? null,
    bytes: first?.result.bytes ?? null,
  }
}

async function voted(team: Team, spec: WeightedSpec<string>) {
  const began = process.cpuUsage()
  const beganMs = performance.now()
  const result = await decide(team, { kind: 'weighted', ...spec })
  const wallMs = performance.now() - beganMs
  if (result.type !== 'decided') throw new Error(`not decided: ${result.type === 'undecided' ? result.reason : ''}`)
  return { wallMs, cpuMs: cpuMsSince(began), result }
}

/** The protocol alone, told each answer by itself: as they come over a network. */
function oneByOne(count: number, runs: number): Row {
  const participants = Array.from({ length: count }, (_, at) => ({ id: `a${at}`, capabilities: [] }))
  const spec = { options, weights: weightsOf(count), earlyStop: false }
  const answers = participants.map(
    ({ id: from }, at): Answer => ({ from, value: { option: optionOf(at) }, latencyMs: 0 }),
  )
  const timed = Array.from({ length: runs + 3 }, () => {
    const began = process.cpuUsage()
    const beganMs = performance.now()
    const random = seededRandom(1)
    const checked = weighted.check(spec, participants)
    let [state, commands] = weighted.begin({ spec: checked, participants, random, atMs: 0, endsAtMs: 30_000 })
    for (const [at, answer] of answers.entries()) {
      const pending = count - at - 1
      ;[state, commands] = weighted.step(state, { type: 'answers', ask: 'vote', answers: [answer], pending, atMs: 0 })
    }
    const wallMs = performance.now() - beganMs
    if (commands[0]?.type !== 'done') throw new Error('not done')
    return { wallMs, cpuMs: cpuMsSince(began) }
  })
  return { agents: count, how: 'one by one', ...quantilesOf(timed.slice(3)), messages: null, bytes: null }
}

function quantilesOf(timed: readonly { readonly wallMs: number; readonly cpuMs: number }[]) {
  const walls = timed.map(({ wallMs }) => wallMs)
  return {
    p50Ms: median(walls),
    p95Ms: quantile(walls, 0.95),
    p99Ms: quantile(walls, 0.99),
    cpuMs: median(timed.map(({ cpuMs }) => cpuMs)),
  }
}

function cpuMsSince(began: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(began)
  return (user + system) / 1_000
}
