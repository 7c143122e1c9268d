/** Laws of iterative refinement, for one world each: `undefined`, or what was broken. So that planted bugs can be held against them. */

import { type Random, seededRandom } from '@mabeam/foundation'
import type { RequestAnswer } from '../agents/agent-request.ts'
import type { AskCommand, Protocol } from '../sessions/protocol.ts'
import { type ProtocolRun, runProtocol, type ScriptedAnswer } from '../testing/protocol-run.ts'
import { refiningPopulation } from '../testing/refining-population.ts'
import type { IterativeOutcome, IterativeState } from './iterative.ts'
import type { CheckedIterative, IterativeSpec } from './iterative-spec.ts'
import { names } from './participants.fixture.ts'

export type TestedIterative = Protocol<IterativeSpec, CheckedIterative, IterativeState, IterativeOutcome>

/** A law in one drawn world. */
export type IterativeLaw = (protocol: TestedIterative, seed: number) => Promise<string | undefined>

const statuses = ['converged', 'stable', 'no-gain', 'budget', 'max-rounds']

export const iterativeLaws: { readonly [law: string]: IterativeLaw } = {
  /** Whatever anybody says. */
  async 'ends with a named status within roundsMax'(protocol, seed) {
    const random = seededRandom(`end ${seed}`)
    const spec = drawnSpec(random)
    const deadlineMs = random.int(3) === 0 ? 50 + random.int(200) : 60_000
    const { outcome, rounds, tookMs } = await runProtocol(protocol, {
      spec,
      participants: names(1 + random.int(7) + (spec.traitors ?? 0) * 2),
      answer: (_, ask) => anything(random, ask),
      deadlineMs,
      asksMax: 200,
    })
    if (outcome === undefined || !statuses.includes(outcome.status)) return 'no named status'
    if (rounds > (spec.roundsMax ?? 8)) return `${rounds} rounds of ${spec.roundsMax}`
    if ((outcome.limit === 'deadline') !== tookMs >= deadlineMs)
      return `${outcome.limit} after ${tookMs} of ${deadlineMs}`
    return outcome.refinements === rounds - 1 ? undefined : 'refinements are not counted'
  },

  async 'a number lies within what is honest when there are no more liars than traitors'(protocol, seed) {
    const random = seededRandom(`range ${seed}`)
    const agents = 1 + random.int(13)
    const traitors = Math.floor((agents - 1) / 3)
    const { run, honest } = await refined(protocol, random, { agents, liars: random.int(traitors + 1) })
    if (run.outcome?.type !== 'decided') return 'undecided'
    const value = Number(run.outcome.value)
    const isWithin = value >= Math.min(...honest) && value <= Math.max(...honest)
    return isWithin ? undefined : `${value} is not within ${honest}`
  },

  async 'nobody is asked anew where all say the same'(protocol, seed) {
    const random = seededRandom(`same ${seed}`)
    const values = (['numeric', 'discrete', 'text'] as const)[random.int(3)] ?? 'text'
    const value = values === 'numeric' ? random.int(100) : `ship it ${random.int(9)}`
    const { outcome, rounds } = await runProtocol(protocol, {
      spec: { question: 'what?', values, ...(values === 'numeric' ? { spreadMax: 0 } : {}) },
      participants: names(1 + random.int(9)),
      answer: () => ({ value: { value } }),
    })
    if (outcome?.type !== 'decided' || outcome.value !== value) return 'decided something else'
    return rounds === 1 && outcome.status === 'converged' && outcome.agreement === 1 ? undefined : 'asked anew'
  },

  async 'the order in which answers come changes nothing'(protocol, seed) {
    const outcomes = [0, 1].map(async (order) => {
      const random = seededRandom(`order ${seed}`)
      const delays = random.fork(`delay ${order}`)
      const { run } = await refined(protocol, random, { agents: 7, liars: 1, afterMs: () => delays.int(50) })
      return JSON.stringify(run.outcome)
    })
    const [one, other] = await Promise.all(outcomes)
    return one === other ? undefined : `${one} and ${other}`
  },

  async 'what is said to have converged has'(protocol, seed) {
    const random = seededRandom(`converged ${seed}`)
    const said = new Map<string, unknown>()
    const participants = names(1 + random.int(9))
    const { outcome } = await runProtocol(protocol, {
      spec: {
        question: 'which?',
        values: 'discrete',
        options: ['red', 'blue', 'green'],
        agreementMin: 0.7,
        ...drawnLimits(random),
      },
      participants,
      answer: (from, ask) => {
        const value = ['red', 'red', 'red', 'blue', 'green'][random.int(5)] ?? ''
        said.set(from, value)
        return { value: ask.request === 'vote' ? { option: value } : { value } }
      },
    })
    if (outcome === undefined) return 'no outcome'
    const share = (value: unknown) => [...said.values()].filter((one) => one === value).length / participants.length
    const best = Math.max(...['red', 'blue', 'green'].map(share))
    if (Math.abs(outcome.agreement - best) > 1e-9) return `agreement ${outcome.agreement}, and ${best} it is`
    if ((outcome.status === 'converged') !== best >= 0.7) return `${outcome.status} at ${best}`
    return (outcome.type === 'decided') === best > 0.5 ? undefined : `${outcome.type} at ${best}`
  },

  async 'never asks more than requestsMax'(protocol, seed) {
    const random = seededRandom(`budget ${seed}`)
    const spec = { ...drawnSpec(random), requestsMax: 1 + random.int(30) }
    const participants = names(1 + random.int(5) + (spec.traitors ?? 0) * 2)
    const { asks } = await runProtocol(protocol, { spec, participants, answer: (_, ask) => anything(random, ask) })
    const requests = asks.reduce((sum, { to }) => sum + (to?.length ?? participants.length), 0)
    const allowed = Math.max(spec.requestsMax, participants.length)
    return requests <= allowed ? undefined : `${requests} of ${allowed}`
  },

  async 'the weight that moved is told, and nobody stays on when none did'(protocol, seed) {
    const random = seededRandom(`moved ${seed}`)
    const weights = Object.fromEntries(names(5).map((id) => [id, 1 + random.int(5)]))
    const mover = `p${random.int(5)}`
    const { outcome } = await runProtocol(protocol, {
      spec: { question: 'what?', values: 'discrete', weights, agreementMin: 1, patience: 9 },
      participants: names(5),
      // One moves once; all others stand for themselves.
      answer: (from, { round }) => ({ value: { value: from === mover && round > 1 ? 'another' : from } }),
    })
    if (outcome?.status !== 'stable' || outcome.change !== 0) return `${outcome?.status}, ${outcome?.change} moved`
    return outcome.refinements === 2 ? undefined : `stable after ${outcome.refinements}`
  },
}

/** A population of the model, and what its honest agents said last. */
async function refined(
  protocol: TestedIterative,
  random: Random,
  world: { readonly agents: number; readonly liars: number; readonly afterMs?: () => number },
): Promise<{ readonly run: ProtocolRun<IterativeOutcome>; readonly honest: readonly number[] }> {
  const population = refiningPopulation({ seed: random.int(1e9), ...world })
  const last = new Map<string, number>()
  const run = await runProtocol(protocol, {
    spec: {
      question: 'how many?',
      values: 'numeric',
      spreadMax: random.int(10),
      result: random.int(2) === 0 ? 'median' : 'trimmed-mean',
      roundsMax: 1 + random.int(8),
    },
    participants: population.map(({ id }) => id),
    answer: (from, ask) => {
      const agent = population.find(({ id }) => id === from)
      const said = ask.request === 'refine' ? agent?.refine(ask.question.own, ask.question.standing) : agent?.estimate()
      if (agent?.isLiar === false) last.set(from, said ?? 0)
      return { value: { value: said ?? 0 }, afterMs: world.afterMs?.() ?? 0 }
    },
  })
  return { run, honest: [...last.values()] }
}

function drawnSpec(random: Random): IterativeSpec {
  const values = (['numeric', 'discrete', 'text'] as const)[random.int(3)] ?? 'text'
  return {
    question: 'what?',
    values,
    ...(values === 'numeric' ? { spreadMax: random.int(20), traitors: random.int(3) } : {}),
    ...(values === 'discrete' && random.int(2) === 0 ? { options: ['red', 'blue', 'green'] } : {}),
    ...drawnLimits(random),
  }
}

function drawnLimits(random: Random) {
  return {
    roundsMax: 1 + random.int(8),
    patience: 1 + random.int(4),
    gainMin: random.next() / 2,
    changeMax: random.next() / 2,
  }
}

/** What somebody may say who means no good, or is not there. */
function anything(random: Random, ask: AskCommand): ScriptedAnswer {
  const draw = random.int(10)
  const afterMs = random.int(100)
  if (draw === 0) return { absent: 'gone', afterMs }
  if (draw === 1) return { value: { value: 0 }, afterMs: 10_000 }
  if (ask.request === 'vote') {
    return { value: { option: [null, 'red', 'blue', 'green', 'no option'][random.int(5)] ?? null }, afterMs }
  }
  const cyclic: { self?: unknown } = {}
  cyclic.self = cyclic
  const strange = [Number.NaN, Number.POSITIVE_INFINITY, '', null, undefined, 1n, cyclic, () => 1, [[]], -1e308, 1e308]
  const usual = [random.int(100), `word ${random.int(4)} of ${random.int(4)}`, { a: random.int(3) }]
  const value = draw < 4 ? strange[random.int(strange.length)] : usual[random.int(usual.length)]
  return { value: { value } as RequestAnswer<'ballot'>, afterMs }
}
