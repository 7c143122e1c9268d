/** Laws of the ledger: wherever a process is killed, what it had asked is known, or known to be unknown. */

import { type Json, type Random, seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { addRecord, type LedgerRecord, type LedgerState, newLedgerState, unknownWork } from './ledger-state.ts'

type Add = (state: LedgerState, record: Json) => void

/** What really happened: records in the order they were written, of rows with a call or two each, side by side. */
function history(random: Random): LedgerRecord[] {
  const records: LedgerRecord[] = []
  const open: { readonly key: string; calls: number[] }[] = []
  let call = 0
  for (let step = 0; step < 60; step++) {
    const roll = random.int(4)
    const at = open[random.int(Math.max(1, open.length))]
    if (roll === 0 || at === undefined) {
      const key = `row ${random.int(10)}`
      if (open.some((one) => one.key === key)) continue
      open.push({ key, calls: [] })
      records.push({ type: 'row-began', key })
    } else if (roll === 1) {
      at.calls.push(call)
      records.push({ type: 'call-began', call, modelId: 'm', worst: { calls: 1, tokens: 100, usd: 1 } })
      call++
    } else if (roll === 2 && at.calls.length > 0) {
      records.push({
        type: 'call-ended',
        call: at.calls.shift() as number,
        taken: { calls: 1, tokens: random.int(100), usd: 0.5 },
      })
    } else if (at.calls.length === 0) {
      open.splice(open.indexOf(at), 1)
      const row = { id: at.key, score: random.int(2), usage: {} as never }
      records.push({ type: 'row-ended', key: at.key, row, elapsedMs: step })
    }
  }
  return records
}

/** The first law that is broken. */
function brokenLaw(add: Add, runs = 200): string | undefined {
  const random = seededRandom('ledger')
  for (let i = 0; i < runs; i++) {
    const all = history(random.fork(i))
    const records = all.slice(0, random.int(all.length + 1))
    const state = newLedgerState()
    for (const record of records) add(state, record as unknown as Json)
    const began = records.filter((one) => one.type === 'call-began')
    const ended = records.filter((one) => one.type === 'call-ended')
    const { calls, rows, worst } = unknownWork(state)
    if (state.spent.calls + worst.calls !== began.length) return 'every call that began is spent or unknown'
    if (calls !== began.length - ended.length) return 'a call is unknown until its end is there'
    const tokens = ended.reduce((sum, one) => sum + one.taken.tokens, 0)
    if (state.spent.tokens !== tokens) return 'what ended is spent as it was taken'
    const last = new Map(
      records.flatMap((one) => (one.type === 'row-began' || one.type === 'row-ended' ? [[one.key, one.type]] : [])),
    )
    if (rows !== [...last.values()].filter((type) => type === 'row-began').length)
      return 'a row is open until its end is there'
    for (const one of records) if (one.type === 'row-ended' && !state.rows.has(one.key)) return 'no row is lost'
    if (state.calls !== began.length) return 'calls of the next run have new numbers'
  }
  return undefined
}

/** Faults that somebody could make. */
const mutants: { readonly [fault: string]: Add } = {
  'forgets calls that have begun': (state, record) => {
    if ((record as { type: string }).type !== 'call-began') addRecord(state, record)
  },
  'counts the worst case for what was taken': (state, record) => {
    const one = record as unknown as LedgerRecord
    if (one.type !== 'call-ended') return addRecord(state, record)
    const { worst } = state.openCalls.get(one.call) as { worst: typeof one.taken }
    addRecord(state, { ...one, taken: worst } as unknown as Json)
  },
  'takes a row for ended when it has begun': (state, record) => {
    addRecord(state, record)
    if ((record as { type: string }).type === 'row-began') state.openRows.delete((record as { key: string }).key)
  },
  'takes all calls for ended with the row': (state, record) => {
    addRecord(state, record)
    if ((record as { type: string }).type === 'row-ended') state.openCalls.clear()
  },
  'numbers calls from 0 again': (state, record) => {
    addRecord(state, record)
    state.calls = 0
  },
  'loses the row that ended last': (state, record) => {
    addRecord(state, record)
    const one = record as unknown as LedgerRecord
    if (one.type === 'row-ended') state.rows.delete(one.key)
  },
}

describe('a ledger', () => {
  test('knows, killed anywhere, what was spent and what may have been', () => {
    expect(brokenLaw(addRecord)).toBeUndefined()
  })

  test.each(Object.entries(mutants))('that %s is found out', (_, mutant) => {
    expect(brokenLaw(mutant)).toBeDefined()
  })

  test('passes over records of a kind that it does not know', () => {
    const state = newLedgerState()
    addRecord(state, { type: 'of a later release' })
    expect(state).toEqual(newLedgerState())
  })
})
