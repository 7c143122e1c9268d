import { type Random, seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { type WatchNews, type WatchProgress, watchAgain, watchBegin, watchStep } from './watch-progress.ts'

type Step = typeof watchStep
type Message = Extract<WatchNews, { type: 'message' }>

/** A stream that keeps the newest message of each key, and what it sends to a watch that begins with those. */
class ModelStream {
  #newest = 0
  consumed = 0
  readonly #keys = new Map<string, number>()
  #rest: number[] = []
  #next = 1

  write(key: string): void {
    this.#keys.set(key, ++this.#newest)
  }

  begin(): void {
    this.#rest = [...this.#keys.values()].sort((a, b) => a - b)
    this.#next = this.#newest + 1
    this.consumed = 0
  }

  get pending(): number {
    return this.#left().length
  }

  /** The next message with its key; undefined when there is none. */
  send(): readonly [string, Message] | undefined {
    const [streamSequence] = this.#left()
    if (streamSequence === undefined) return undefined
    this.#rest = this.#rest.filter((one) => one > streamSequence)
    this.#next = Math.max(this.#next, streamSequence + 1)
    const key = [...this.#keys].find(([, sequence]) => sequence === streamSequence)?.[0] ?? ''
    return [key, { type: 'message', consumerSequence: ++this.consumed, streamSequence, pending: this.pending }]
  }

  /** What was replaced before it was sent is skipped. */
  #left(): readonly number[] {
    const kept = [...this.#keys.values()].sort((a, b) => a - b)
    const there = new Set(kept)
    const rest = this.#rest.filter((one) => there.has(one))
    return [...rest, ...kept.filter((one) => one >= this.#next && !rest.includes(one))]
  }
}

/** Throws when the watch is ready before it heard of all keys there were, or is not when nothing is left. */
function checkReadiness(step: Step, random: Random): void {
  const stream = new ModelStream()
  const there = Array.from({ length: random.int(6) }, () => `k${random.int(4)}`)
  // The server that sends may be behind the one that leads.
  const late = there.slice(random.int(there.length + 1))
  for (const key of there.slice(0, there.length - late.length)) stream.write(key)
  stream.begin()
  const told = new Set<string>()
  let progress: WatchProgress = watchBegin(there.length)
  const hear = (news: WatchNews) => {
    const next = step(progress, news)
    if (next === 'gap') throw new Error('a gap where nothing was missed')
    progress = next
    if (progress.ready && !there.every((key) => told.has(key))) throw new Error('ready too early')
  }
  const pending = stream.pending
  let beganIn = random.int(4)
  for (let turn = 0; turn < 30; turn++) {
    if (beganIn-- === 0) hear({ type: 'began', pending })
    if (random.int(2) === 0) stream.write(late.shift() ?? `k${random.int(5)}`)
    const sent = random.int(3) > 0 ? stream.send() : undefined
    if (sent === undefined) continue
    told.add(sent[0])
    hear(sent[1])
  }
  for (const key of late) stream.write(key)
  for (let sent = stream.send(); sent !== undefined; sent = stream.send()) {
    told.add(sent[0])
    hear(sent[1])
  }
  hear({ type: 'idle', consumerSequence: stream.consumed })
  if (!progress.ready) throw new Error('never ready')
}

/** Throws unless a message that is lost shows by the next thing that is heard. */
function checkGaps(step: Step, random: Random): void {
  let progress: WatchProgress = { ...watchAgain(watchBegin(0)), ready: true }
  const lostAt = 1 + random.int(5)
  for (let i = 1; i < lostAt; i++) {
    const next = step(progress, { type: 'message', consumerSequence: i, streamSequence: i, pending: 1 })
    if (next === 'gap') throw new Error('a gap where nothing was missed')
    progress = next
  }
  const after: WatchNews =
    random.int(2) === 0
      ? { type: 'idle', consumerSequence: lostAt }
      : { type: 'message', consumerSequence: lostAt + 1, streamSequence: lostAt + 1, pending: 0 }
  if (step(progress, after) !== 'gap') throw new Error('a gap that did not show')
}

function failures(step: Step): number {
  let failed = 0
  for (let seed = 0; seed < 400; seed++) {
    for (const check of [checkReadiness, checkGaps]) {
      try {
        check(step, seededRandom(`watch ${seed}`))
      } catch {
        failed++
      }
    }
  }
  return failed
}

const bugs: { readonly [bug: string]: Step } = {
  'ready at once': (progress, news) => {
    const next = watchStep(progress, news)
    return next === 'gap' ? next : { ...next, ready: true }
  },
  'ready when a server that is behind has nothing left': (progress, news) =>
    watchStep({ ...progress, newest: 0 }, news),
  'ready with one message left': (progress, news) => {
    const next = watchStep(progress, news)
    return next === 'gap' || news.type !== 'message'
      ? next
      : { ...next, ready: next.ready || (news.pending <= 1 && next.streamSequence >= next.newest) }
  },
  'a gap among messages that does not show': (progress, news) =>
    watchStep(news.type === 'message' ? { ...progress, consumerSequence: news.consumerSequence - 1 } : progress, news),
  'a gap at the end that does not show': (progress, news) =>
    watchStep(news.type === 'idle' ? { ...progress, consumerSequence: news.consumerSequence } : progress, news),
  'silence that does not make it ready': (progress, news) =>
    news.type === 'idle' ? progress : watchStep(progress, news),
}

describe('watchStep', () => {
  test('a watch is ready once it has heard of all there was, and what it missed shows', () => {
    expect(failures(watchStep)).toBe(0)
  })

  test('a watch of nothing is ready at once', () => {
    expect(watchStep(watchBegin(0), { type: 'began', pending: 0 })).toMatchObject({ ready: true })
  })

  test('a new consumer counts from 1, where the old one stopped', () => {
    const heard = { ...watchBegin(0), consumerSequence: 5, streamSequence: 9, ready: true }
    const next = watchStep(watchAgain(heard), {
      type: 'message',
      consumerSequence: 1,
      streamSequence: 12,
      pending: 0,
    })
    expect(next).toMatchObject({ consumerSequence: 1, streamSequence: 12, ready: true })
  })

  test.for(Object.entries(bugs))('the laws notice: %s', ([, step]) => {
    expect(failures(step)).toBeGreaterThan(0)
  })
})
