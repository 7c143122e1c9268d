/**
 * Iterative refinement of a number by agents that are actors of their own on one node, through `decide`: rounds until it stops, how often
 * it has converged within five, and the time from call to result. The agents are a model and no language models: first estimates
 * around 100 with a deviation of 20; asked anew each goes towards the median it is shown by an openness of its own, drawn evenly from
 * 0.3 to 1, and adds noise of 0.5; a tenth never moves. Converged is 5 apart, when ⌊(n - 1) / 3⌋ have been trimmed from each end.
 * `liars` has as many as are trimmed say anything from -1000 to 1000 each time; `stubborn` has three in ten never move.
 */

import { agents, decide, defineAgent } from '@mabeam/coordination'
import { type RefiningAgent, type RefiningPopulationOptions, refiningPopulation } from '@mabeam/coordination/testing'
import { startNode } from '@mabeam/foundation'
import { median, quantile } from '@mabeam/ml'
import type { Bench } from './bench.ts'

const sizes = [3, 8, 12, 20]
const roundsWanted = 5

const populations: { readonly [name: string]: (count: number) => Partial<RefiningPopulationOptions> } = {
  model: () => ({}),
  liars: (count) => ({ liars: Math.floor((count - 1) / 3) }),
  stubborn: () => ({ stubbornShare: 0.3 }),
}

const Thinker = defineAgent(import.meta.url, {
  name: 'thinker',
  version: 1,
  init: (agent: RefiningAgent) => agent,
  requests: {
    estimate: (agent) => [agent, { value: agent.estimate() }],
    refine: (agent, { own, standing }) => [agent, { value: agent.refine(own, standing) }],
  },
})

export const bench: Bench = {
  name: 'iterative',
  what: 'refinement of a number by agents on one node: rounds, the share that converged within 5, time from call to result',
  target: 'convergedWithin5 ≥ 0.9 and rounds ≤ 5 of the model at 20 agents',
  async run({ quick, log }) {
    const runs = quick ? 20 : 400
    const rows: Awaited<ReturnType<typeof measure>>[] = []
    for (const count of sizes) {
      log(`${count} agents`)
      for (const name of Object.keys(populations)) rows.push(await measure(count, name, runs))
    }
    const of20 = rows.find(({ agents: count, population }) => count === 20 && population === 'model')
    const models = rows.filter(({ population }) => population === 'model')
    const metrics = {
      rounds20: of20?.roundsMean ?? null,
      p95Ms20: of20?.p95Ms ?? null,
      convergedWithin5: models.reduce((sum, row) => sum + row.convergedWithin5, 0) / models.length,
    }
    return { metrics, rows, runs }
  },
}

async function measure(count: number, population: string, runs: number) {
  // The first ones warm up.
  for (let run = 0; run < 3; run++) await refined(count, population, `warm ${run}`)
  const refinements: Awaited<ReturnType<typeof refined>>[] = []
  for (let run = 0; run < runs; run++) refinements.push(await refined(count, population, `run ${run}`))
  const walls = refinements.map(({ wallMs }) => wallMs)
  const rounds = refinements.map(({ result }) => result.rounds)
  const within = refinements.filter(({ isConverged, result }) => isConverged && result.rounds <= roundsWanted)
  return {
    agents: count,
    population,
    roundsMean: rounds.reduce((sum, one) => sum + one, 0) / runs,
    roundsP90: quantile(rounds, 0.9),
    convergedWithin5: within.length / runs,
    p50Ms: median(walls),
    p95Ms: quantile(walls, 0.95),
    p99Ms: quantile(walls, 0.99),
    cpuMs: median(refinements.map(({ cpuMs }) => cpuMs)),
    messages: median(refinements.map(({ result }) => result.messages)),
    bytes: median(refinements.map(({ result }) => result.bytes)),
  }
}

async function refined(count: number, population: string, seed: string) {
  await using node = await startNode({ codec: false })
  const model = refiningPopulation({
    seed: `${population} ${count} ${seed}`,
    agents: count,
    ...populations[population]?.(count),
  })
  for (const agent of model) await node.spawn(Thinker, agent, { name: agent.id })
  const team = agents(
    node,
    model.map(({ id }) => id),
  )
  const began = process.cpuUsage()
  const beganMs = performance.now()
  const result = await decide(team, { kind: 'iterative', question: 'how many?', values: 'numeric', spreadMax: 5 })
  const wallMs = performance.now() - beganMs
  const { user, system } = process.cpuUsage(began)
  const isConverged = 'status' in result && result.status === 'converged'
  return { wallMs, cpuMs: (user + system) / 1_000, result, isConverged }
}
