import { describe, expect, test } from 'vitest'
import type { Random } from '../../random.ts'
import {
  type CrdtOperation,
  crdtContract,
  mergeFunctionContract,
  type TestedCrdt,
} from '../../testing/crdt-contract.ts'
import { failingCases } from '../../testing/index.ts'
import { stampOrder } from '../hybrid-clock.ts'
import { contextOf } from './causal-context.ts'
import { type CounterState, counterCrdt } from './counter.ts'
import type { Crdt } from './crdt.ts'
import type { DottedEntries } from './dotted-entries.ts'
import { allEntries, entriesAt, withEntries } from './entry-buckets.ts'
import { type LastWriteState, lastWriteRegister } from './last-write-register.ts'
import { mergedRegister, multiValueRegister } from './multi-value-register.ts'
import { observedSet, type SetOp } from './observed-set.ts'
import { type MapOp, type MapState, registerMap } from './register-map.ts'

type Operations<Op> = readonly CrdtOperation<Op>[]
const anyValue = (random: Random) => random.int(1_000)
const last = <Op>(operations: Operations<Op>) => [...operations].sort((a, b) => stampOrder(a.stamp, b.stamp)).at(-1)
const notReplaced = <Op>(operations: Operations<Op>, replaces: (later: Op, earlier: Op) => boolean) =>
  operations.filter((one) => !operations.some((other) => other.seen.has(one.id) && replaces(other.op, one.op)))
const byDot = <Op>(operations: Operations<Op>) =>
  [...operations].sort((a, b) => (a.stamp.replica < b.stamp.replica ? -1 : 1))

const register = (crdt: Crdt<LastWriteState<number>, number, number | undefined>) => ({
  crdt,
  anyOp: anyValue,
  expected: (operations: Operations<number>) => last(operations)?.op,
})
const multiRegister = (crdt: Crdt<DottedEntries<number>, number, readonly number[]>) => ({
  crdt,
  anyOp: anyValue,
  // Of one replica at most one write is left, so its name is the order.
  expected: (operations: Operations<number>) => byDot(notReplaced(operations, () => true)).map((one) => one.op),
})
const largest: TestedCrdt<DottedEntries<number>, number, number | undefined> = {
  crdt: mergedRegister<number>(Math.max),
  anyOp: anyValue,
  expected: (operations) =>
    operations.length === 0 ? undefined : Math.max(...notReplaced(operations, () => true).map((one) => one.op)),
}
const counter = (crdt: Crdt<CounterState, number, number>) => ({
  crdt,
  anyOp: (random: Random) => random.int(21) - 10,
  expected: (operations: Operations<number>) => operations.reduce((sum, one) => sum + one.op, 0),
})
const setOf = (crdt: Crdt<DottedEntries<number>, SetOp<number>, ReadonlySet<number>>) => ({
  crdt,
  anyOp: (random: Random): SetOp<number> =>
    random.int(12) === 0 ? { type: 'clear' } : { type: random.int(3) === 0 ? 'remove' : 'add', element: random.int(3) },
  expected: (operations: Operations<SetOp<number>>) =>
    new Set(
      notReplaced(operations, (later, earlier) => touches(later, earlier)).flatMap(({ op }) =>
        op.type === 'add' ? [op.element] : [],
      ),
    ),
})
const touches = (later: SetOp<number>, earlier: SetOp<number>) =>
  later.type === 'clear' || (earlier.type !== 'clear' && later.element === earlier.element)
const mapOf = (crdt: Crdt<MapState<number>, MapOp<number>, ReadonlyMap<string, number>>) => ({
  crdt,
  anyOp: (random: Random): MapOp<number> => {
    const key = `k${random.int(3)}`
    if (random.int(12) === 0) return { type: 'clear' }
    return random.int(3) === 0 ? { type: 'delete', key } : { type: 'set', key, value: random.int(1_000) }
  },
  expected(operations: Operations<MapOp<number>>) {
    const left = notReplaced(operations, (later, earlier) =>
      later.type === 'clear' ? true : earlier.type !== 'clear' && later.key === earlier.key,
    )
    const sets = left.flatMap(({ op, stamp }) => (op.type === 'set' ? [{ ...op, stamp }] : []))
    return new Map(sets.sort((a, b) => stampOrder(a.stamp, b.stamp)).map((one) => [one.key, one.value]))
  },
})

describe('each value keeps the contract', () => {
  const all: Record<string, TestedCrdt<never, never, unknown>> = {
    register: register(lastWriteRegister()) as never,
    'multi-value register': multiRegister(multiValueRegister()) as never,
    'merged register': largest as never,
    counter: counter(counterCrdt) as never,
    set: setOf(observedSet()) as never,
    map: mapOf(registerMap()) as never,
  }
  for (const [kind, tested] of Object.entries(all)) {
    for (const { name, run } of crdtContract(tested)) test(`${kind}: ${name}`, run)
  }
})

describe('crdtContract notices', () => {
  const lww = lastWriteRegister<number>()
  const mvr = multiValueRegister<number>()
  const set = observedSet<number>()
  const map = registerMap<number>()
  const mutants: Record<string, TestedCrdt<never, never, unknown>> = {
    'a merge that keeps the older write': register({
      ...lww,
      merge: (a, b) => (a === undefined || b === undefined ? (a ?? b) : stampOrder(a.stamp, b.stamp) > 0 ? b : a),
    }) as never,
    'a merge that takes what came last': register({ ...lww, merge: (a, b) => b ?? a }) as never,
    'stamps compared without the replica': register({
      ...lww,
      merge: (a, b) => (a === undefined || b === undefined ? (a ?? b) : b.stamp.wallMs > a.stamp.wallMs ? b : a),
    }) as never,
    'one of concurrent values dropped': multiRegister({
      ...mvr,
      merge(a, b) {
        const merged = mvr.merge(a, b)
        const list = entriesAt(merged.entries, '')
        return list.length < 2 ? merged : { ...merged, entries: withEntries(merged.entries, [['', list.slice(1)]]) }
      },
    }) as never,
    'a value that was replaced comes back': multiRegister({
      ...mvr,
      apply: (state, op, author) => {
        const delta = mvr.apply(state, op, author)
        return { ...delta, context: mvr.apply({ ...state, entries: new Map() }, op, author).context }
      },
    }) as never,
    'counts added up when merged': counter({
      ...counterCrdt,
      merge: (a, b) => {
        const sum = new Map(a)
        for (const [replica, tally] of b) {
          const mine = a.get(replica) ?? { up: 0, down: 0 }
          sum.set(replica, { up: mine.up + tally.up, down: mine.down + tally.down })
        }
        return sum
      },
    }) as never,
    'steps down counted as steps up': counter({
      ...counterCrdt,
      apply: (state, by, author) => counterCrdt.apply(state, Math.abs(by), author),
    }) as never,
    'a removal that takes additions it has not seen': setOf({
      ...set,
      apply(state, op, author) {
        const delta = set.apply(state, op, author)
        if (op.type !== 'remove') return delta
        const everything = new Map(['a', 'b', 'c'].map((replica) => [replica, [[1, 8] as const]]))
        return { ...delta, context: everything }
      },
    }) as never,
    'a removal that is forgotten': setOf({
      ...set,
      apply: (state, op, author) => (op.type === 'remove' ? set.empty : set.apply(state, op, author)),
    }) as never,
    'contexts that are not merged': setOf({
      ...set,
      merge: (a, b) => ({ entries: set.merge(a, b).entries, context: a.context }),
    }) as never,
    'a digest of the elements alone': setOf({
      ...set,
      digest: (state) => [...set.value(state)].sort().join(),
    }) as never,
    'halves that lose what was removed': setOf({
      ...set,
      halves(state) {
        const halves = set.halves(state)
        return halves === undefined ? undefined : [halves[0], { ...halves[1], context: contextOf([]) }]
      },
    }) as never,
    'a dot used twice': mapOf({
      ...map,
      apply: (state, op, author) => map.apply({ ...state, context: contextOf([]) }, op, author),
    }) as never,
    'a key whose older write wins': mapOf({
      ...map,
      value: (state) =>
        new Map(
          [...allEntries(state.entries)].map(([key, list]) => [
            key,
            [...list].sort((a, b) => stampOrder(a.value.stamp, b.value.stamp))[0]?.value.value as number,
          ]),
        ),
    }) as never,
    'a state that is changed in place': mapOf({
      ...map,
      merge(a, b) {
        const merged = map.merge(a, b)
        for (const [at, bucket] of merged.entries) (a.entries as Map<number, typeof bucket>).set(at, bucket)
        return merged
      },
    }) as never,
  }
  for (const [name, mutant] of Object.entries(mutants)) {
    test(name, async () => expect(await failingCases(crdtContract(mutant))).not.toEqual([]))
  }
})

describe('mergeFunctionContract', () => {
  test('lets a maximum pass', async () => {
    expect(await failingCases(mergeFunctionContract<number>(Math.max, [1, 2, 3]))).toEqual([])
  })

  test('names the laws that joining texts, the middle, and a sum break', async () => {
    const joined = mergeFunctionContract((a: string, b: string) => a + b, ['a', 'b'])
    expect(await failingCases(joined)).toEqual(['a merge function is commutative', 'a merge function is idempotent'])
    const middle = mergeFunctionContract((a: number, b: number) => (a + b) / 2, [1, 2, 4])
    expect(await failingCases(middle)).toEqual(['a merge function is associative'])
    const sum = mergeFunctionContract((a: number, b: number) => a + b, [1, 2])
    expect(await failingCases(sum)).toEqual(['a merge function is idempotent'])
  })
})
