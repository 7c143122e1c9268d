/**
 * How records of a ledger stand in its journal: short, since a study of 60 candidates on 300 rows has 36,000 of them. What a row has
 * in common with others is written once: its key by the number of the row, the digest in it by the number of the candidate, and of
 * usage and amounts only what is not as usual. Version 1 wrote everything in full; it is read, and gone on with, as it is.
 */

import type { Json } from '@mabeam/foundation'
import type { BudgetAmounts } from '../models/budget/budget.ts'
import { noAmounts } from '../models/budget/budget-amounts.ts'
import type { PromptMessage } from '../models/language-model.ts'
import { noUsage, type Usage } from '../models/usage.ts'
import type { ScoredRow, TracedStep } from '../tuning/teleprompter.ts'
import type { EvaluatedExample } from './evaluation-summary.ts'
import type { LedgerRecord } from './ledger-state.ts'

/** Of journals that are begun now. */
export const ledgerVersion = 2

/** What stands in a journal; in one of version 1 it is the record itself. */
type Packed = { readonly type?: unknown; readonly n?: number } & { readonly [key: string]: unknown }

type ShortRow = Omit<EvaluatedExample, 'id' | 'usage'> & {
  readonly id?: string
  readonly usage: Partial<Usage>
  readonly steps?: readonly ShortStep[]
}
/** A message that stands in the journal before is its number. */
type ShortStep = Omit<TracedStep, 'prompt'> & { readonly prompt: readonly (PromptMessage | number)[] }

/** What a record need not say again. */
interface LastWritten {
  worst: BudgetAmounts
  elapsedMs: number
}

/** Reads what stands in a journal of either version, in its order. */
export class RecordReader {
  /** Digests of candidates, by their number. */
  readonly #digests = new Map<number, string>()
  /** Keys of rows that have begun, by their number. */
  readonly #keys = new Map<number, string>()
  /** What stands behind the digest in keys, by the number of the first row that had it. */
  readonly #names = new Map<number, string>()
  readonly #messages: PromptMessage[] = []
  readonly #last: LastWritten = { worst: noAmounts, elapsedMs: 0 }
  /** Rows that have begun. */
  rows = 0

  /** The record; one of a kind that this release does not know as it is. */
  read(json: Json): LedgerRecord {
    const packed = json as Packed
    if (packed.type === 'candidate') {
      const { candidate, digest } = packed as unknown as Extract<LedgerRecord, { type: 'candidate' }>
      this.#digests.set(candidate, digest)
    }
    if (packed.n !== undefined) return this.#row(packed, packed.n)
    if (packed.type === 'call-began') return { ...packed, worst: amountsOf(packed.worst) } as LedgerRecord
    if (packed.type === 'call-ended') return { ...packed, taken: amountsOf(packed.taken) } as LedgerRecord
    return packed as unknown as LedgerRecord
  }

  /** Digests by the numbers of candidates, as they are now. */
  get candidates(): ReadonlyMap<number, string> {
    return this.#digests
  }

  get names(): ReadonlyMap<number, string> {
    return this.#names
  }

  get messages(): readonly PromptMessage[] {
    return this.#messages
  }

  #row({ n: _, of, like, ...packed }: Packed, number: number): LedgerRecord {
    if (packed.type === 'row-began') {
      const head = of === undefined ? '' : `${this.#digests.get(of as number)} `
      const name = like === undefined ? String(packed.key) : (this.#names.get(like as number) ?? '')
      if (of !== undefined && like === undefined) this.#names.set(number, name)
      const key = `${head}${name}`
      this.#keys.set(number, key)
      this.rows = Math.max(this.rows, number + 1)
      const { worst: said } = packed
      if (said === undefined) return { type: 'row-began', key }
      const worst = said === true ? this.#last.worst : amountsOf(said)
      this.#last.worst = worst
      return { type: 'row-began', key, worst }
    }
    const key = this.#keys.get(number) ?? ''
    this.#keys.delete(number)
    if (packed.type !== 'row-ended') return { ...packed, key } as unknown as LedgerRecord
    const { row: short, taken } = packed as { readonly row: ShortRow; readonly taken?: unknown }
    const { elapsedMs = this.#last.elapsedMs } = packed as { readonly elapsedMs?: number }
    this.#last.elapsedMs = elapsedMs
    const { id = idIn(key), usage: unusual, steps, ...rest } = short
    const said = { ...usualUsage, ...unusual }
    const usage = { ...said, spentUsd: Object.hasOwn(unusual, 'spentUsd') ? said.spentUsd : said.costUsd }
    const row: ScoredRow = { id, ...rest, usage, ...(steps && { steps: steps.map((step) => this.#step(step)) }) }
    const paid = taken === true ? takenBy(usage) : amountsOf(taken)
    return { type: 'row-ended', key, row, ...(taken !== undefined && { taken: paid }), elapsedMs }
  }

  #step({ prompt, ...step }: ShortStep): TracedStep {
    return { ...step, prompt: prompt.map((message) => this.#message(message)) }
  }

  #message(message: PromptMessage | number): PromptMessage {
    if (typeof message === 'number') return this.#messages[message] as PromptMessage
    if (isNumbered(JSON.stringify(message), this.#messages.length)) this.#messages.push(message)
    return message
  }
}

/** Messages that are numbered, and how long one must be. */
const messagesMax = 10_000
const messageCharsMin = 100

/** Writes records behind those that a reader has read, so that it would read them. */
export class RecordWriter {
  readonly #digests: Map<number, string>
  readonly #candidates = new Map<string, number>()
  readonly #open = new Map<string, number>()
  readonly #names = new Map<string, number>()
  readonly #messages = new Map<string, number>()
  /** Of this run: what runs before it wrote is not relied on. */
  readonly #last: { worst?: BudgetAmounts; elapsedMs?: number } = {}
  #rows: number

  constructor({ rows, candidates, names, messages }: Pick<RecordReader, 'rows' | 'candidates' | 'names' | 'messages'>) {
    this.#rows = rows
    for (const [number, name] of names) this.#names.set(name, number)
    for (const [number, message] of messages.entries()) this.#messages.set(JSON.stringify(message), number)
    this.#digests = new Map(candidates)
    for (const [candidate, digest] of candidates) this.#candidates.set(digest, candidate)
  }

  /** Whether a candidate is known by this number. */
  knows(candidate: number, digest: string): boolean {
    return this.#candidates.get(digest) === candidate
  }

  write(record: LedgerRecord): Json {
    return this.#packed(record) as unknown as Json
  }

  #packed(record: LedgerRecord): unknown {
    switch (record.type) {
      case 'candidate':
        // work that is resumed with another budget may give a number to another candidate
        this.#candidates.delete(this.#digests.get(record.candidate) ?? '')
        this.#candidates.set(record.digest, record.candidate)
        this.#digests.set(record.candidate, record.digest)
        return record
      case 'row-began':
        return this.#began(record)
      case 'row-ended':
        return this.#ended(record)
      case 'row-left':
        return { type: record.type, ...this.#closed(record.key) }
      case 'call-began':
        return { ...record, worst: shortAmounts(record.worst) }
      case 'call-ended':
        return { ...record, taken: shortAmounts(record.taken) }
      default:
        return record
    }
  }

  #began({ type, key, worst }: Extract<LedgerRecord, { type: 'row-began' }>): unknown {
    const n = this.#rows++
    this.#open.set(key, n)
    const digest = key.slice(0, Math.max(0, key.indexOf(' ')))
    const of = this.#candidates.get(digest)
    const name = of === undefined ? { key } : { of, ...this.#named(key.slice(digest.length + 1), n) }
    return { type, n, ...name, ...(worst && { worst: this.#worst(worst) }) }
  }

  /** Most rows may take what the one before may. */
  #worst(worst: BudgetAmounts): Partial<BudgetAmounts> | true {
    const { worst: last } = this.#last
    this.#last.worst = worst
    if (last && isSame(worst, last)) return true
    return shortAmounts(worst)
  }

  #named(key: string, n: number): { readonly key: string } | { readonly like: number } {
    const like = this.#names.get(key)
    if (like !== undefined) return { like }
    this.#names.set(key, n)
    return { key }
  }

  #ended({ type, key, row, taken, elapsedMs }: Extract<LedgerRecord, { type: 'row-ended' }>): unknown {
    const name = this.#closed(key)
    if (name.key !== undefined) return { type, key, row, ...(taken && { taken }), elapsedMs }
    const { id, usage, steps, ...rest } = row as ScoredRow
    const short = {
      ...(id !== idIn(key) && { id }),
      ...rest,
      usage: shortUsage(usage),
      ...(steps && { steps: steps.map((step) => ({ ...step, prompt: step.prompt.map((one) => this.#message(one)) })) }),
    }
    const paid = taken && (isSame(taken, takenBy(usage)) ? true : shortAmounts(taken))
    const ms = Math.ceil(elapsedMs)
    const isLater = ms !== this.#last.elapsedMs
    this.#last.elapsedMs = ms
    return { type, ...name, row: short, ...(paid && { taken: paid }), ...(isLater && { elapsedMs: ms }) }
  }

  /** A message that stands in the journal already, by its number; most of a prompt is in others too. */
  #message(message: PromptMessage): PromptMessage | number {
    const text = JSON.stringify(message)
    const known = this.#messages.get(text)
    if (known === undefined && isNumbered(text, this.#messages.size)) this.#messages.set(text, this.#messages.size)
    return known ?? message
  }

  /** A row that was never begun here is named in full. */
  #closed(key: string): { readonly n: number; readonly key?: never } | { readonly key: string } {
    const n = this.#open.get(key)
    this.#open.delete(key)
    return n === undefined ? { key } : { n }
  }
}

function isNumbered(text: string, before: number): boolean {
  return text.length >= messageCharsMin && before < messagesMax
}

/** What a row took of a budget by its usage: cached answers were not paid. */
export function takenBy({ calls, cachedCalls, tokensIn, tokensOut, spentUsd }: Usage): BudgetAmounts {
  return { calls: calls - cachedCalls, tokens: tokensIn + tokensOut, usd: spentUsd ?? 0 }
}

/** Behind what comes first in a key: a digest, and how the row was tried. */
function idIn(key: string): string {
  return key.split(' ').slice(2).join(' ')
}

const usualUsage: Usage = { ...noUsage, calls: 1 }

function shortUsage(usage: Usage): Partial<Usage> {
  const { spentUsd, ...others } = usage
  const unusual = Object.entries(others).filter(([name, value]) => value !== usualUsage[name as keyof Usage])
  return { ...Object.fromEntries(unusual), ...(spentUsd !== usage.costUsd && { spentUsd }) }
}

function shortAmounts(amounts: BudgetAmounts): Partial<BudgetAmounts> {
  return Object.fromEntries(Object.entries(amounts).filter(([, value]) => value !== 0))
}

function amountsOf(short: unknown): BudgetAmounts {
  return { ...noAmounts, ...(short as Partial<BudgetAmounts>) }
}

function isSame(a: BudgetAmounts, b: BudgetAmounts): boolean {
  return a.calls === b.calls && a.tokens === b.tokens && a.usd === b.usd
}
