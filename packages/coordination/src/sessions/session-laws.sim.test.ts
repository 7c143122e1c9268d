/** Sessions of drawn protocols over agents that answer, crash, lie, are slow or never come: what holds whatever they do. */

import { type Clock, MabeamError, type Random, seededRandom } from '@mabeam/foundation'
import { collectTelemetry, virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import type { TeamMember } from '../agents/team.ts'
import type { Collector, Gathered } from './collector.ts'
import { directCollector } from './collectors/direct.ts'
import type { Answer, Protocol, ProtocolCommand, ProtocolEvent } from './protocol.ts'
import { RunningSession } from './running-session.ts'
import type { SessionReport } from './session.ts'
import { sessionSettings } from './session-options.ts'

const firstSeed = 1
const seeds = 150
const ids = ['a', 'b', 'c', 'd', 'e']

interface Told {
  readonly events: ProtocolEvent[]
  /** Who was asked, by ask. */
  readonly asked: Map<string, readonly string[]>
  readonly closed: Set<string>
}

/** Does something drawn at each event. */
function drawnProtocol(random: Random, told: Told): Protocol<unknown, object, number, { readonly type: 'drawn' }> {
  let isStepping = false
  const commands = (): ProtocolCommand<{ readonly type: 'drawn' }>[] => {
    const list: ProtocolCommand<{ readonly type: 'drawn' }>[] = []
    for (let left = random.int(4); left > 0; left--) {
      const dice = random.int(12)
      const name = `${told.asked.size}`
      const [open] = random.shuffle([...told.asked.keys()])
      if (dice < 5) {
        const to = random.shuffle(ids).slice(0, random.int(6))
        told.asked.set(name, to)
        const round = 1 + random.int(4)
        const timeoutMs = 1 + random.int(80)
        list.push({ type: 'ask', ask: name, round, request: 'ballot', question: { question: name }, to, timeoutMs })
      } else if (dice < 6 && open !== undefined) {
        told.closed.add(open)
        list.push({ type: 'close-ask', ask: open })
      } else if (dice < 8) list.push({ type: 'timer', timer: `${random.int(3)}`, delayMs: random.int(60) })
      else if (dice < 9) list.push({ type: 'cancel-timer', timer: `${random.int(3)}` })
      else if (dice < 10) list.push({ type: 'progress', progress: dice })
      else if (dice < 11 && random.int(8) === 0) return [...list, { type: 'done', outcome: { type: 'drawn' } }]
    }
    return list
  }
  return {
    name: 'drawn',
    version: 1,
    check: () => ({}),
    begin: () => [0, [{ type: 'timer', timer: 'beat', delayMs: 20 }, ...commands()]],
    step(state, event) {
      if (isStepping) throw new Error('stepped while it steps')
      isStepping = true
      told.events.push(event)
      const next = event.type === 'ended' ? [] : commands()
      isStepping = false
      const beat = event.type === 'timer' && event.timer === 'beat' && next.at(-1)?.type !== 'done'
      return [state + 1, beat ? [...next, { type: 'timer', timer: 'beat', delayMs: 20 }] : next]
    },
  }
}

function drawnMember(id: string, random: Random, clock: ReturnType<typeof virtualClock>): TeamMember {
  const after = (delayMs: number, run: () => void) => void clock.setTimer(delayMs, run)
  const call = (): Promise<unknown> => {
    const answer = { value: random.int(10) }
    const dice = random.int(10)
    if (dice < 4) return Promise.resolve(answer)
    if (dice === 4) throw new Error('thrown and not rejected')
    if (dice === 5) return new Promise(() => {})
    return new Promise((resolve, reject) => {
      if (dice < 8) after(random.int(100), () => resolve(answer))
      else if (dice === 8) after(random.int(100), () => resolve({ nonsense: true }))
      else after(random.int(100), () => reject(new MabeamError('foundation/node-down', 'gone')))
    })
  }
  return { id, capabilities: [], actor: { call } as never }
}

type Plant = (collector: Collector, clock: Clock) => Collector

async function run(seed: number, plant: Plant = (collector) => collector) {
  const random = seededRandom(seed)
  const clock = virtualClock({ between: 'promises' })
  const told: Told = { events: [], asked: new Map(), closed: new Set() }
  const heard: Answer[] = []
  const reports: SessionReport[] = []
  const telemetry = collectTelemetry()
  const settings = sessionSettings({
    deadlineMs: 400,
    answerTimeoutMs: 50,
    messagesMax: 60 + random.int(200),
    roundsMax: 4,
  })
  const direct = plant(directCollector(clock), clock)
  const session = new RunningSession({
    id: 's',
    protocol: drawnProtocol(random.fork('protocol'), told),
    spec: {},
    members: new Map(ids.map((id) => [id, drawnMember(id, random.fork(id), clock)])),
    settings,
    collector: direct,
    direct,
    clock,
    random: random.fork('session'),
    telemetry,
    onAnswer: (answer) => heard.push(answer),
    onEnd: (report) => reports.push(report),
  })
  session.begin()
  await clock.advance(400)
  const result = await session.result
  const toldMeanwhile = told.events.length
  // What is still under way elsewhere comes to nobody.
  await clock.advance(10_000)
  expect(told.events.length).toBe(toldMeanwhile)
  expect(clock.pendingTimers).toBe(0)
  return { told, heard, reports, result, settings, telemetry }
}

type Run = Awaited<ReturnType<typeof run>>

function checkCounts({ told, heard, reports, result, settings }: Run): void {
  expect(reports).toHaveLength(1)
  expect(reports[0]).toMatchObject({ status: 'done', messages: result.messages, participation: result.participation })
  expect(result.messages).toBeLessThanOrEqual(settings.messagesMax)
  expect(result.rounds).toBeLessThanOrEqual(settings.roundsMax)
  const answered = heard.filter((answer) => 'value' in answer).length
  expect(result.participation > 0).toBe(answered > 0 || told.asked.size === 0 || result.messages === 0)
  expect(told.events.filter(({ type }) => type === 'ended')).toHaveLength('reason' in result ? 1 : 0)
}

/** Each comes once at most, of those who were asked, and as many are pending as are left. */
function checkAnswers({ told, heard }: Run): void {
  const seen = new Map<string, Set<string>>()
  let count = 0
  for (const event of told.events) {
    if (event.type !== 'answers') continue
    const to = told.asked.get(event.ask) ?? []
    const known = seen.get(event.ask) ?? new Set()
    seen.set(event.ask, known)
    for (const { from } of event.answers) {
      expect(to).toContain(from)
      expect(known.has(from)).toBe(false)
      known.add(from)
      count++
    }
    expect(event.pending).toBe(to.length - known.size)
  }
  // All that was counted was told, but for what came with the end.
  expect(heard.length).toBeGreaterThanOrEqual(count)
}

/** How they ended, by how often. */
async function check(plant?: Plant): Promise<ReadonlyMap<string, number>> {
  const ends = new Map<string, number>()
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    try {
      const ran = await run(seed, plant)
      checkCounts(ran)
      checkAnswers(ran)
      const end = 'reason' in ran.result ? ran.result.reason : ran.result.type
      ends.set(end, (ends.get(end) ?? 0) + 1)
    } catch (cause) {
      throw new Error(`seed ${seed}: ${cause instanceof Error ? cause.message : cause}`, { cause })
    }
  }
  return ends
}

/** The same collector, whose `hear` goes through something. */
function hearing(change: (gathered: Gathered) => Gathered): Plant {
  return ({ mode, collect }) => ({
    mode,
    collect: (ask, hear, signal) => collect(ask, (gathered) => hear(change(gathered)), signal),
  })
}

describe(`sessions of drawn protocols, seeds ${firstSeed} to ${firstSeed + seeds - 1}`, () => {
  test('end, hold nothing, tell each who was asked at most once, and count what happened', async () => {
    const ends = await check()
    expect([...ends.keys()].sort()).toEqual(['deadline', 'drawn', 'messages-limit'])
  })

  test('the same seed gives the same session', async () => {
    for (let seed = firstSeed; seed < firstSeed + 30; seed++) {
      const [one, other] = [await run(seed), await run(seed)]
      expect(other.told.events).toEqual(one.told.events)
      expect(other.result).toEqual(one.result)
      expect(other.telemetry.events).toEqual(one.telemetry.events)
    }
  })

  test.each<[string, Plant]>([
    ['forgets somebody', hearing((one) => ({ ...one, answers: one.answers.slice(1) }))],
    ['counts each message twice', hearing((one) => ({ ...one, messages: one.messages * 2 }))],
    ['counts no messages', hearing((one) => ({ ...one, messages: 0 }))],
    [
      'leaves a timer behind',
      (collector, clock) => ({
        ...collector,
        collect(...given) {
          clock.setTimer(50_000, () => {})
          return collector.collect(...given)
        },
      }),
    ],
    ['never comes to an end by itself and hears nothing', (collector) => ({ ...collector, collect: async () => {} })],
  ])('a collector that %s is noticed', async (_, plant) => {
    await expect(check(plant)).rejects.toThrow('seed ')
  })

  test('a collector that doubles all it hears is stood by the loop', async () => {
    await check(hearing((one) => ({ ...one, answers: [...one.answers, ...one.answers] })))
  })
})
