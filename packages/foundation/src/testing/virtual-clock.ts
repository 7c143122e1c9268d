/** A clock that only moves when told to: tests of timers, deadlines and back-off take no real time. */

import type { Clock } from '../clock.ts'
import { checkOptions, rule } from '../options.ts'

export interface VirtualClockOptions {
  /** What `nowMs` says at the start. @default 1_750_000_000_000 */
  readonly startMs?: number
}

const virtualClockDefaults = { startMs: 1_750_000_000_000 } as const satisfies Required<VirtualClockOptions>

/** *Runs in* the turn of whoever advances it. */
export interface VirtualClock extends Clock {
  /**
   * Moves time on and fires what falls due, in order of due time, then of setting. What a timer sets in motion
   * (promises, actors) settles before the next timer fires.
   */
  advance(ms: number): Promise<void>
  /** Timers set and neither fired nor cancelled: 0 after a clean stop. */
  readonly pendingTimers: number
  /** Delay to the next timer, if there is one. */
  readonly nextTimerMs: number | undefined
}

interface Timer {
  readonly dueMs: number
  readonly run: () => void
}

/** @example const clock = virtualClock(); await using node = await startNode({ clock }); await clock.advance(5_000) */
export function virtualClock(options: VirtualClockOptions = {}): VirtualClock {
  checkOptions('virtualClock', options, { startMs: rule.optional(rule.number(0)) })
  const { startMs } = { ...virtualClockDefaults, ...options }
  const timers = new Set<Timer>()
  let elapsedMs = 0
  const next = () => {
    let first: Timer | undefined
    for (const timer of timers) if (first === undefined || timer.dueMs < first.dueMs) first = timer
    return first
  }
  return {
    nowMs: () => startMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    setTimer(delayMs, run) {
      const timer: Timer = { dueMs: elapsedMs + Math.max(0, delayMs), run }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    async advance(ms) {
      const endMs = elapsedMs + ms
      await settled()
      for (let timer = next(); timer !== undefined && timer.dueMs <= endMs; timer = next()) {
        timers.delete(timer)
        elapsedMs = Math.max(elapsedMs, timer.dueMs)
        timer.run()
        await settled()
      }
      elapsedMs = endMs
    },
    get pendingTimers() {
      return timers.size
    },
    get nextTimerMs() {
      const timer = next()
      return timer === undefined ? undefined : timer.dueMs - elapsedMs
    },
  }
}

/** Resolves when promises and actors that could go on without time or input have done so. */
export async function settled(): Promise<void> {
  // An actor that has used up its slice goes on in the next turn of the event loop; a few turns let chains of them end.
  for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}

/**
 * Resolves as soon as `condition` holds, looking again each turn of the event loop: waits for real files and processes
 * without sleeping. Throws after `turnsMax` turns.
 */
export async function eventually(condition: () => boolean | Promise<boolean>, turnsMax = 10_000): Promise<void> {
  for (let turn = 0; turn < turnsMax; turn++) {
    if (await condition()) return
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  throw new Error(`expected the condition to hold within ${turnsMax} turns of the event loop: ${condition}`)
}
