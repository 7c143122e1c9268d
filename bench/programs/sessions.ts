/** Votes of 13 agents at once on one node: `sessions.ts MODE CODEC SESSIONS RUNS`, in a process of its own for its memory. */

import { agents, decide, defineAgent, type Team } from '@mabeam/coordination'
import { type Node, startNode } from '@mabeam/foundation'
import { median, quantile } from '@mabeam/ml'

const agentsEach = 13
const [mode = '', codec = '', sessions = 0, runs = 0] = process.argv
  .slice(2)
  .map((arg, at) => (at < 2 ? arg : Number(arg))) as [string, string, number, number]

const Voter = defineAgent(import.meta.url, {
  name: 'voter',
  version: 1,
  init: (option: string) => option,
  requests: { vote: (option) => [option, { option }] },
})

let mostBytes = 0

await using node = await startNode({ codec: codec === 'codec' })
const teams = await teamsOf(node)
// The first one opens what there is once on a node.
await together(teams.slice(0, 1))
const idleBytes = settledBytes()
await together(teams)
const rssMiB = (mostBytes - idleBytes) / 2 ** 20
const keptMiB = (settledBytes() - idleBytes) / 2 ** 20
for (let run = 0; run < Math.ceil(runs / 8); run++) await together(teams)
const ran = []
for (let run = 0; run < runs; run++) ran.push(await together(teams))
const walls = ran.flatMap(({ wallsMs }) => wallsMs)
const figures = {
  p50Ms: median(walls),
  p95Ms: quantile(walls, 0.95),
  p99Ms: quantile(walls, 0.99),
  cpuMsEach: median(ran.map(({ cpuMs }) => cpuMs / sessions)),
  messages: ran[0]?.messages ?? 0,
  bytes: ran[0]?.bytes ?? 0,
  rssMiB,
  keptMiB,
  rssMiBRepeated: (mostBytes - idleBytes) / 2 ** 20,
}
console.log(JSON.stringify(figures))

function settledBytes(): number {
  globalThis.gc?.()
  return process.memoryUsage.rss()
}

async function teamsOf(on: Node): Promise<readonly Team[]> {
  const made: Team[] = []
  for (let team = 0; team < sessions; team++) {
    const names = Array.from({ length: agentsEach }, (_, place) => `t${team}a${place}`)
    for (const [place, name] of names.entries()) await on.spawn(Voter, place % 3 === 0 ? 'wait' : 'ship', { name })
    made.push(agents(on, names))
  }
  return made
}

async function together(those: readonly Team[]) {
  const began = process.cpuUsage()
  const results = await Promise.all(those.map(decided))
  const { user, system } = process.cpuUsage(began)
  const { messages = 0, bytes = 0 } = results[0] ?? {}
  return { wallsMs: results.map(({ wallMs }) => wallMs), cpuMs: (user + system) / 1_000, messages, bytes }
}

async function decided(team: Team) {
  const beganMs = performance.now()
  const integrity = mode === 'direct' ? 'direct' : 'byzantine'
  const result = await decide(team, { kind: 'majority', question: 'ship?', options: ['ship', 'wait'], integrity })
  if (result.type !== 'decided' || result.mode !== mode)
    throw new Error(`${mode}: expected a decision, got ${result.type}`)
  mostBytes = Math.max(mostBytes, process.memoryUsage.rss())
  return { wallMs: performance.now() - beganMs, messages: result.messages, bytes: result.bytes }
}
