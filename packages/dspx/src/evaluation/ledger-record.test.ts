/** What is written into a journal is read as it was told, in any order, over restarts, and from journals of version 1. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Json, type Random, seededRandom } from '@mabeam/foundation'
import { virtualClock } from '@mabeam/foundation/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noUsage, type Usage } from '../models/usage.ts'
import type { ScoredRow, TracedStep } from '../tuning/teleprompter.ts'
import { openLedger } from './ledger.ts'
import { RecordReader, RecordWriter, takenBy } from './ledger-record.ts'
import type { LedgerRecord } from './ledger-state.ts'

const digestOf = (random: Random) => `sha256:${random.int(6)}`

function usageOf(random: Random): Usage {
  const few = (values: readonly (number | null)[]) => values[random.int(values.length)] as number
  const costUsd = few([0, 0.5, null])
  return {
    calls: few([0, 1, 3]),
    tokensIn: few([0, 7]),
    tokensOut: random.int(9),
    costUsd,
    spentUsd: random.int(2) === 0 ? costUsd : few([0, null]),
    latencyMs: random.int(3),
    cachedCalls: few([0, 1]),
    retries: few([0, 2]),
  }
}

/** Some messages are in many prompts, some are too short to be numbered. */
function stepOf(random: Random): TracedStep {
  const prompt = Array.from({ length: random.int(4) }, () => {
    const text = `message ${random.int(5)} `.repeat(random.int(3) * 5)
    return { role: 'user' as const, content: [{ type: 'text' as const, text }] }
  })
  return { predictor: 'p', modelId: 'm', inputs: {}, outputs: {}, prompt, text: 'x' }
}

/** What is told in one run: rows of some candidates, whose numbers another run may give to others. */
function told(random: Random): LedgerRecord[] {
  const records: LedgerRecord[] = [{ type: 'header', digests: { seed: 'x' } }]
  const open: string[] = []
  for (let step = 0; step < 40; step++) {
    const roll = random.int(6)
    const key = `${digestOf(random)} ${random.int(2) ? 'plain' : 'traced'} file.jsonl:${random.int(5)} of it`
    const amounts = { calls: random.int(2), tokens: random.int(2) * 40, usd: 0 }
    if (roll === 0) {
      const digest = digestOf(random)
      records.push({ type: 'candidate', candidate: random.int(4), digest, how: 'told', settings: { model: 'm' } })
    } else if (roll <= 2 && !open.includes(key)) {
      open.push(key)
      records.push({ type: 'row-began', key, ...(random.int(2) && { worst: amounts }) })
    } else if (roll === 3) {
      records.push({ type: 'call-began', call: step, modelId: 'm', worst: amounts })
      records.push({ type: 'call-ended', call: step, taken: amounts })
    } else if (open.length > 0) {
      const ended = random.int(9) === 0 ? key : (open.splice(random.int(open.length), 1)[0] as string)
      const usage = usageOf(random)
      const id = random.int(5) === 0 ? 'another' : ended.split(' ').slice(2).join(' ')
      const steps = random.int(3) === 0 ? { steps: [stepOf(random), stepOf(random)] } : {}
      const row = { id, score: random.int(2), ...(random.int(2) && { outputs: { team: 'a' } }), usage, ...steps }
      const taken = [undefined, amounts, takenBy(usage)][random.int(3)]
      if (roll === 4) records.push({ type: 'row-left', key: ended })
      else records.push({ type: 'row-ended', key: ended, row, ...(taken && { taken }), elapsedMs: step })
    }
  }
  return records
}

const overJson = (value: unknown) => JSON.parse(JSON.stringify(value)) as Json

/** The first run that is not read as it was told, with what stands in the journal in between. */
function unlikeTold(change: (packed: Json, index: number) => Json = (packed) => packed): string | undefined {
  for (let seed = 0; seed < 150; seed++) {
    const random = seededRandom(`records ${seed}`)
    const journal: Json[] = []
    const all: LedgerRecord[] = []
    for (let run = 0; run < 3; run++) {
      const before = new RecordReader()
      for (const one of journal) before.read(one)
      const writer = new RecordWriter(before)
      for (const record of told(random)) {
        all.push(record)
        journal.push(change(overJson(writer.write(record)), journal.length))
      }
      // a process may be killed anywhere: what was not acknowledged is not there
      const kept = all.length - random.int(20)
      journal.length = kept
      all.length = kept
    }
    const reader = new RecordReader()
    const read = journal.map((one) => reader.read(one))
    if (JSON.stringify(sorted(read)) !== JSON.stringify(sorted(all))) return `seed ${seed}`
  }
  return undefined
}

/** With their members in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, one]) => [name, sorted(one)]),
  )
}

describe('records of a ledger', () => {
  test('are read as they were told, also behind those of runs that were killed and numbered candidates otherwise', () => {
    expect(unlikeTold()).toBeUndefined()
  })

  const without = (name: string) => (packed: Json) => {
    const { [name]: _, ...rest } = packed as { readonly [name: string]: Json }
    return rest
  }
  test.each(['of', 'like', 'n', 'taken', 'worst', 'row', 'elapsedMs', 'digest'])(
    'are not all there without %s',
    (name) => {
      expect(() => {
        if (unlikeTold(without(name)) !== undefined) throw new Error('caught')
      }).toThrow()
    },
  )

  test('have each message of many prompts once, as far as messages are numbered', () => {
    const [reader, writer] = [new RecordReader(), new RecordWriter(new RecordReader())]
    const size = (text: string) => {
      const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: text.padEnd(200) }] }]
      const steps = [{ predictor: 'p', modelId: 'm', inputs: {}, outputs: {}, prompt, text: 'x' }]
      const key = `a plain ${text}`
      const row: ScoredRow = { id: text, score: 1, usage: noUsage, steps }
      reader.read(writer.write({ type: 'row-began', key }))
      const packed = writer.write({ type: 'row-ended', key, row, elapsedMs: 0 })
      expect(reader.read(overJson(packed))).toMatchObject({ row: { steps } })
      return JSON.stringify(packed).length
    }
    for (let i = 0; i < 10_000; i++) size(`${i}`)
    expect(size('past the limit')).toBeGreaterThan(200)
    expect(size('past the limit')).toBeGreaterThan(200)
    expect(size('9999')).toBeLessThan(200)
  })

  test('take about half of what they took in full', () => {
    const digest = `sha256:${'a'.repeat(64)}`
    const key = `${digest} plain tickets.jsonl:157`
    const usage: Usage = { ...noUsage, calls: 1, tokensIn: 332, tokensOut: 45, costUsd: 7.68e-5, spentUsd: 7.68e-5 }
    const outputs = { team: 'billing', urgency: 'low', evidence: 'like web shops' }
    const began: LedgerRecord = { type: 'row-began', key, worst: { calls: 1, tokens: 0, usd: 0 } }
    const row = { id: 'tickets.jsonl:157', score: 0.5, outputs, usage: { ...usage, latencyMs: 274.98 } }
    const ended: LedgerRecord = { type: 'row-ended', key, row, taken: takenBy(usage), elapsedMs: 281.5174999999 }
    const writer = new RecordWriter(new RecordReader())
    writer.write({ type: 'candidate', candidate: 3, digest, how: 'told', settings: {} })
    writer.write(began)
    const bytes = (records: readonly unknown[]) =>
      records.reduce<number>((sum, one) => sum + JSON.stringify(one).length, 0)
    expect(bytes([writer.write(began), writer.write(ended)])).toBeLessThan(0.48 * bytes([began, ended]))
  })
})

/** As the release before wrote it. */
const version1 = `{"kind":"dspx-tuning","version":1}
{"type":"header","digests":{"seed":"sha256:7902"}}
{"type":"row-began","key":"sha256:4d0f plain small.jsonl:157","worst":{"calls":1,"tokens":0,"usd":0}}
{"type":"row-ended","key":"sha256:4d0f plain small.jsonl:157","row":{"id":"small.jsonl:157","score":0.5,"outputs":{"team":"billing"},"usage":{"calls":1,"tokensIn":332,"tokensOut":45,"costUsd":0.0000768,"spentUsd":0.0000768,"latencyMs":274.98,"cachedCalls":0,"retries":0}},"taken":{"calls":1,"tokens":377,"usd":0.0000768},"elapsedMs":281.5174999999999}
{"type":"batch","batch":0,"digest":"sha256:bafa"}
{"type":"call-began","call":0,"modelId":"local/small","worst":{"calls":1,"tokens":10,"usd":0}}
{"type":"answer","key":"43a2#0","text":"kept","elapsedMs":398.8}
{"type":"row-began","key":"sha256:4d0f plain small.jsonl:158","worst":{"calls":1,"tokens":377,"usd":0.0000768}}
`

describe('a journal of version 1', () => {
  let path: string
  beforeAll(async () => {
    path = await mkdtemp(join(tmpdir(), 'ledger-1-'))
    await writeFile(join(path, 'journal.jsonl'), version1)
  })
  afterAll(() => rm(path, { recursive: true }))
  const open = () =>
    openLedger({ owner: 'test', path, kind: 'tuning', digests: { seed: 'sha256:7902' }, clock: virtualClock() })

  test('is read, and gone on with as it was written', async () => {
    const key = 'sha256:4d0f plain small.jsonl:158'
    {
      await using ledger = await open()
      expect(ledger.row('sha256:4d0f plain small.jsonl:157')).toMatchObject({ id: 'small.jsonl:157', score: 0.5 })
      expect(ledger.answer('43a2#0')).toBe('kept')
      expect(ledger.unknown).toEqual({ rows: 1, calls: 2, worst: { calls: 2, tokens: 387, usd: 0.0000768 } })
      expect(ledger.spentBefore).toEqual({ calls: 3, tokens: 764, usd: 2 * 0.0000768 })
      ledger.candidate({ candidate: 0, digest: 'sha256:4d0f', how: 'told', settings: {} })
      await ledger.rowBegan(key, { calls: 1, tokens: 0, usd: 0 })
      await ledger.rowEnded(key, { id: 'small.jsonl:158', score: 1, usage: noUsage })
    }
    const text = await readFile(join(path, 'journal.jsonl'), 'utf8')
    expect(text.startsWith(version1)).toBe(true)
    expect(text.slice(version1.length)).toContain(
      `{"type":"row-ended","key":"${key}","row":{"id":"small.jsonl:158","score":1,`,
    )
    await using again = await open()
    expect([again.row(key)?.score, again.unknown.rows]).toEqual([1, 0])
  })

  test('of a later version than ours is refused', async () => {
    const later = join(path, 'later')
    const options = { owner: 'test', path: later, kind: 'tuning', digests: {}, clock: virtualClock() } as const
    await (await openLedger(options))[Symbol.asyncDispose]()
    const file = join(later, 'journal.jsonl')
    await writeFile(file, (await readFile(file, 'utf8')).replace('"version":2', '"version":3'))
    await expect(openLedger(options)).rejects.toMatchObject({ code: 'foundation/journal-version', data: { got: 3 } })
  })
})
