/**
 * A service with few workers and a queue, and a client that sends requests to it in batches, gives up, tries again and hedges. Work that the
 * client gave up is done all the same, so an impatient client makes the service slower. In virtual time, from a seed.
 */

import type { Random } from '@mabeam/foundation'

/** How the client calls. */
export interface Policy {
  /** Requests in one call; a call waits until it has as many. */
  readonly batch: number
  /** How long one attempt is waited for. */
  readonly timeoutMs: number
  readonly attempts: number
  /** Before the second attempt, twice that before the third, and so on. */
  readonly backoffMs?: number | undefined
  /** Whether half of the wait is drawn at random. */
  readonly jitter?: boolean | undefined
  /** When an attempt gets a twin, as a share of its timeout. */
  readonly hedge: 'never' | 'half' | 'quarter'
}

/** What it came to. */
export interface Service {
  /** The share of requests with an answer. */
  readonly success: number
  /** Of a thousand requests. */
  readonly costUsd: number
  /** From a request to its answer, or until it was given up; the 95th of 100. */
  readonly p95Ms: number
}

const load = { requests: 400, perSec: 120 }
const workers = 4
const work = { perCallMs: 26, perRequestMs: 4, stalls: 0.03, stallFactor: 15, errors: 0.06, errorMs: 10 }
const price = { callUsd: 0.0004, requestUsd: 0.0001 }
const hedgeShares = { never: Number.POSITIVE_INFINITY, half: 0.5, quarter: 0.25 }

/** One call on its way, with all its attempts. */
interface Call {
  readonly arrivedMs: readonly number[]
  attempt: number
  doneMs: number | undefined
  isAnswered: boolean
}

interface Event {
  readonly atMs: number
  readonly run: (atMs: number) => void
}

/** What is to come, the last first. */
class Agenda {
  readonly #events: Event[] = []

  add(event: Event): void {
    let [low, high] = [0, this.#events.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#events[middle] as Event).atMs > event.atMs) low = middle + 1
      else high = middle
    }
    this.#events.splice(low, 0, event)
  }

  next(): Event | undefined {
    return this.#events.pop()
  }
}

/** Runs `load.requests` requests. The same stream gives the same outcome. */
export function simulate(policy: Policy, random: Random): Service {
  const calls = callsOf(policy, random.fork('arrivals'))
  const [times, luck] = [random.fork('times'), random.fork('luck')]
  const freeMs = Array.from({ length: workers }, () => 0)
  const events = new Agenda()
  const at = (atMs: number, run: (atMs: number) => void) => events.add({ atMs, run })
  let costUsd = 0

  /** Puts a call into the queue of the service, which is first come, first served; says when its worker is done with it. */
  const send = (call: Call, nowMs: number, onError: (atMs: number) => void) => {
    costUsd += price.callUsd + price.requestUsd * call.arrivedMs.length
    const worker = freeMs.indexOf(Math.min(...freeMs))
    const beginMs = Math.max(nowMs, freeMs[worker] as number)
    const fails = luck.next() < work.errors
    const stall = luck.next() < work.stalls ? work.stallFactor : 1
    const tookMs = (work.perCallMs + work.perRequestMs * call.arrivedMs.length) * (0.6 + 0.8 * times.next()) * stall
    const endMs = beginMs + (fails ? work.errorMs : tookMs)
    freeMs[worker] = endMs
    at(endMs, fails ? onError : (nowMs) => answer(call, nowMs))
  }
  const answer = (call: Call, nowMs: number) => {
    if (call.doneMs !== undefined) return
    call.doneMs = nowMs
    call.isAnswered = true
  }
  const attempt = (call: Call, nowMs: number) => {
    const own = ++call.attempt
    const over = (nowMs: number) => {
      if (call.doneMs !== undefined || call.attempt !== own) return
      if (own >= policy.attempts) {
        call.doneMs = nowMs
        return
      }
      const waitMs = (policy.backoffMs ?? 0) * 2 ** (own - 1)
      at(nowMs + (policy.jitter ? waitMs * (0.5 + 0.5 * times.next()) : waitMs), (nowMs) => {
        if (call.doneMs === undefined && call.attempt === own) attempt(call, nowMs)
      })
    }
    send(call, nowMs, over)
    at(nowMs + policy.timeoutMs, over)
    const hedgeMs = policy.timeoutMs * hedgeShares[policy.hedge]
    if (!Number.isFinite(hedgeMs)) return
    at(nowMs + hedgeMs, (nowMs) => {
      if (call.doneMs === undefined && call.attempt === own) send(call, nowMs, () => {})
    })
  }

  for (const call of calls) at(call.arrivedMs.at(-1) as number, (nowMs) => attempt(call, nowMs))
  for (let event = events.next(); event; event = events.next()) event.run(event.atMs)
  const latencies = calls.flatMap((call) => call.arrivedMs.map((fromMs) => (call.doneMs ?? fromMs) - fromMs))
  latencies.sort((a, b) => a - b)
  const answered = calls.flatMap((call) => (call.isAnswered ? call.arrivedMs : []))
  return {
    success: answered.length / load.requests,
    costUsd: (costUsd / load.requests) * 1_000,
    p95Ms: latencies[Math.floor(0.95 * latencies.length)] ?? 0,
  }
}

/** Requests come at random; each call takes the next `batch` of them. */
function callsOf({ batch }: Policy, random: Random): Call[] {
  let nowMs = 0
  const arrivals = Array.from({ length: load.requests }, () => {
    nowMs -= (1_000 / load.perSec) * Math.log(1 - random.next())
    return nowMs
  })
  return Array.from({ length: Math.ceil(arrivals.length / batch) }, (_, i) => ({
    arrivedMs: arrivals.slice(i * batch, (i + 1) * batch),
    attempt: 0,
    doneMs: undefined,
    isAnswered: false,
  }))
}
