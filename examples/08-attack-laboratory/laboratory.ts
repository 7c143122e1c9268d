/**
 * Attacks on a node that runs: a team votes again and again while some of its members attack, until they are found out, or long enough. Time is
 * virtual, so that all of it follows from the seed; signatures are real.
 */

import { agents, type Coordination, coordination, decide, defineAgent, type Team } from '@mabeam/coordination'
import { type TraitorGroup, traitors as traitorMinds } from '@mabeam/coordination/testing'
import { seededRandom, startNode } from '@mabeam/foundation'
import { type VirtualClock, virtualClock } from '@mabeam/foundation/testing'

export interface LaboratoryRow {
  readonly attack: string
  readonly honest: number
  readonly traitors: number
  /** Votes that decided what all honest members voted for, those that decided something else, and those that decided nothing. */
  readonly right: number
  readonly wrong: number
  readonly undecided: number
  /** Votes, and virtual time since the first, until the first traitor was convicted by proof or suspected; `null` where none was. */
  readonly provenAfterVotes: number | null
  readonly provenAfterMs: number | null
  readonly suspectedAfterMs: number | null
  readonly convicted: number
  readonly suspected: number
  /** Honest members who were convicted, or whom nobody waited for at the end. */
  readonly falseConvictions: number
  readonly falseSuspicions: number
  /** Traitors of whom nothing was noticed; they have cost nothing but what `msBefore` says. */
  readonly unnoticed: number
  /** The mean virtual time of a vote: of the first three, and of three after everybody convicted was expelled by decision. */
  readonly msBefore: number
  readonly msAfter: number
  readonly expelled: number
  /** Whether all of those take part again once they were readmitted. */
  readonly readmitted: boolean
  /** The median CPU of a vote in ms, with and without looking for evidence. */
  readonly cpuMs: number
  readonly cpuMsUnwatched: number
}

export interface LaboratoryOptions {
  readonly seed: string
  readonly honest: number
  readonly votes: number
}

const Voter = defineAgent(import.meta.url, {
  name: 'voter',
  version: 1,
  init: (option: string) => option,
  requests: { vote: (option) => [option, { option }] },
})

const options = ['ship', 'wait']
const { signal } = new AbortController()
const change = { timeoutMs: 5_000, signal }

/** Honest members vote `ship`, traitors `wait`, if they say anything. */
export async function attackNode(
  attack: string,
  groups: readonly TraitorGroup[],
  { seed, honest, votes }: LaboratoryOptions,
): Promise<LaboratoryRow> {
  const bad = groups.flatMap(({ members }) => members)
  await using watched = await openLaboratory({ seed, honest, groups, isWatched: true })
  const { clock, here } = watched
  const beganMs = clock.monotonicMs()
  const cast: Vote[] = []
  let [provenAfterVotes, provenAfterMs, suspectedAfterMs]: (number | null)[] = [null, null, null]
  while (cast.length < votes) {
    cast.push(await watched.vote())
    const sinceMs = Math.round(clock.monotonicMs() - beganMs)
    if (here.replicas.suspects().some((id) => bad.includes(id))) suspectedAfterMs ??= sinceMs
    if (here.replicas.evidence().length === 0 || provenAfterVotes != null) continue
    ;[provenAfterVotes, provenAfterMs] = [cast.length, sinceMs]
  }
  const convicted = here.replicas.evidence().map(({ member }) => member)
  const suspected = here.replicas.suspects()
  for (const member of convicted) await watched.settle(here.replicas.expel({ member }, change))
  const expelled = here.replicas.expelled.length
  const after = [await watched.vote(), await watched.vote(), await watched.vote()]
  for (const member of convicted) {
    await watched.settle(here.replicas.readmit(member, { ...change, members: watched.team.members }))
  }
  await using unwatched = await openLaboratory({ seed, honest, groups, isWatched: false })
  const others: Vote[] = []
  while (others.length < votes) others.push(await unwatched.vote())
  const count = (said: string) => [...cast, ...after].filter(({ option }) => option === said).length
  const noticed = new Set([...convicted, ...suspected])
  return {
    attack,
    honest,
    traitors: bad.length,
    right: count('ship'),
    wrong: count('wait'),
    undecided: count('undecided'),
    provenAfterVotes: provenAfterVotes ?? null,
    provenAfterMs: provenAfterMs ?? null,
    suspectedAfterMs: suspectedAfterMs ?? null,
    convicted: convicted.filter((id) => bad.includes(id)).length,
    suspected: suspected.filter((id) => bad.includes(id)).length,
    falseConvictions: convicted.filter((id) => !bad.includes(id)).length,
    falseSuspicions: suspected.filter((id) => !bad.includes(id)).length,
    unnoticed: bad.filter((id) => !noticed.has(id)).length,
    msBefore: mean(cast.slice(0, 3).map(({ latencyMs }) => latencyMs)),
    msAfter: mean(after.map(({ latencyMs }) => latencyMs)),
    expelled,
    readmitted: here.replicas.expelled.length === 0,
    cpuMs: median(cast.map(({ cpuMs }) => cpuMs)),
    cpuMsUnwatched: median(others.map(({ cpuMs }) => cpuMs)),
  }
}

interface Vote {
  readonly option: string
  readonly latencyMs: number
  readonly cpuMs: number
}

class Laboratory implements AsyncDisposable {
  readonly clock: VirtualClock
  readonly here: Coordination
  readonly team: Team

  constructor(team: Team, clock: VirtualClock, here: Coordination) {
    this.team = team
    this.clock = clock
    this.here = here
  }

  async vote(): Promise<Vote> {
    const began = process.cpuUsage()
    const decision = await this.settle(decide(this.team, { kind: 'byzantine', options, answerTimeoutMs: 5_000 }))
    const { user, system } = process.cpuUsage(began)
    const option = decision.type === 'decided' ? decision.value : 'undecided'
    return { option, latencyMs: decision.latencyMs, cpuMs: (user + system) / 1_000 }
  }

  /** Lets time pass until it is settled. */
  async settle<T>(work: Promise<T>): Promise<T> {
    let isSettled = false
    const note = () => {
      isSettled = true
    }
    work.then(note, note)
    while (!isSettled) await this.clock.advance(Math.max(1, this.clock.nextTimerMs ?? 1))
    return await work
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.team.node.close()
  }
}

async function openLaboratory({
  seed,
  honest,
  groups,
  isWatched,
}: Pick<LaboratoryOptions, 'seed' | 'honest'> & {
  readonly groups: readonly TraitorGroup[]
  readonly isWatched: boolean
}) {
  const clock = virtualClock()
  const node = await startNode({ name: 'laboratory', clock, random: seededRandom(seed) })
  const minds = traitorMinds(groups)
  const byzantine = { mode: 'sig', minds, ...(isWatched ? {} : { heardMax: 0 }) } as const
  const here = await coordination(node, { byzantine })
  const ids = Array.from({ length: honest }, (_, at) => `honest-${at + 1}`)
  const bad = groups.flatMap(({ members }) => members)
  for (const name of ids) await node.spawn(Voter, 'ship', { name })
  for (const name of bad) await node.spawn(Voter, 'wait', { name })
  return new Laboratory(agents(node, [...ids, ...bad]), clock, here)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
