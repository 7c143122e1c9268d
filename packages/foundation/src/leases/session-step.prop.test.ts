import { describe, expect, test } from 'vitest'
import { type Random, seededRandom } from '../random.ts'
import {
  lateMax,
  newSession,
  type SessionCommand,
  type SessionEvent,
  type SessionState,
  type SessionStep,
  sessionStep,
} from './session-step.ts'

const settings = { expiryMs: 12_000, renewMs: 2_000, marginMs: 500, retryMs: 200, answerMs: 1_000 }
const tickMs = 200

interface Answer {
  readonly atMs: number
  readonly event: SessionEvent
}

/** One node and the key of its session on a server that expires it, answers late or never, and lets others evict. */
class World {
  nowMs = 0
  evictions = 0
  begun: number[] = []
  lost: { readonly token: number; readonly reason: string; readonly atMs: number }[] = []
  readonly #step: SessionStep
  readonly #random: Random
  #state: SessionState = newSession
  #answers: Answer[] = []
  #revision = 0
  #key: { token: number; revision: number; writtenMs: number } | undefined
  /** Set while the server answers nobody; whether what was asked is done all the same. */
  outage: 'none' | 'lost-before' | 'lost-after' = 'none'
  /** How much longer than usual answers are on their way. */
  slowMs = 0

  constructor(step: SessionStep, random: Random) {
    this.#step = step
    this.#random = random
  }

  get held(): boolean {
    return this.#state.phase === 'held'
  }

  /** The key is there and of the session that the node believes in. */
  get backed(): boolean {
    return this.#key !== undefined && this.#key.token === this.#state.token
  }

  run(ms: number, each: () => void = () => {}): void {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs; ) {
      this.nowMs += 50
      if (this.#key !== undefined && this.nowMs - this.#key.writtenMs >= settings.expiryMs) this.#remove()
      const due = this.#answers.filter((one) => one.atMs <= this.nowMs)
      this.#answers = this.#answers.filter((one) => one.atMs > this.nowMs)
      for (const { event } of due) this.send('atMs' in event ? { ...event, atMs: this.nowMs } : event)
      if (this.nowMs % tickMs === 0) this.send({ type: 'tick', atMs: this.nowMs })
      each()
    }
  }

  send(event: SessionEvent): void {
    const [state, commands] = this.#step(this.#state, event, settings)
    this.#state = state
    for (const command of commands) this.#take(command)
  }

  evict(): void {
    if (this.#key === undefined) return
    this.evictions++
    this.#remove()
  }

  #remove(): void {
    this.#key = undefined
    this.#revision++
    this.#later({ type: 'removed', revision: this.#revision, atMs: 0 })
  }

  #take(command: SessionCommand): void {
    if (command.type === 'session-begun') this.begun.push(command.token)
    if (command.type === 'session-lost') {
      this.lost.push({ token: command.token, reason: command.reason, atMs: this.nowMs })
    }
    if (!('asked' in command)) return
    const { asked } = command
    const event = this.outage === 'lost-before' ? undefined : this.#served(command)
    if (this.outage === 'none' && event !== undefined) this.#later(event)
    else this.#later({ type: 'unanswered', asked, atMs: 0 }, 5_000)
  }

  #served(command: Extract<SessionCommand, { readonly asked: number }>): SessionEvent {
    const { asked } = command
    if (command.type === 'session-check') {
      const ours = this.#key?.token === command.token ? this.#key.revision : undefined
      return { type: 'checked', asked, revision: ours, atMs: 0 }
    }
    if (command.type === 'session-renew' && this.#key?.revision !== command.revision) {
      return { type: 'refused', asked, atMs: 0 }
    }
    const revision = ++this.#revision
    const token = command.type === 'session-renew' ? command.token : revision
    this.#key = { token, revision, writtenMs: this.nowMs }
    return { type: 'written', asked, revision, atMs: 0 }
  }

  #later(event: SessionEvent, afterMs = this.slowMs + 50 + this.#random.int(150)): void {
    this.#answers.push({ atMs: this.nowMs + afterMs, event })
  }
}

/** Each throws where the law is broken. */
const laws: { readonly [name: string]: (world: World, random: Random) => void } = {
  'a node whose server answers keeps its one session': (world) => {
    world.run(120_000)
    expect([world.begun.length, world.lost, world.held]).toEqual([1, [], true])
  },
  'an outage shorter than the session is not its end, whether writes were done or not': (world, random) => {
    for (let i = 0; i < 8; i++) {
      world.run(4_000 + random.int(9_000))
      world.outage = random.int(2) === 0 ? 'lost-before' : 'lost-after'
      world.run(1_000 + random.int(6_500))
      world.outage = 'none'
    }
    world.run(10_000)
    expect([world.begun.length, world.lost, world.held]).toEqual([1, [], true])
  },
  'without evictions the key is there as long as the session is believed in': (world, random) => {
    const check = () => world.held && expect(world.backed, `at ${world.nowMs}`).toBe(true)
    for (let i = 0; i < 12; i++) {
      world.outage = (['none', 'lost-before', 'lost-after'] as const)[random.int(3)] ?? 'none'
      world.run(random.int(20_000), check)
    }
    world.outage = 'none'
    world.run(20_000, check)
    expect(world.held).toBe(true)
  },
  'servers that answer later than the next try is made keep the session': (world, random) => {
    world.run(5_000)
    for (let i = 0; i < 10; i++) {
      world.slowMs = settings.answerMs + random.int(3_000)
      world.run(20_000, () => world.held && expect(world.backed, `at ${world.nowMs}`).toBe(true))
    }
    expect([world.begun.length, world.lost, world.held]).toEqual([1, [], true])
  },
  'a write that turns out to have been done counts from when it was asked for': (world, random) => {
    world.run(5_000 + random.int(2_000))
    world.outage = 'lost-after'
    world.run(6_000)
    world.outage = 'none'
    world.run(1_500)
    // From the last write that was answered it would have ended by now.
    world.outage = 'lost-before'
    world.run(5_000, () => world.held && expect(world.backed, `at ${world.nowMs}`).toBe(true))
    world.outage = 'none'
    world.run(5_000)
    expect([world.begun.length, world.lost, world.held]).toEqual([1, [], true])
  },
  'a session that was renewed late or in doubt ends before its key does': (world, random) => {
    const check = () => world.held && expect(world.backed, `at ${world.nowMs}`).toBe(true)
    world.run(5_000 + random.int(2_000))
    for (let i = 0; i < 6; i++) {
      if (random.int(2) === 0) world.slowMs = settings.answerMs + random.int(3_000)
      else world.outage = 'lost-after'
      world.run(6_000, check)
      world.outage = 'none'
      world.slowMs = 0
      world.run(random.int(600), check)
      world.outage = 'lost-before'
      world.run(14_000, check)
      world.outage = 'none'
      world.run(4_000, check)
      expect(world.held).toBe(true)
    }
  },
  'an eviction ends the session as soon as the news arrive, and a new one begins': (world, random) => {
    for (let i = 0; i < 10; i++) {
      world.run(2_000 + random.int(6_000))
      expect(world.held).toBe(true)
      world.evict()
      world.run(250)
      expect(world.held && !world.backed).toBe(false)
    }
    world.run(5_000)
    expect(world.lost.map((one) => one.reason)).toEqual(Array(10).fill('evicted'))
    expect(world.begun).toHaveLength(11)
    expect(world.held).toBe(true)
  },
  'tokens only grow': (world, random) => {
    for (let i = 0; i < 10; i++) {
      world.run(random.int(8_000))
      world.evict()
    }
    expect(world.begun).toEqual([...world.begun].sort((a, b) => a - b))
    expect(new Set(world.begun).size).toBe(world.begun.length)
  },
  'one that left asks for nothing and is never lost again': (world) => {
    world.run(5_000)
    world.send({ type: 'leave' })
    world.evict()
    world.run(30_000)
    expect([world.begun.length, world.lost.length, world.held]).toEqual([1, 0, false])
  },
}

function broken(step: SessionStep): string[] {
  return Object.entries(laws).flatMap(([name, law]) => {
    try {
      for (let seed = 0; seed < 20; seed++) law(new World(step, seededRandom(seed)), seededRandom(`law ${seed}`))
      return []
    } catch {
      return [name]
    }
  })
}

describe('sessionStep', () => {
  for (const [name, law] of Object.entries(laws)) {
    test(name, () => {
      for (let seed = 0; seed < 60; seed++) law(new World(sessionStep, seededRandom(seed)), seededRandom(`law ${seed}`))
    })
  }
})

test('so many writes that were given up may still be answered, and no more', () => {
  const patient = { ...settings, expiryMs: 1_000_000 }
  let state: SessionState = newSession
  const send = (event: SessionEvent) => {
    const [next, commands] = sessionStep(state, event, patient)
    state = next
    return commands.flatMap((one) => ('asked' in one ? [one.asked] : []))
  }
  const [entered = 0] = send({ type: 'tick', atMs: 0 })
  send({ type: 'written', asked: entered, revision: 1, atMs: 10 })
  const asked = Array.from({ length: lateMax + 2 }, (_, i) => send({ type: 'tick', atMs: 2_000 + i * 1_000 })[0] ?? 0)
  expect([asked.length, state.late.length]).toEqual([lateMax + 2, lateMax])
  // The first was forgotten for the last that was given up; the next one counts.
  send({ type: 'written', asked: asked[0] ?? 0, revision: 5, atMs: 30_000 })
  expect(state.revision).toBe(1)
  send({ type: 'written', asked: asked[1] ?? 0, revision: 7, atMs: 30_000 })
  expect([state.revision, state.validUntilMs, state.late]).toEqual([7, 3_000 + 1_000_000 - settings.marginMs, []])
})

describe('the laws of sessions notice', () => {
  const after = (
    change: (next: SessionState, event: SessionEvent, before: SessionState) => SessionState,
  ): SessionStep => {
    return (state, event, given) => {
      const [next, commands] = sessionStep(state, event, given)
      return [change(next, event, state), commands]
    }
  }
  const mutants: { readonly [name: string]: SessionStep } = {
    'a lease that is not renewed': (state, event, given) => {
      const [next, commands] = sessionStep(state, event, given)
      return [next, commands.filter((one) => one.type !== 'session-renew')]
    },
    'a deadline counted from the answer, not from the request': after((next, event, before) =>
      event.type === 'written' && before.asked === event.asked
        ? { ...next, validUntilMs: event.atMs + settings.expiryMs + settings.marginMs }
        : next,
    ),
    'going on past the deadline': (state, event, given) =>
      sessionStep({ ...state, validUntilMs: Number.POSITIVE_INFINITY }, event, given),
    'deaf to its own eviction': (state, event, given) =>
      event.type === 'removed' ? [state, []] : sessionStep(state, event, given),
    'silence taken for eviction': (state, event, given) =>
      event.type === 'unanswered' && state.phase === 'held'
        ? sessionStep(state, { type: 'removed', revision: Number.MAX_SAFE_INTEGER, atMs: event.atMs }, given)
        : sessionStep(state, event, given),
    'a refusal taken for eviction without a look': (state, event, given) =>
      event.type === 'refused' && state.phase === 'held'
        ? sessionStep(state, { type: 'removed', revision: Number.MAX_SAFE_INTEGER, atMs: event.atMs }, given)
        : sessionStep(state, event, given),
    'answers to requests long given up': (state, event, given) =>
      'asked' in event ? sessionStep({ ...state, asked: event.asked }, event, given) : sessionStep(state, event, given),
    'deaf to answers that are late': (state, event, given) => sessionStep({ ...state, late: [] }, event, given),
    'a late answer counted from the newest request': (state, event, given) =>
      sessionStep({ ...state, late: state.late.map((one) => ({ ...one, askedMs: state.askedMs })) }, event, given),
    'a write found done counted from the newest request': (state, event, given) =>
      sessionStep({ ...state, doubtMs: state.doubtMs && state.askedMs }, event, given),
    'a write found done that does not count': (state, event, given) =>
      sessionStep({ ...state, doubtMs: undefined }, event, given),
    'still asking after it left': (state, event, given) =>
      event.type === 'leave' ? [{ ...state, asked: 0 }, []] : sessionStep(state, event, given),
  }
  for (const [name, step] of Object.entries(mutants)) {
    test(name, () => expect(broken(step)).not.toEqual([]))
  }
})
