import { describe, expect, test } from 'vitest'
import { isMabeamError } from '../errors.ts'
import { type Random, seededRandom } from '../random.ts'
import type { HistoryEvent } from '../testing/history.ts'
import { checkLinearizable, type SequentialModel, type Verdict } from '../testing/index.ts'
import { noEntry, type StoredEntry, type StrongEntry } from './strong-entry.ts'
import {
  newStrong,
  type StrongCommand,
  type StrongEvent,
  type StrongIntent,
  type StrongState,
  type StrongStep,
  strongStep,
} from './strong-step.ts'

interface Seen {
  readonly version: number
  readonly value: unknown
  readonly token: number
}

/** A strong cell as one client after the other sees it. `fenced` and `conflict` are answers, and must be true. */
const strongModel: SequentialModel = {
  initial: JSON.stringify({ version: 0, value: 0, token: -1 } satisfies Seen),
  step(text, { op, input, output, outcome }) {
    const state = JSON.parse(text) as Seen
    if (op === 'read') return JSON.stringify(output) === JSON.stringify([state.version, state.value]) ? text : undefined
    const { token = state.token, version, value } = input as { token?: number; version?: number; value?: number }
    const isFenced = token < state.token
    const isConflict = !isFenced && op === 'compare' && version !== state.version
    if (outcome === 'ok' && (output === 'fenced') !== isFenced) return undefined
    if (outcome === 'ok' && (output === 'conflict') !== isConflict) return undefined
    if (isFenced || isConflict) return text
    const next: Seen = {
      version: state.version + 1,
      value: op === 'update' ? (state.value as number) + 1 : value,
      token,
    }
    return outcome === 'ok' && output !== next.version ? undefined : JSON.stringify(next)
  },
}

interface Running {
  readonly op: string
  state: StrongState
  command: StrongCommand
}

/** An engine that gives stale reads, loses answers, and carries out what it did not answer late or never. */
class World {
  readonly history: HistoryEvent[] = []
  readonly #step: StrongStep
  readonly #random: Random
  readonly #running = new Map<string, Running>()
  readonly #stored: StoredEntry[] = [noEntry]
  readonly #late: Extract<StrongCommand, { readonly type: 'write' }>[] = []
  #operations = 0
  #knownVersion = 0

  constructor(step: StrongStep, random: Random) {
    this.#step = step
    this.#random = random
  }

  live(turns: number): void {
    for (let i = 0; i < turns; i++) {
      const process = `p${this.#random.int(4)}`
      const running = this.#running.get(process)
      if (running === undefined) this.#begin(process)
      else this.#goOn(process, running)
      if (this.#late.length > 0 && this.#random.int(6) === 0) {
        const [write] = this.#late.splice(this.#random.int(this.#late.length), 1)
        if (write !== undefined) this.#write(write)
      }
    }
  }

  #begin(process: string): void {
    const n = ++this.#operations
    const op = ['read', 'set', 'compare', 'update'][this.#random.int(4)] as string
    const token = this.#random.int(5) === 0 ? { token: Math.floor(n / 12) - this.#random.int(2) } : {}
    const version = Math.max(0, this.#knownVersion - this.#random.int(2))
    const input = { ...token, ...(op === 'compare' && { version }), ...(op !== 'update' && { value: n }) }
    const intents: Record<string, StrongIntent> = {
      read: { type: 'read' },
      set: { type: 'write', value: () => n, token: token.token },
      compare: { type: 'compare', version, value: n, token: token.token },
      update: { type: 'write', value: (current) => numberOf(current) + 1, token: token.token },
    }
    const intent = intents[op] as StrongIntent
    const revisionMin = 0
    const state = newStrong({ cell: 'c', intent, writer: `w${n}`, attemptsMax: 8, revisionMin })
    this.#running.set(process, { op, state, command: { type: 'read' } })
    this.#record(process, 'invoke', op, op === 'read' ? {} : { input })
  }

  #goOn(process: string, running: Running): void {
    const { command, op } = running
    const event = this.#answer(command)
    if (event !== undefined) {
      ;[running.state, running.command] = this.#step(running.state, event)
      return
    }
    this.#running.delete(process)
    if (command.type === 'done') {
      const { version } = command.entry
      this.#knownVersion = Math.max(this.#knownVersion, version)
      const written = command.isWritten ? version : 'conflict'
      this.#record(process, 'ok', op, { output: op === 'read' ? [version, numberOf(command.entry)] : written })
    } else if (command.type === 'fail') {
      const code = isMabeamError(command.error) ? command.error.code : 'foundation/engine-unavailable'
      if (code === 'foundation/fenced') this.#record(process, 'ok', op, { output: 'fenced' })
      else this.#record(process, code === 'foundation/outcome-unknown' ? 'unknown' : 'fail', op, {})
    }
  }

  #answer(command: StrongCommand): StrongEvent | undefined {
    const luck = this.#random.int(10)
    const unavailable = { type: 'unavailable', cause: new Error('no answer') } as const
    if (command.type === 'done' || command.type === 'fail') return undefined
    if (command.type !== 'write') {
      const stale = this.#stored[this.#random.int(this.#stored.length)] as StoredEntry
      return luck === 0
        ? unavailable
        : { type: 'read', entry: luck === 1 ? stale : (this.#stored.at(-1) as StoredEntry) }
    }
    if (luck > 2) {
      const revision = this.#write(command)
      return revision === undefined ? { type: 'conflict' } : { type: 'written', revision }
    }
    if (luck === 1) this.#write(command)
    if (luck === 2) this.#late.push(command)
    return unavailable
  }

  #write({ entry, revision }: { readonly entry: StrongEntry; readonly revision: number }): number | undefined {
    const current = this.#stored.at(-1) as StoredEntry
    if (current.revision !== revision) return undefined
    this.#stored.push({ ...entry, revision: revision + 1 })
    return revision + 1
  }

  #record(process: string, type: HistoryEvent['type'], op: string, more: Pick<HistoryEvent, 'input' | 'output'>): void {
    const before = this.history.findLast((one) => one.process === process && one.type === 'invoke')
    const input = type === 'invoke' || before?.input === undefined ? {} : { input: before.input }
    this.history.push({ process, type, op, key: 'c', ...input, ...more, atMs: this.history.length })
  }
}

function numberOf({ version, value }: StrongEntry): number {
  return version === 0 ? 0 : (value as number)
}

function verdictOf(step: StrongStep, seed: number): Verdict {
  const world = new World(step, seededRandom(seed))
  world.live(400)
  return checkLinearizable(world.history, { model: strongModel, stepsMax: 200_000 })
}

describe('strongStep', () => {
  test('is linearizable on an engine with stale reads, lost answers and late writes, for 500 seeds', () => {
    for (let seed = 0; seed < 500; seed++) expect(verdictOf(strongStep, seed), `seed ${seed}`).toEqual({ type: 'ok' })
  })
})

describe('a write without an answer', () => {
  const intent = { type: 'write', value: () => 1, token: undefined } as const
  const written = (attemptsMax: number) => {
    const begun = newStrong({ cell: 'c', intent, writer: 'w', attemptsMax, revisionMin: 0 })
    const [state] = strongStep(begun, { type: 'read', entry: noEntry })
    return strongStep(state, { type: 'unavailable', cause: new Error('no answer') })
  }
  const other: StoredEntry = { version: 1, value: 9, token: undefined, writers: ['other'], revision: 2 }

  test('is looked for at once, and done again after a wait when somebody else wrote', () => {
    const [state, command] = written(3)
    expect(command).toEqual({ type: 'read' })
    expect(strongStep(state, { type: 'read', entry: other })[1]).toEqual({ type: 'wait', failed: 2 })
  })

  test('is told as unknown after the last try, and as contended when the last one found that somebody else wrote', () => {
    expect(written(1)[1]).toMatchObject({ type: 'fail', error: { code: 'foundation/outcome-unknown' } })
    const [, command] = strongStep(written(2)[0], { type: 'read', entry: other })
    expect(command).toMatchObject({ type: 'fail', error: { code: 'foundation/cell-contended' } })
  })
})

describe('the laws of strongStep notice', () => {
  /** The step, on a state that was changed before. */
  const on = (change: (state: StrongState, event: StrongEvent) => StrongState): StrongStep => {
    return (state, event) => strongStep(change(state, event), event)
  }
  const done = (state: StrongState, entry: StrongEntry, isWritten: boolean): ReturnType<StrongStep> => [
    state,
    { type: 'done', entry, isWritten },
  ]
  const mutants: Record<string, StrongStep> = {
    'a write without an answer that is simply done again': on((state) => ({ ...state, doubt: undefined })),
    'a write without an answer that is taken for done': (state, event) =>
      event.type === 'unavailable' && state.phase === 'writing'
        ? done(state, state.entry as StrongEntry, true)
        : strongStep(state, event),
    'a write that lost the race and is taken for done': (state, event) =>
      event.type === 'conflict' && state.phase === 'writing'
        ? done(state, state.entry as StrongEntry, true)
        : strongStep(state, event),
    'a read that does not read through': (state, event) =>
      event.type === 'read' && state.intent.type === 'read'
        ? done(state, event.entry, false)
        : strongStep(state, event),
    'a conflict told from a stale read': (state, event) =>
      event.type === 'read' && state.intent.type === 'compare' && event.entry.version < state.intent.version
        ? done(state, event.entry, false)
        : strongStep(state, event),
    'a late write that is taken for one that will not come': (state, event) =>
      event.type === 'read' && state.doubt?.base.revision === event.entry.revision
        ? strongStep({ ...state, doubt: undefined }, event)
        : strongStep(state, event),
    'a compare that does not compare': on((state, event) =>
      event.type === 'read' && state.intent.type === 'compare'
        ? { ...state, intent: { ...state.intent, version: event.entry.version } }
        : state,
    ),
    'tokens that are not checked': (state, event) => {
      if (event.type !== 'read') return strongStep(state, event)
      return strongStep(state, { type: 'read', entry: { ...event.entry, token: undefined } })
    },
    'a token that is not kept': (state, event) => {
      const [next, command] = strongStep(state, event)
      if (command.type !== 'write') return [next, command]
      const entry = { ...command.entry, token: undefined }
      return [
        { ...next, entry },
        { ...command, entry },
      ]
    },
    'writers that are forgotten at once, and the doubt with them': (state, event) => {
      if (event.type !== 'read' || state.doubt === undefined) return strongStep(state, event)
      return strongStep(state, { ...event, entry: { ...event.entry, writers: event.entry.writers.map(() => 'x') } })
    },
  }
  for (const [name, mutant] of Object.entries(mutants)) {
    test(name, () => {
      const seeds = Array.from({ length: 60 }, (_, seed) => seed)
      expect(seeds.some((seed) => verdictOf(mutant, seed).type === 'violation')).toBe(true)
    })
  }
})
