import { describe, expect, test } from 'vitest'
import { type Random, seededRandom } from '../../random.ts'
import type { HistoryEvent } from '../history.ts'
import { checkLinearizable } from './linearizability.ts'
import { type Operation, operationsOf } from './operation.ts'
import { registerModel } from './register-model.ts'

/** How a store behaves: the right one, and ones with a planted error. */
interface Store {
  read(key: string): unknown
  write(key: string, value: number): void
  cas(key: string, expected: unknown, next: number): boolean
}

function rightStore(values = new Map<string, number>()): Store {
  return {
    read: (key) => values.get(key),
    write: (key, value) => void values.set(key, value),
    cas(key, expected, next) {
      if (values.get(key) !== expected) return false
      values.set(key, next)
      return true
    },
  }
}

interface InFlight {
  readonly call: HistoryEvent
  output: unknown
  isDone: boolean
}

/** Clients at once, each of whose calls takes effect somewhere between its two events; a few never hear how it went. */
function record(store: Store, random: Random, length: number): readonly HistoryEvent[] {
  const history: HistoryEvent[] = []
  const flying = new Map<string, InFlight>()
  const lost: InFlight[] = []
  const carryOut = (one: InFlight) => {
    const { op, key = '', input } = one.call
    if (op === 'read') one.output = store.read(key)
    else if (op === 'write') store.write(key, input as number)
    else one.output = store.cas(key, (input as { expected: unknown }).expected, (input as { next: number }).next)
    one.isDone = true
  }
  let value = 0
  while (history.length < length) {
    const process = `p${random.int(5)}`
    const base = { process, atMs: history.length }
    const one = flying.get(process)
    if (one === undefined) {
      const key = `k${random.int(2)}`
      const op = ['read', 'write', 'cas'][random.int(3)] as string
      const expected = random.int(4) === 0 ? value : store.read(key)
      const input = op === 'read' ? undefined : op === 'write' ? ++value : { expected, next: ++value }
      const call: HistoryEvent = { ...base, type: 'invoke', op, key, input }
      history.push(call)
      flying.set(process, { call, output: undefined, isDone: false })
      continue
    }
    const late = lost[random.int(Math.max(1, lost.length))]
    if (late !== undefined && random.int(8) === 0) carryOut(lost.splice(lost.indexOf(late), 1)[0] as InFlight)
    if (!one.isDone && random.int(12) === 0) {
      history.push({ ...one.call, ...base, type: 'unknown' })
      if (random.int(2) === 0) lost.push(one)
      flying.delete(process)
    } else if (!one.isDone) carryOut(one)
    else {
      const output = one.output === undefined ? {} : { output: one.output }
      history.push({ ...one.call, ...base, type: 'ok', ...output })
      flying.delete(process)
    }
  }
  return history
}

/** Tries every order: the definition itself, for histories of a few operations on one key. */
function isLinearizable(left: readonly Operation[], state: string): boolean {
  if (left.every((one) => one.outcome === 'unknown')) return true
  return left.some((one) => {
    if (left.some((other) => other.completedAt < one.invokedAt)) return false
    const next = registerModel.step(state, one)
    return (
      next !== undefined &&
      isLinearizable(
        left.filter((other) => other !== one),
        next,
      )
    )
  })
}

/** A few operations with outcomes drawn from a hat, possible or not. */
function anyHistory(random: Random): readonly HistoryEvent[] {
  const history: HistoryEvent[] = []
  const open = new Map<string, HistoryEvent>()
  for (let i = 0; i < 4 + random.int(8); i++) {
    const process = `p${random.int(3)}`
    const call = open.get(process)
    if (call === undefined) {
      const op = ['read', 'write', 'cas', 'delete'][random.int(4)] as string
      const any = () => 1 + random.int(2)
      const input = op === 'write' ? any() : op === 'cas' ? { expected: any(), next: any() } : undefined
      const event: HistoryEvent = { process, type: 'invoke', op, key: 'a', input, atMs: i }
      open.set(process, event)
      history.push(event)
      continue
    }
    const type = (['ok', 'ok', 'ok', 'fail', 'unknown'] as const)[random.int(5)] as HistoryEvent['type']
    const output = call.op === 'read' ? [undefined, 1, 2][random.int(3)] : random.int(2) === 0
    history.push({ ...call, type, output, atMs: i })
    open.delete(process)
  }
  return history
}

describe('checkLinearizable', () => {
  test('says what trying every order says, for 6,000 small histories', () => {
    let violations = 0
    for (let seed = 0; seed < 6_000; seed++) {
      const history = anyHistory(seededRandom(seed))
      const operations = operationsOf(history).filter((one) => one.outcome !== 'fail')
      const expected = isLinearizable(operations, registerModel.initial)
      if (!expected) violations++
      expect(checkLinearizable(history).type, `seed ${seed}`).toBe(expected ? 'ok' : 'violation')
    }
    expect(violations).toBeGreaterThan(500)
    expect(violations).toBeLessThan(5_500)
  })

  test('lets pass every history of a store that works', () => {
    for (let seed = 0; seed < 150; seed++) {
      const random = seededRandom(seed)
      expect(checkLinearizable(record(rightStore(), random, 300)), `seed ${seed}`).toEqual({ type: 'ok' })
    }
  })

  test('decides a history of 20,000 events', () => {
    expect(checkLinearizable(record(rightStore(), seededRandom(1), 20_000))).toEqual({ type: 'ok' })
  })

  const planted: Record<string, (random: Random) => Store> = {
    'stale reads': (random) => {
      const values = new Map<string, number>()
      const old = new Map<string, number>()
      const store = rightStore(values)
      return {
        read: (key) => (random.int(10) === 0 && old.has(key) ? old.get(key) : store.read(key)),
        write(key, value) {
          const before = values.get(key)
          if (before !== undefined) old.set(key, before)
          store.write(key, value)
        },
        cas: store.cas,
      }
    },
    'lost updates': (random) => {
      const store = rightStore()
      return { ...store, write: (key, value) => (random.int(10) === 0 ? undefined : store.write(key, value)) }
    },
    'compare-and-set that does not compare': (random) => {
      const store = rightStore()
      return {
        ...store,
        cas(key, expected, next) {
          if (random.int(4) !== 0) return store.cas(key, expected, next)
          store.write(key, next)
          return true
        },
      }
    },
    'compare-and-set that says the contrary': (random) => {
      const store = rightStore()
      return { ...store, cas: (key, expected, next) => store.cas(key, expected, next) !== (random.int(10) === 0) }
    },
    'keys that are mixed up': (random) => {
      const store = rightStore()
      return { ...store, write: (key, value) => store.write(random.int(10) === 0 ? 'k0' : key, value) }
    },
  }
  for (const [name, faulty] of Object.entries(planted)) {
    test(`finds ${name} in nearly every history, and names a completion that was not so before`, () => {
      let found = 0
      for (let seed = 0; seed < 24; seed++) {
        const random = seededRandom(seed)
        const history = record(faulty(random.fork('store')), random, 800)
        const verdict = checkLinearizable(history)
        if (verdict.type !== 'violation') continue
        found++
        const { key, completedAt } = verdict.operations[0] as Operation
        const until = (end: number) => history.slice(0, end).filter((event) => event.key === key)
        expect(checkLinearizable(until(completedAt)).type).toBe('ok')
        expect(checkLinearizable(until(completedAt + 1)).type).toBe('violation')
      }
      expect(found).toBeGreaterThanOrEqual(21)
    })
  }
})
