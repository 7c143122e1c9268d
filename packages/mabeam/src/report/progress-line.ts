/** The live line of long work: rewritten in place on a terminal, one line per tenth elsewhere. */

import type { Clock } from '@mabeam/foundation'

/** Where a study or an evaluation stands. */
export interface Progress {
  /** What is going on, such as `trial` or `test`. */
  readonly what: string
  readonly done: number
  readonly total: number
  /** Completes the line, such as `best 81.2 % (trial 19)`. */
  readonly note?: string
  readonly perSec?: number
  readonly secondsLeft?: number
}

/** The part of a stream that the line needs; `process.stderr` is one. */
export interface LineOutput {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

export interface ProgressLine {
  update(progress: Progress): void
  /** Ends the line, so that other output begins on a fresh one. Safe to call twice. */
  end(): void
}

/** How long a log stays without a line. */
const quietMsMax = 10_000

/**
 * A progress line on `output`. Not a terminal: a full line whenever another tenth is done, and every ten seconds.
 *
 * @example progressLine(process.stderr, systemClock).update({ what: 'trial', done: 3, total: 60 })
 */
export function progressLine(output: LineOutput, clock: Clock): ProgressLine {
  let open = false
  let lastTenth = ''
  let lastMs = Number.NEGATIVE_INFINITY
  return {
    update(progress) {
      const text = formatProgress(progress)
      if (output.isTTY) {
        output.write(`\r\u001b[2K${text.slice(0, Math.max(20, (output.columns ?? 100) - 1))}`)
        open = true
        return
      }
      const tenth = `${progress.what} ${Math.floor((10 * progress.done) / Math.max(1, progress.total))}`
      const nowMs = clock.monotonicMs()
      if (tenth === lastTenth && nowMs - lastMs < quietMsMax) return
      lastTenth = tenth
      lastMs = nowMs
      output.write(`${text}\n`)
    },
    end() {
      if (open) output.write('\n')
      open = false
    },
  }
}

/** The line's text, without any control characters. */
export function formatProgress(progress: Progress): string {
  const share = progress.total === 0 ? 1 : progress.done / progress.total
  const filled = Math.round(16 * Math.min(1, share))
  const parts = [
    `${progress.what} ${progress.done}/${progress.total} ${'█'.repeat(filled)}${'░'.repeat(16 - filled)}`,
    progress.note,
    progress.perSec === undefined ? undefined : `${formatRate(progress.perSec)}/s`,
    progress.secondsLeft === undefined ? undefined : `${formatSeconds(progress.secondsLeft)} left`,
  ]
  return parts.filter((part) => part !== undefined).join(' · ')
}

function formatRate(perSec: number): string {
  return perSec >= 100 ? perSec.toFixed(0) : perSec.toPrecision(2)
}

/** A duration for people: `8 s`, `2 min 5 s`. */
function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}
