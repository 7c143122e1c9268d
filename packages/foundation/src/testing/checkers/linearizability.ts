/**
 * Whether a history could be that of one object that does one thing at a time, each somewhere between its invocation and its
 * completion. Keys are objects of their own and are checked apart. What failed had no effect; what is unknown takes
 * effect at any time after its invocation, or never.
 *
 * Source: Wing & Gong, Testing and Verifying Concurrent Objects, J. Parallel Distrib. Comput. 17, 1993, with the cache of
 * Lowe, Testing for Linearizability, 2017, as in Porcupine. Differs: the cache key holds only what the real-time order
 * leaves open, and beginnings of the history are searched before the whole.
 */

import { checkOptions, rule } from '../../options.ts'
import type { HistoryEvent } from '../history.ts'
import { type Operation, operationsOf, operationText } from './operation.ts'
import { registerModel } from './register-model.ts'
import { type Verdict, violation, worstVerdict } from './verdict.ts'

/** What an object does, one operation at a time. States are texts, so that equal ones are known as such. */
export interface SequentialModel {
  readonly initial: string
  /** The state after it; undefined when it can't have gone so. One that is unknown is always possible. */
  step(state: string, operation: Operation): string | undefined
}

export interface LinearizabilityOptions {
  /** @default registerModel */
  readonly model?: SequentialModel
  /** Steps of the search for one key at most; past them it says `undecided`. @default 1_000_000 */
  readonly stepsMax?: number
}

const linearizabilityDefaults = {
  model: registerModel,
  stepsMax: 1_000_000,
} as const satisfies Required<LinearizabilityOptions>

/** @example checkLinearizable(history) // => { type: 'violation', reason: 'key "a": …', operations: [...] } */
export function checkLinearizable(history: readonly HistoryEvent[], options: LinearizabilityOptions = {}): Verdict {
  checkOptions('checkLinearizable', options, {
    model: rule.optional(rule.object()),
    stepsMax: rule.optional(rule.int(1)),
  })
  const settings = { ...linearizabilityDefaults, ...options }
  const byKey = Map.groupBy(operationsOf(history), (one) => one.key)
  return worstVerdict([...byKey.values()].map((operations) => checkOne(operations, settings)))
}

function checkOne(operations: readonly Operation[], settings: Required<LinearizabilityOptions>): Verdict {
  const ends = operations.flatMap((one) => (one.outcome === 'ok' ? [one.completedAt] : [])).sort((a, b) => a - b)
  // A history that begins with one that can't be explained can't be either, and the short one is searched much faster.
  let good = -1
  for (let count = 16; good < ends.length - 1; count *= 2) {
    const bad = Math.min(count, ends.length) - 1
    const found = search(until(operations, ends[bad] as number), settings)
    if (found.type === 'impossible') return culprit(operations, settings, { ends, good, bad })
    if (found.type === 'undecided') {
      const key = JSON.stringify(operations[0]?.key)
      return { type: 'undecided', reason: `key ${key}: no answer within ${settings.stepsMax} steps` }
    }
    good = bad
  }
  return { type: 'ok' }
}

interface Found {
  readonly ends: readonly number[]
  /** Index in `ends` of a completion up to which all can be explained, -1 for none, and of one up to which it can't. */
  readonly good: number
  readonly bad: number
}

/** The first completion that can't be explained is halved for. */
function culprit(operations: readonly Operation[], settings: Required<LinearizabilityOptions>, found: Found): Verdict {
  const { ends } = found
  let { good, bad } = found
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (search(until(operations, ends[middle] as number), settings).type === 'impossible') bad = middle
    else good = middle
  }
  const end = ends[bad] as number
  const at = operations.find((one) => one.completedAt === end) as Operation
  const before = good < 0 ? undefined : search(until(operations, ends[good] as number), settings)
  const order = before?.type === 'explained' ? before.order : []
  const concurrent = operations.filter(
    (one) => one !== at && one.outcome !== 'fail' && one.invokedAt < end && one.completedAt > at.invokedAt,
  )
  const last = order.findLast((one) => one.invokedAt !== at.invokedAt && !isAmong(concurrent, one))
  const involved = [at, ...(last === undefined ? [] : [last]), ...concurrent]
  const story = last === undefined ? 'with nothing before it' : `with ${operationText(last)} before it`
  return violation(`key ${JSON.stringify(at.key)}: nothing explains ${operationText(at)}, ${story}`, involved)
}

/** The operations as they stood after the event `end`. */
function until(operations: readonly Operation[], end: number): readonly Operation[] {
  return operations.flatMap((one) => {
    if (one.invokedAt > end) return []
    const isOpen = one.completedAt > end && one.outcome === 'ok'
    return [isOpen ? { ...one, outcome: 'unknown' as const, completedAt: Number.POSITIVE_INFINITY } : one]
  })
}

function isAmong(operations: readonly Operation[], { invokedAt }: Operation): boolean {
  return operations.some((one) => one.invokedAt === invokedAt)
}

type Search =
  | { readonly type: 'explained'; readonly order: readonly Operation[] }
  | { readonly type: 'impossible' }
  | { readonly type: 'undecided' }

/** An invocation or a completion that has not been passed, in a list that gives back what it was taken. */
interface Mark {
  readonly id: number
  readonly isEnd: boolean
  previous: Mark | undefined
  next: Mark | undefined
}

function search(all: readonly Operation[], { model, stepsMax }: Required<LinearizabilityOptions>): Search {
  const operations = all.filter((one) => one.outcome === 'ok' || (one.outcome === 'unknown' && one.op !== 'read'))
  const { head, ends } = marksOf(operations)
  const progress = new Progress(operations)
  const seen = new Set<string>()
  const chosen: { readonly start: Mark; readonly state: string }[] = []
  let state = model.initial
  let mark = head.next
  for (let steps = 0; progress.knownLeft > 0; steps++) {
    if (steps >= stepsMax) return { type: 'undecided' }
    if (mark !== undefined && !mark.isEnd) {
      const next = nextState(mark)
      if (next !== undefined && isNew(seen, progress.textWith(mark.id), [next, isKnown(mark) ? '' : state])) {
        chosen.push({ start: mark, state })
        progress.take(mark.id)
        take(mark, ends[mark.id])
        state = next
        mark = head.next
      } else mark = mark.next
      continue
    }
    // An end that nothing chosen so far explains: go back on the last choice.
    const last = chosen.pop()
    if (last === undefined) return { type: 'impossible' }
    state = last.state
    progress.giveBack(last.start.id)
    giveBack(last.start, ends[last.start.id])
    mark = last.start.next
  }
  return { type: 'explained', order: chosen.map((one) => operations[one.start.id] as Operation) }

  function isKnown({ id }: Mark): boolean {
    return operations[id]?.outcome === 'ok'
  }

  /** What is unknown may as well never happen, so it is chosen only where that makes a difference to what comes next. */
  function nextState(mark: Mark): string | undefined {
    const operation = operations[mark.id] as Operation
    const next = model.step(state, operation)
    const last = chosen.at(-1)
    const isIdle = next === state && !isKnown(mark)
    const isSameWithoutLast = last !== undefined && !isKnown(last.start) && model.step(last.state, operation) === next
    return isIdle || isSameWithoutLast ? undefined : next
  }
}

function isNew(seen: Set<string>, taken: string, states: readonly [next: string, before: string]): boolean {
  const key = `${taken}|${states.join('|')}`
  if (seen.has(key)) return false
  seen.add(key)
  return true
}

function marksOf(operations: readonly Operation[]): { head: Mark; ends: readonly (Mark | undefined)[] } {
  const head: Mark = { id: -1, isEnd: false, previous: undefined, next: undefined }
  const ends = new Array<Mark | undefined>(operations.length).fill(undefined)
  const at = operations.flatMap(({ invokedAt, completedAt }, id) => [
    { id, isEnd: false, index: invokedAt },
    ...(completedAt === Number.POSITIVE_INFINITY ? [] : [{ id, isEnd: true, index: completedAt }]),
  ])
  let last = head
  for (const { id, isEnd } of at.sort((a, b) => a.index - b.index)) {
    const mark: Mark = { id, isEnd, previous: last, next: undefined }
    if (isEnd) ends[id] = mark
    last.next = mark
    last = mark
  }
  return { head, ends }
}

function take(start: Mark, end: Mark | undefined): void {
  for (const mark of end === undefined ? [start] : [start, end]) {
    if (mark.previous !== undefined) mark.previous.next = mark.next
    if (mark.next !== undefined) mark.next.previous = mark.previous
  }
}

function giveBack(start: Mark, end: Mark | undefined): void {
  for (const mark of end === undefined ? [start] : [end, start]) {
    if (mark.previous !== undefined) mark.previous.next = mark
    if (mark.next !== undefined) mark.next.previous = mark
  }
}

/** Which operations have been chosen. Known ones before the first that is left have all been, which keeps the text short. */
class Progress {
  knownLeft: number
  readonly #operations: readonly Operation[]
  readonly #taken: boolean[]
  readonly #unknown: readonly number[]
  #firstLeft = 0

  constructor(operations: readonly Operation[]) {
    this.#operations = operations
    this.#taken = operations.map(() => false)
    this.#unknown = operations.flatMap((one, id) => (one.outcome === 'unknown' ? [id] : []))
    this.knownLeft = operations.length - this.#unknown.length
  }

  take(id: number): void {
    this.#taken[id] = true
    if (this.#isKnown(id)) this.knownLeft--
  }

  giveBack(id: number): void {
    this.#taken[id] = false
    if (!this.#isKnown(id)) return
    this.knownLeft++
    this.#firstLeft = Math.min(this.#firstLeft, id)
  }

  /** What has been chosen, with `id` as well. */
  textWith(id: number): string {
    const has = (one: number) => one === id || this.#taken[one] === true
    let first = this.#firstLeft
    const isPassed = (one: number) => one < this.#taken.length && (!this.#isKnown(one) || this.#taken[one] === true)
    while (isPassed(first)) first++
    this.#firstLeft = first
    while (first < this.#taken.length && (!this.#isKnown(first) || has(first))) first++
    const text = [`${first}`]
    const endsAt = this.#operations[first]?.completedAt ?? -1
    for (let one = first + 1; (this.#operations[one]?.invokedAt ?? Number.POSITIVE_INFINITY) < endsAt; one++) {
      if (this.#isKnown(one) && has(one)) text.push(`${one}`)
    }
    text.push('-')
    for (const one of this.#unknown) if (has(one)) text.push(`${one}`)
    return text.join(' ')
  }

  #isKnown(id: number): boolean {
    return this.#operations[id]?.outcome === 'ok'
  }
}
