/** Asks each agent itself and takes what it says: for those who trust whoever asks. */

import { type CancelTimer, type Clock, hasCode, isMabeamError, messageOf } from '@mabeam/foundation'
import { checkedAnswer, inShort } from '../../agents/checked-answer.ts'
import type { TeamMember } from '../../agents/team.ts'
import { type CollectedAsk, type Collector, type Gathered, inputOf } from '../collector.ts'
import type { Absence, Answer } from '../protocol.ts'

/** *Delivery*: each agent is called once for each ask. What comes after its time is dropped. */
export function directCollector(clock: Clock): Collector {
  return {
    mode: 'direct',
    collect: (ask, hear, signal) => new DirectGathering(clock, ask, hear).run(signal),
  }
}

class DirectGathering {
  readonly #clock: Clock
  readonly #ask: CollectedAsk
  readonly #hear: (gathered: Gathered) => void
  readonly #askedMs: number
  readonly #waiting: Set<string>
  readonly #done = Promise.withResolvers<void>()
  /** Ends the calls that are still under way. */
  readonly #calls = new AbortController()
  #batch: Answer[] = []
  #messages = 0
  #bytes = 0
  #cancelTimer: CancelTimer = () => {}
  #isOver = false

  constructor(clock: Clock, ask: CollectedAsk, hear: (gathered: Gathered) => void) {
    this.#clock = clock
    this.#ask = ask
    this.#hear = hear
    this.#askedMs = clock.monotonicMs()
    this.#waiting = new Set(ask.to.map(({ id }) => id))
  }

  async run(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const { to, inputBytes, timeoutMs } = this.#ask
    const onAbort = () => {
      this.#stop()
      this.#calls.abort(signal.reason)
      this.#done.reject(signal.reason)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    this.#hear({ answers: [], messages: to.length, bytes: to.length * inputBytes })
    for (const member of to) this.#call(member)
    if (!this.#isOver) this.#cancelTimer = this.#clock.setTimer(timeoutMs, () => this.#timeIsUp())
    try {
      await this.#done.promise
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  #call({ id, actor }: TeamMember): void {
    if (this.#isOver) return
    const { request, timeoutMs } = this.#ask
    const take = (raw: unknown) => this.#take(id, raw)
    const miss = (thrown: unknown) => this.#miss(id, absenceOf(thrown), becauseOf(thrown))
    try {
      actor.call(request, inputOf(this.#ask, id), { timeoutMs, signal: this.#calls.signal }).then(take, miss)
    } catch (thrown) {
      miss(thrown)
    }
  }

  #take(from: string, raw: unknown): void {
    if (!this.#waiting.delete(from)) return
    const { request, answerBytesMax } = this.#ask
    const { bytes, ...said } = checkedAnswer(request, raw, answerBytesMax)
    this.#messages++
    this.#bytes += bytes
    this.#put({ from, ...said, latencyMs: this.#sinceMs() } as Answer)
  }

  #miss(from: string, absent: Absence, because?: string): void {
    if (!this.#waiting.delete(from)) return
    // Who is late or gone has sent nothing.
    if (absent !== 'late' && absent !== 'gone') this.#messages++
    const missing = { from, absent, latencyMs: this.#sinceMs() }
    this.#put(because === undefined ? missing : { ...missing, because })
  }

  /** What is there in this turn is told together. */
  #put(answer: Answer): void {
    if (this.#batch.push(answer) === 1) queueMicrotask(() => this.#flush())
  }

  #flush(): void {
    if (this.#isOver) return
    const gathered = { answers: this.#batch, messages: this.#messages, bytes: this.#bytes }
    this.#batch = []
    this.#messages = 0
    this.#bytes = 0
    const isAll = this.#waiting.size === 0
    if (isAll) this.#stop()
    this.#hear(gathered)
    if (isAll) this.#done.resolve()
  }

  #timeIsUp(): void {
    for (const from of [...this.#waiting]) this.#miss(from, 'late')
    this.#flush()
    this.#calls.abort(new DOMException('the time for answers is up', 'TimeoutError'))
  }

  #stop(): void {
    this.#isOver = true
    this.#cancelTimer()
  }

  #sinceMs(): number {
    return this.#clock.monotonicMs() - this.#askedMs
  }
}

const absences: { readonly [code: string]: Absence } = {
  'foundation/call-timeout': 'late',
  'foundation/mailbox-full': 'late',
  'foundation/actor-moved': 'gone',
  'foundation/actor-stopped': 'gone',
  'foundation/engine-unavailable': 'gone',
  'foundation/link-broken': 'gone',
  'foundation/no-such-actor': 'gone',
  'foundation/node-down': 'gone',
  'foundation/node-stopped': 'gone',
  'foundation/node-unreachable': 'gone',
  'foundation/place-timeout': 'gone',
  'foundation/payload-too-large': 'too-large',
  'foundation/unsendable': 'malformed',
}

/** In words, where that says more than how long was waited. */
function becauseOf(thrown: unknown): string | undefined {
  return hasCode(thrown, 'foundation/call-timeout') ? undefined : inShort(messageOf(thrown))
}

/** Why a call brought no answer. */
export function absenceOf(thrown: unknown): Absence {
  if (!isMabeamError(thrown)) return 'failed'
  if (thrown.code !== 'foundation/actor-crashed') return absences[thrown.code] ?? 'failed'
  // An answer that can't be sent is a crash of who gave it.
  const { error } = thrown.data
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  const absent = absences[code]
  return absent === 'too-large' || absent === 'malformed' ? absent : 'failed'
}
