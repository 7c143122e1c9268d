import { describe, expect, test } from 'vitest'
import type { HistoryEvent } from '../history.ts'
import { checkConverged } from './convergence.ts'
import { checkEvictions } from './eviction.ts'
import { checkFencing } from './fencing.ts'
import { checkLinearizable } from './linearizability.ts'
import { operationText } from './operation.ts'
import { checkOwners } from './ownership.ts'
import { checkQueue } from './queue-delivery.ts'
import { registerWith } from './register-model.ts'
import { checkTasksDone, countTasks } from './task-completion.ts'
import type { Verdict } from './verdict.ts'

/** Lines such as `p1 invoke write a 3`: what comes after the key is JSON, the input of an invocation, else the output. */
function history(...lines: readonly string[]): readonly HistoryEvent[] {
  const inputs = new Map<string, unknown>()
  return lines.map((line, atMs) => {
    const [process = '', type, op = '', key = '', ...rest] = line.split(' ')
    const given: unknown = rest.length === 0 ? undefined : JSON.parse(rest.join(' '))
    if (type === 'invoke') inputs.set(process, given)
    const input = inputs.get(process)
    const event = { process, type: type as HistoryEvent['type'], op, key, input, atMs }
    return type === 'invoke' ? event : { ...event, output: given }
  })
}

/** Operations one after the other. */
function inOrder(...lines: readonly string[]): readonly HistoryEvent[] {
  return history(
    ...lines.flatMap((line) => {
      const [call = '', output = ''] = line.split(' => ')
      const [process = '', op = '', key = ''] = call.split(' ')
      return [call.replace(process, `${process} invoke`), `${process} ok ${op} ${key} ${output}`.trim()]
    }),
  )
}

const atFault = (verdict: Verdict) => (verdict.type === 'violation' ? verdict.operations.map(operationText) : verdict)

describe('checkLinearizable', () => {
  test('finds a stale read, and says what should have been seen', () => {
    const stale = inOrder('p1 write a 1', 'p1 write a 2', 'p2 read a => 1')
    expect(atFault(checkLinearizable(stale))).toEqual(['p2 read("a") → 1', 'p1 write("a", 2) → ok'])
    const verdict = checkLinearizable(stale)
    expect(verdict).toMatchObject({ reason: expect.stringContaining('nothing explains p2 read("a") → 1') })
  })

  test('finds a lost update', () => {
    const lost = inOrder('p1 write a 1', 'p2 write a 2', 'p1 read a => 2', 'p2 read a => 1')
    expect(atFault(checkLinearizable(lost))).toEqual(['p2 read("a") → 1', 'p1 read("a") → 2'])
  })

  test('finds two compare-and-sets that both succeeded from one value', () => {
    const both = history(
      'p0 invoke write a 1',
      'p0 ok write a',
      'p1 invoke cas a {"expected":1,"next":2}',
      'p2 invoke cas a {"expected":1,"next":3}',
      'p1 ok cas a true',
      'p2 ok cas a true',
    )
    expect(atFault(checkLinearizable(both))).toEqual([
      'p2 cas("a", {"expected":1,"next":3}) → true',
      'p0 write("a", 1) → ok',
      'p1 cas("a", {"expected":1,"next":2}) → true',
    ])
  })

  test('a write that is unknown may take effect much later, or never, but not before it was invoked', () => {
    const start = ['p1 invoke write a 1', 'p1 ok write a', 'p2 invoke write a 2', 'p2 unknown write a']
    const read = (value: number) => ['p1 invoke read a', `p1 ok read a ${value}`]
    expect(checkLinearizable(history(...start, ...read(1), ...read(1), ...read(2))).type).toBe('ok')
    expect(checkLinearizable(history(...start, ...read(1))).type).toBe('ok')
    expect(checkLinearizable(history(...start, ...read(2), ...read(1))).type).toBe('violation')
    expect(checkLinearizable(history(...start.slice(0, 2), ...read(2), ...start.slice(2))).type).toBe('violation')
  })

  test('a write that failed never took effect', () => {
    const failed = history('p1 invoke write a 1', 'p1 fail write a', 'p1 invoke read a', 'p1 ok read a 1')
    expect(checkLinearizable(failed).type).toBe('violation')
  })

  test('a register may begin with a value', () => {
    expect(checkLinearizable(inOrder('p1 read a => 7'), { model: registerWith(7) }).type).toBe('ok')
    expect(checkLinearizable(inOrder('p1 read a => 7')).type).toBe('violation')
  })

  test('with as many steps as it needs it decides, with one fewer it says that it did not', () => {
    const fine = inOrder('p1 write a 1', 'p1 read a => 1', 'p1 write a 2')
    expect(checkLinearizable(fine, { stepsMax: 3 })).toEqual({ type: 'ok' })
    const reason = 'key "a": no answer within 2 steps'
    expect(checkLinearizable(fine, { stepsMax: 2 })).toEqual({ type: 'undecided', reason })
  })

  test('refuses a history in which a process does two things at once, and an operation it does not know', () => {
    const twice = history('p1 invoke read a', 'p1 invoke read a')
    expect(() => checkLinearizable(twice)).toThrow('event 1: p1 invokes read before its last one completed')
    expect(() => checkLinearizable(inOrder('p1 append a 1'))).toThrow('got append')
  })
})

describe('checkFencing', () => {
  test('lets a hand-over pass', () => {
    const fine = inOrder(
      'p1 claim a => {"token":4}',
      'p1 effect a {"token":4}',
      'p2 claim a => {"token":9}',
      'p2 effect a {"token":9}',
      'p2 effect a {"token":9}',
      'p1 effect b {"token":4}',
    )
    expect(checkFencing(fine)).toEqual({ type: 'ok' })
  })

  test('finds an effect under a token that has been replaced', () => {
    const reordered = inOrder('p2 effect a {"token":9}', 'p1 effect a {"token":4}')
    expect(atFault(checkFencing(reordered))).toEqual([
      'p1 effect("a", {"token":4}) → ok',
      'p2 effect("a", {"token":9}) → ok',
    ])
  })

  test('does not judge the order of effects that overlap', () => {
    const overlapping = history(
      'p1 invoke effect a {"token":4}',
      'p2 invoke effect a {"token":9}',
      'p2 ok effect a',
      'p1 ok effect a',
    )
    expect(checkFencing(overlapping)).toEqual({ type: 'ok' })
  })

  test.each([
    ['two holders share a token', ['p1 claim a => {"token":4}', 'p2 claim a => {"token":4}']],
    ['a later claim got a lower token', ['p1 claim a => {"token":4}', 'p2 claim a => {"token":3}']],
    ['an effect under the token of another', ['p1 claim a => {"token":4}', 'p2 effect a {"token":4}']],
    ['an effect under the token of another', ['p1 effect a {"token":4}', 'p2 effect a {"token":4}']],
    ['an effect under a token that nobody was given', ['p1 claim a => {"token":4}', 'p1 effect a {"token":5}']],
  ])('finds that %s', (reason, lines) => {
    expect(checkFencing(inOrder(...lines))).toMatchObject({
      type: 'violation',
      reason: expect.stringContaining(reason),
    })
  })
})

describe('checkQueue', () => {
  const one = ['p1 push m1', 'p2 deliver m1', 'p2 ack m1']

  test('lets pass what was delivered twice before it was acknowledged, and what is still kept', () => {
    expect(checkQueue(inOrder('p1 push m1', 'p3 deliver m1', 'p2 deliver m1', 'p2 ack m1'))).toEqual({ type: 'ok' })
    expect(checkQueue(inOrder('p1 push m1'), ['m1'])).toEqual({ type: 'ok' })
  })

  test('a message whose push is unknown may be there or not', () => {
    const push = ['p1 invoke push m1', 'p1 unknown push m1']
    expect(checkQueue(history(...push))).toEqual({ type: 'ok' })
    expect(checkQueue(history(...push, 'p2 invoke deliver m1', 'p2 ok deliver m1'))).toEqual({ type: 'ok' })
  })

  test.each([
    ['lost', ['p1 push m1', 'p2 deliver m1']],
    ['delivered after it was acknowledged', [...one, 'p3 deliver m1']],
    ['acknowledged twice', [...one, 'p3 ack m1']],
    ['delivered, never pushed', ['p2 deliver m1']],
  ])('finds a message that was %s', (reason, lines) => {
    expect(checkQueue(inOrder(...lines))).toMatchObject({ type: 'violation', reason: expect.stringContaining(reason) })
  })
})

describe('checkConverged', () => {
  test('says who holds what when replicas differ', () => {
    const same = new Map([
      ['n1', new Set([1, 2])],
      ['n2', new Set([2, 1])],
    ])
    expect(checkConverged(same)).toEqual({ type: 'ok' })
    same.set('n3', new Set([1]))
    expect(checkConverged(same)).toMatchObject({ reason: 'replicas differ: n1, n2: [1,2]; n3: [1]' })
  })
})

describe('checkTasksDone', () => {
  test('lets pass what was done once, twice, or is still kept, and counts', () => {
    const fine = inOrder('p1 push a', 'p2 done a', 'p3 done a', 'p1 push b', 'p1 push c', 'p2 done c')
    expect(checkTasksDone(fine, ['b'])).toEqual({ type: 'ok' })
    expect(countTasks(fine)).toEqual({ acknowledged: 3, done: 2, again: 1 })
  })

  test('a task whose worker died in the middle counts as done, and one whose push is unknown may be done or not', () => {
    const begun = ['p1 invoke push a', 'p1 ok push a', 'p2 invoke done a', 'p1 invoke push b', 'p1 unknown push b']
    expect(checkTasksDone(history(...begun))).toEqual({ type: 'ok' })
    expect(checkTasksDone(history(...begun, 'p3 invoke done b', 'p3 ok done b'))).toEqual({ type: 'ok' })
    expect(countTasks(history(...begun))).toEqual({ acknowledged: 1, done: 0, again: 0 })
  })

  test.each([
    ['lost', ['p1 push a', 'p1 push b', 'p2 done a']],
    ['done, never pushed', ['p1 push a', 'p2 done a', 'p2 done b']],
  ])('finds a task that was %s', (reason, lines) => {
    expect(checkTasksDone(inOrder(...lines))).toMatchObject({
      type: 'violation',
      reason: expect.stringContaining(reason),
    })
  })
})

describe('checkOwners', () => {
  const moved = [
    'p1 own n => {"epoch":3}',
    'p9 see n => {"owner":"p1","epoch":3}',
    'p2 own n => {"epoch":7}',
    'p9 see n => {"owner":"p1","epoch":3}',
    'p8 see n => {"owner":"p2","epoch":7}',
    'p8 see n => null',
  ]

  test('lets a name move, old sights of it, and the same epoch of another name', () => {
    expect(checkOwners(inOrder(...moved, 'p2 own other => {"epoch":3}'))).toEqual({ type: 'ok' })
    expect(checkOwners(inOrder('c1 own n {"owner":"p1"} => {"epoch":3}'))).toEqual({ type: 'ok' })
  })

  test('does not judge the order of owners that were given a name at once', () => {
    const both = history('p1 invoke own n', 'p2 invoke own n', 'p2 ok own n {"epoch":4}', 'p1 ok own n {"epoch":3}')
    expect(checkOwners(both)).toEqual({ type: 'ok' })
  })

  test.each([
    ['two owners in one epoch', [...moved, 'p3 own n => {"epoch":7}']],
    ['two owners in one epoch', [...moved, 'p9 see n => {"owner":"p3","epoch":7}']],
    ['two owners in one epoch', ['p8 see n => {"owner":"p1","epoch":1}', 'p9 see n => {"owner":"p2","epoch":1}']],
    ['a later owner got no higher epoch', [...moved, 'p3 own n => {"epoch":5}']],
  ])('finds %s', (reason, lines) => {
    expect(checkOwners(inOrder(...lines))).toMatchObject({
      type: 'violation',
      reason: expect.stringContaining(reason),
    })
  })
})

describe('checkEvictions', () => {
  const evicted = history('p1 invoke hold s', 'p1 ok hold s')

  test('finds one that lost what it held while it was well, and lets pass whom something ailed', () => {
    expect(checkEvictions(evicted, [], 0)).toMatchObject({ reason: expect.stringContaining('p1 lost "s"') })
    expect(checkEvictions(evicted, [{ process: 'p1', fromMs: 1, untilMs: 1 }], 0)).toEqual({ type: 'ok' })
    expect(checkEvictions(evicted, [{ process: 'p1', fromMs: 2, untilMs: 9 }], 5).type).toBe('violation')
    expect(checkEvictions(evicted, [{ process: 'p2', fromMs: 0, untilMs: 9 }], 5).type).toBe('violation')
    expect(checkEvictions(evicted, [{ process: 'p1', fromMs: 0, untilMs: 0 }], 1)).toEqual({ type: 'ok' })
    expect(checkEvictions(evicted, [{ process: 'p1', fromMs: 0, untilMs: 0 }], 0.5).type).toBe('violation')
  })

  test('who still holds, died, or gave it up by itself was not evicted', () => {
    expect(checkEvictions(history('p1 invoke hold s', 'p2 invoke hold s', 'p2 fail hold s'), [], 0).type).toBe('ok')
  })
})
