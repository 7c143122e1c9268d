/** Laws of adaptive decisions, for one world each: `undefined`, or what was broken. */

import { type Random, seededRandom } from '@mabeam/foundation'
import type { AskCommand, Feedback, Protocol } from '../sessions/protocol.ts'
import { type ProtocolRun, runProtocol, type ScriptedAnswer } from '../testing/protocol-run.ts'
import { byzantineVote } from '../voting/byzantine-vote.ts'
import { majority } from '../voting/majority.ts'
import { quorum } from '../voting/quorum.ts'
import { weighted } from '../voting/weighted.ts'
import { type AdaptiveOutcome, adaptiveProtocol } from './adaptive.ts'
import { type AdaptiveSpec, adaptiveTriggerDefaults, type CheckedAdaptive } from './adaptive-spec.ts'
import type { AdaptiveState } from './adaptive-turn.ts'
import { names } from './participants.fixture.ts'

export type TestedAdaptive = Protocol<AdaptiveSpec, CheckedAdaptive, AdaptiveState, AdaptiveOutcome>
export type AdaptiveLaw = (protocol: TestedAdaptive, seed: number) => Promise<string | undefined>

export const adaptive: TestedAdaptive = adaptiveProtocol({ byzantine: byzantineVote, weighted, majority, quorum })

const options = ['ship', 'wait', 'drop']
const kinds = ['byzantine', 'weighted', 'majority', 'quorum']

export const adaptiveLaws: { readonly [law: string]: AdaptiveLaw } = {
  async 'steps down only as the policy says, in its order, and says so'(protocol, seed) {
    const { world, run } = await drawn(protocol, `order ${seed}`)
    const { outcome } = run
    if (outcome === undefined) return 'no outcome'
    const { attempts, downgrades, modeUsed, returned } = outcome
    const tried = attempts.map(({ mode }) => mode)
    if (tried.join() !== world.policy.slice(0, tried.length).join()) return `tried ${tried} of ${world.policy}`
    const steps = downgrades.map(({ from, to }) => `${from}-${to}`)
    const told = tried.slice(1).map((to, at) => `${tried[at]}-${to}`)
    if (steps.join() !== told.join()) return `told of ${steps}, and it was ${told}`
    const last = tried.at(-1)
    if (returned === undefined) return modeUsed === last ? undefined : `silently back to ${modeUsed}`
    return returned.from === last && returned.to === modeUsed && modeUsed !== last ? undefined : 'returned'
  },

  async 'each step down has the cause that it names'(protocol, seed) {
    const { world, run } = await drawn(protocol, `cause ${seed}`)
    const { attempts = [], downgrades = [] } = run.outcome ?? {}
    let beganMs = 0
    for (const [at, { trigger, atMs }] of downgrades.entries()) {
      const { outcome, quality = 0 } = attempts[at] ?? {}
      const dueMs = beganMs + (world.deadlineMs - beganMs) * adaptiveTriggerDefaults.timeShare
      if (trigger === 'time' && Math.abs(atMs - dueMs) > 1e-6) return `time at ${atMs}, and ${dueMs} it would be`
      if (trigger === 'quality' && !(quality < adaptiveTriggerDefaults.qualityMin)) return `quality ${quality}`
      if (trigger === 'undecided' && outcome?.type !== 'undecided') return 'it was not undecided'
      if ((trigger === 'failures' || trigger === 'time') && outcome !== undefined) return `${trigger} after an outcome`
      if (trigger === 'failures' && !run.hasFailed(beganMs, atMs)) return 'nobody had failed'
      beganMs = atMs
    }
    return undefined
  },

  async 'a mode is left in time, and before a tenth has failed'(protocol, seed) {
    const { world, run } = await drawn(protocol, `left ${seed}`)
    const { attempts = [], downgrades = [] } = run.outcome ?? {}
    const firstMs = downgrades[0]?.atMs ?? run.tookMs
    if (world.policy.length === 1) return downgrades.length === 0 ? undefined : 'nowhere to go'
    if (firstMs > world.deadlineMs * adaptiveTriggerDefaults.timeShare + 1e-6) return `the first left at ${firstMs}`
    // Of so few one is a tenth: the first absence ends a mode that has not ended by it.
    const failedMs = run.failures.filter(({ integrity }) => integrity === run.firstIntegrity).map((one) => one.atMs)[0]
    return failedMs === undefined || firstMs <= failedMs || attempts.length === 0
      ? undefined
      : `failed at ${failedMs}, left at ${firstMs}`
  },

  async 'nothing is given up where all answer and agree'(protocol, seed) {
    const random = seededRandom(`fine ${seed}`)
    const policy = random.shuffle(kinds)
    const { outcome } = await runProtocol(protocol, {
      spec: { options, policy },
      participants: names(4 + random.int(9)),
      answer: () => ({ value: { option: 'wait' }, afterMs: random.int(100) }),
      seed,
    })
    const isFine = outcome?.type === 'decided' && outcome.value === 'wait' && outcome.modeUsed === policy[0]
    return isFine && outcome.downgrades.length === 0 && !outcome.provisional ? undefined : JSON.stringify(outcome)
  },

  async 'nobody is asked the same twice in one way, and directly only for what needs no agreement'(protocol, seed) {
    const { world, run } = await drawn(protocol, `asked ${seed}`)
    const asked = new Set<string>()
    for (const { to = [], request, integrity } of run.asks) {
      for (const id of to) {
        const key = `${id} ${request} ${integrity}`
        if (asked.has(key)) return `${key} twice`
        asked.add(key)
      }
    }
    const tried = (run.outcome?.attempts ?? []).map(({ mode }) => mode)
    const isAgreed = run.asks.some(({ integrity }) => integrity === undefined)
    if (isAgreed !== tried.includes('byzantine')) return `agreed ${isAgreed} in ${tried}`
    return world.policy[0] === 'byzantine' && run.firstIntegrity === 'direct'
      ? 'the first mode asked directly'
      : undefined
  },

  async 'an agreement that was left while it was under way makes the outcome provisional'(protocol, seed) {
    const { run } = await drawn(protocol, `open ${seed}`)
    const { attempts = [], modeUsed, provisional = false, outcome: used } = run.outcome ?? {}
    if (used === undefined) return 'no outcome'
    const at = attempts.findIndex(({ mode, isLeftOpen }) => mode === 'byzantine' && isLeftOpen)
    const isLeft = at >= 0 && modeUsed !== 'byzantine'
    if (isLeft && !provisional) return 'not provisional'
    const other = attempts.find(({ mode, outcome }) => mode === 'byzantine' && outcome?.type === 'decided')
    return !isLeft && provisional && other === undefined ? 'provisional for nothing' : undefined
  },

  async 'the same seed and answers give the same outcome'(protocol, seed) {
    const [one, other] = [await drawn(protocol, `same ${seed}`), await drawn(protocol, `same ${seed}`)]
    return JSON.stringify(one.run.outcome) === JSON.stringify(other.run.outcome) ? undefined : 'another outcome'
  },
}

interface DrawnWorld {
  readonly policy: readonly string[]
  readonly deadlineMs: number
}

interface Failure {
  readonly atMs: number
  readonly integrity: AskCommand['integrity']
}

type DrawnRun = ProtocolRun<AdaptiveOutcome> & {
  readonly failures: readonly Failure[]
  readonly firstIntegrity: AskCommand['integrity']
  hasFailed(fromMs: number, toMs: number): boolean
}

/** A team of up to nine with some who are late, gone or of another opinion. */
async function drawn(protocol: TestedAdaptive, name: string): Promise<{ world: DrawnWorld; run: DrawnRun }> {
  const random = seededRandom(name)
  const policy = random.shuffle(kinds).slice(0, 1 + random.int(kinds.length))
  const deadlineMs = [400, 2_000, 30_000][random.int(3)] ?? 400
  const trouble = random.next() * 0.5
  const asks: { readonly ask: AskCommand; readonly afterMs: number }[] = []
  const run = await runProtocol(protocol, {
    spec: { options, policy },
    participants: names(4 + random.int(6)),
    deadlineMs,
    feedback: feedbackOf(random),
    answer: (_, ask) => {
      const answer = drawnAnswer(random, trouble)
      if ('absent' in answer) asks.push({ ask, afterMs: answer.afterMs ?? 0 })
      return answer
    },
  })
  // Whoever is asked first is asked at the beginning: only those failures have a time that is known here.
  const first = run.asks[0]
  const failures = asks
    .filter(({ ask }) => ask.ask === first?.ask)
    .map(({ ask, afterMs }) => ({ atMs: afterMs, integrity: ask.integrity }))
    .toSorted((a, b) => a.atMs - b.atMs)
  const isLater = asks.some(({ ask }) => ask.ask !== first?.ask)
  const hasFailed = (fromMs: number, toMs: number) =>
    isLater || failures.some(({ atMs }) => atMs >= fromMs && atMs <= toMs)
  return { world: { policy, deadlineMs }, run: { ...run, failures, hasFailed, firstIntegrity: first?.integrity } }
}

function feedbackOf(random: Random): readonly { readonly atMs: number; readonly feedback: Feedback }[] {
  if (random.int(3) > 0) return []
  return [{ atMs: random.int(200), feedback: { type: 'weights', weights: { p0: random.int(4) } } }]
}

function drawnAnswer(random: Random, trouble: number): ScriptedAnswer {
  const afterMs = random.int(600)
  if (random.next() < trouble)
    return { absent: (['gone', 'failed', 'malformed', 'void'] as const)[random.int(4)] ?? 'gone', afterMs }
  return { value: { option: options[random.int(random.next() < trouble ? 3 : 1)] ?? 'ship' }, afterMs }
}
