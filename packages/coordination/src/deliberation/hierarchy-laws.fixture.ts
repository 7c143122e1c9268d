/** Laws of decisions by hierarchy, for one world each: `undefined`, or what was broken. */

import { type Random, seededRandom } from '@mabeam/foundation'
import type { Outcome, Protocol, Turn } from '../sessions/protocol.ts'
import { type ProtocolRun, type ProtocolRunOptions, runProtocol, type ScriptedAnswer } from '../testing/protocol-run.ts'
import { majority } from '../voting/majority.ts'
import { quorum } from '../voting/quorum.ts'
import { weighted } from '../voting/weighted.ts'
import { type HierarchicalOutcome, hierarchicalProtocol } from './hierarchical.ts'
import type { CheckedHierarchical, HierarchicalSpec } from './hierarchical-spec.ts'
import type { HierarchyState } from './hierarchy-turn.ts'
import { names } from './participants.fixture.ts'

export type TestedHierarchy = Protocol<HierarchicalSpec, CheckedHierarchical, HierarchyState, HierarchicalOutcome>
export type HierarchyLaw = (protocol: TestedHierarchy, seed: number) => Promise<string | undefined>

export const hierarchy: TestedHierarchy = hierarchicalProtocol({ majority, quorum, weighted })

const options = ['good', 'bad', 'other']

export const hierarchyLaws: { readonly [law: string]: HierarchyLaw } = {
  async 'what the honest majority of every cluster is for is decided'(protocol, seed) {
    const random = seededRandom(`majority ${seed}`)
    const spec = {
      options,
      clusterSize: 2 + random.int(8),
      decideBy: { kind: random.int(2) ? 'majority' : 'weighted' },
    }
    const world = { spec, participants: names(1 + random.int(60)), seed }
    const liars = liarsIn(await run(protocol, world, () => 'good'), random)
    const { outcome } = await run(protocol, world, (from) => (liars.has(from) ? ill(random) : 'good'))
    return outcome?.type === 'decided' && outcome.value === 'good' ? undefined : `${JSON.stringify(outcome)}`
  },

  async 'the same seed draws the same clusters, and another one others'(protocol, seed) {
    const world = { spec: { options, clusterSize: 5 }, participants: names(40) }
    const [one, same, other] = [seed, seed, seed + 1].map(async (drawn) => {
      const { outcome } = await run(protocol, { ...world, seed: drawn }, () => 'good')
      return JSON.stringify(outcome?.clusters.map(({ seats }) => seats))
    })
    if ((await one) !== (await same)) return 'other clusters'
    return (await one) === (await other) ? 'the same clusters for another seed' : undefined
  },

  async 'everybody sits in one cluster, in sizes that differ by one at most, up to one root'(protocol, seed) {
    const random = seededRandom(`tree ${seed}`)
    const participants = names(1 + random.int(80))
    const clusterSize = 2 + random.int(12)
    const { outcome, asks } = await run(protocol, { spec: { options, clusterSize }, participants, seed }, () => 'good')
    if (outcome === undefined) return 'no outcome'
    const leaves = outcome.clusters.filter(({ level }) => level === 1)
    if (
      leaves
        .flatMap(({ seats }) => seats)
        .toSorted()
        .join() !== [...participants].toSorted().join()
    )
      return 'not each in one'
    for (let level = 1; level <= outcome.levels; level++) {
      const sizes = outcome.clusters.filter((one) => one.level === level).map(({ seats }) => seats.length)
      if (Math.max(...sizes) > clusterSize || Math.max(...sizes) - Math.min(...sizes) > 1) return `sizes ${sizes}`
    }
    if (outcome.clusters.filter(({ level }) => level === outcome.levels).length !== 1) return 'no root'
    const voted = asks.filter(({ ask }) => !ask.includes('@')).flatMap(({ to = [] }) => to)
    return voted.length === participants.length ? undefined : `${voted.length} of ${participants.length} have voted`
  },

  async 'weight is conserved: a cluster counts what its voters do, and nobody is asked who delegates'(protocol, seed) {
    const random = seededRandom(`weight ${seed}`)
    const participants = names(6 + random.int(20))
    const weights = Object.fromEntries(participants.map((id) => [id, 1 + random.int(9)]))
    const delegators = random.shuffle(participants).slice(0, random.int(5))
    const ends = participants.filter((id) => !delegators.includes(id))
    const delegations = Object.fromEntries(delegators.map((id) => [id, ends[random.int(ends.length)] ?? '']))
    const spec = { options, weights, delegations, clusterSize: 4 }
    const { outcome, asks } = await run(protocol, { spec, participants, seed }, () => 'good')
    if (asks.some(({ to = [] }) => to.some((id) => delegators.includes(id)))) return 'asked who delegates'
    const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0)
    const root = outcome?.clusters.at(-1)?.outcome as { tally?: { totalWeight: number } } | undefined
    return root?.tally?.totalWeight === total ? undefined : `${root?.tally?.totalWeight} of ${total}`
  },

  async 'representatives are of their cluster, and each is asked once'(protocol, seed) {
    const random = seededRandom(`sent ${seed}`)
    const world = { spec: { options, clusterSize: 3 + random.int(4) }, participants: names(10 + random.int(30)), seed }
    const { outcome, asks } = await run(protocol, world, () => (random.int(3) ? 'good' : ill(random)))
    const below = new Map<string, readonly string[]>()
    for (const { name, level, seats } of outcome?.clusters ?? []) {
      below.set(name, level === 1 ? seats : seats.flatMap((seat) => below.get(seat) ?? [seat]))
    }
    const sent = new Set<string>()
    for (const { ask, to = [] } of asks.filter((one) => one.ask.includes('@'))) {
      const seat = ask.slice(ask.indexOf('@') + 1, ask.indexOf('#'))
      const [one = ''] = to
      if (to.length !== 1 || !below.get(seat)?.includes(one)) return `${one} for ${seat}`
      // A seat that moved up is asked again there.
      const key = `${ask.slice(0, ask.indexOf('#'))} ${one}`
      if (sent.has(key)) return `${one} twice for ${seat}`
      sent.add(key)
    }
    return undefined
  },

  async 'what nobody decided goes up, and what is said of it is true'(protocol, seed) {
    const random = seededRandom(`up ${seed}`)
    const decideBy = { kind: 'majority' }
    const world = { spec: { options, clusterSize: 4, decideBy }, participants: names(16), seed }
    const { outcome } = await run(protocol, world, () => options[random.int(3)] ?? '')
    if (outcome === undefined) return 'no outcome'
    const isDecided = (name: string) => outcome.clusters.find((one) => one.name === name)?.outcome?.type === 'decided'
    const root = outcome.clusters.at(-1)
    const undecided = outcome.clusters.filter(({ name, level }) => level < outcome.levels && !isDecided(name))
    if (undecided.map(({ name }) => name).join() !== outcome.escalations.map(({ from }) => from).join())
      return 'escalations'
    const missing = undecided.flatMap(({ seats }) => seats).find((seat) => !root?.seats.includes(seat))
    if (missing !== undefined) return `${missing} does not sit above`
    return (outcome.type === 'decided') === (root?.outcome?.type === 'decided') ? undefined : 'not as the root decided'
  },

  async 'ends, whatever anybody says, and whenever time is up'(protocol, seed) {
    const random = seededRandom(`end ${seed}`)
    const participants = names(1 + random.int(30))
    const deadlineMs = random.int(2) ? 1 + random.int(300) : 30_000
    const spec: HierarchicalSpec = {
      options,
      clusterSize: 2 + random.int(5),
      onUndecided: random.int(2) ? 'escalate' : 'abstain',
      representatives: random.int(2) ? 'bound' : 'free',
    }
    const world = { spec, participants, seed, deadlineMs }
    const answer = () => (random.int(2) ? ill(random) : (options[random.int(3)] ?? ''))
    const { outcome, tookMs } = await run(protocol, { ...world, afterMs: () => random.int(100) }, answer)
    if (outcome === undefined) return 'no outcome'
    if (outcome.type === 'undecided' && outcome.reason === 'deadline' && tookMs < deadlineMs) return 'not yet time'
    return undefined
  },

  async 'the order in which answers come changes nothing'(protocol, seed) {
    const [one, other] = [0, 1].map(async (order) => {
      const random = seededRandom(`order ${seed} ${order}`)
      const world = {
        spec: { options, clusterSize: 4, decideBy: { kind: 'majority', earlyStop: false } },
        participants: names(30),
        seed,
      }
      const voted = seededRandom(`votes ${seed}`)
      const votes = new Map(world.participants.map((id) => [id, options[voted.int(2)] ?? '']))
      const { outcome } = await run(
        protocol,
        { ...world, afterMs: () => random.int(40) },
        (from) => votes.get(from) ?? '',
      )
      return `${outcome?.type} ${outcome?.clusters.map(({ seats, outcome: of }) => `${seats} ${of?.type}`)}`
    })
    return (await one) === (await other) ? undefined : `${await one} and ${await other}`
  },
}

type World = Pick<ProtocolRunOptions<HierarchicalSpec>, 'spec' | 'seed' | 'deadlineMs'> & {
  readonly participants: readonly string[]
  /** How long somebody takes. @default no time */
  readonly afterMs?: () => number
}

/** Everybody votes as it is told to, or is absent or says nonsense. */
async function run(
  protocol: TestedHierarchy,
  world: World,
  said: (from: string) => string,
): Promise<ProtocolRun<HierarchicalOutcome>> {
  const { afterMs = () => 0, ...options } = world
  return await runProtocol(protocol, {
    ...options,
    answer: (from, ask): ScriptedAnswer => {
      const option = said(from)
      if (option === 'gone' || option === 'malformed') return { absent: option, afterMs: afterMs() }
      // Who means well says as a representative what it was sent to say.
      const { mandate } = (ask.question.context ?? {}) as { mandate?: { option: string } }
      const isHonest = option === 'good' && mandate !== undefined
      return { value: { option: isHonest ? mandate.option : option }, afterMs: afterMs() }
    },
  })
}

/** Fewer than half of each cluster at the bottom. */
function liarsIn({ outcome }: ProtocolRun<HierarchicalOutcome>, random: Random): ReadonlySet<string> {
  const leaves = outcome?.clusters.filter(({ level }) => level === 1) ?? []
  return new Set(
    leaves.flatMap(({ seats }) => random.shuffle(seats).slice(0, random.int(Math.floor((seats.length - 1) / 2) + 1))),
  )
}

function ill(random: Random): string {
  return ['bad', 'bad', 'other', 'nothing of the kind', 'gone', 'malformed'][random.int(6)] ?? 'bad'
}

/** For bugs that are planted in what comes of it. */
export function withOutcome<Spec, C, S, O extends Outcome>(
  protocol: Protocol<Spec, C, S, O>,
  change: (outcome: O) => O,
): Protocol<Spec, C, S, O> {
  const changed = ([state, commands]: Turn<S, O>): Turn<S, O> => [
    state,
    commands.map((one) => (one.type === 'done' ? { ...one, outcome: change(one.outcome) } : one)),
  ]
  return {
    ...protocol,
    begin: (beginning) => changed(protocol.begin(beginning)),
    step: (state, event) => changed(protocol.step(state, event)),
  }
}
