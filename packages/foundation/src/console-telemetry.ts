/** What goes wrong, in one line each, for whoever develops: a telemetry port that nothing uses unless it is given. */

import { type Clock, systemClock } from './clock.ts'
import { checkOptions, rule } from './options.ts'
import type { Telemetry, TelemetryEvent } from './telemetry.ts'

export interface ConsoleTelemetryOptions {
  /** Takes one line, without its end. What it throws is dropped. @default process.stderr */
  readonly write?: (line: string) => void
  /** Events printed in one second; further ones are counted and left out. @default 20 */
  readonly linesPerSecMax?: number
  /** @default the clock of this machine */
  readonly clock?: Clock
}

const consoleTelemetryDefaults = {
  write: (line) => void process.stderr.write(`${line}\n`),
  linesPerSecMax: 20,
  clock: systemClock,
} as const satisfies Required<ConsoleTelemetryOptions>

/** Characters of a line; the rest is cut. */
export const consoleLineLengthMax = 1_000

/** A telemetry port that prints. */
export interface ConsoleTelemetry extends Telemetry {
  /** Events that were worth a line and got none. */
  readonly leftOut: number
}

type Severity = 'error' | 'warn'

/**
 * By the name of an event, else by the verb that ends it. The words are those of `@mabeam/scope`, whose tests compare the two.
 *
 * | | events that end in | and, unless their reason is `shutdown`, `idle` or `closed` |
 * |---|---|---|
 * | error | `crashed`, `lost`, `dead` | |
 * | none | | `directory-watch-lost`, `cell-watch-lost`: they open again by themselves, with all there is |
 * | warn | `failed`, `dropped`, `refused`, `evicted`, `expired`, `replaced`, `unreadable`, `unsent`, `seen` | `supervisor-stopped`, `thread-ended`; `hub-lost`: another one is looked for |
 */
const severities: ReadonlyMap<string, Severity | undefined> = new Map<string, Severity | undefined>([
  ['crashed', 'error'],
  ['lost', 'error'],
  ['dead', 'error'],
  ['failed', 'warn'],
  ['dropped', 'warn'],
  ['refused', 'warn'],
  ['evicted', 'warn'],
  ['expired', 'warn'],
  ['replaced', 'warn'],
  ['unreadable', 'warn'],
  ['unsent', 'warn'],
  ['seen', 'warn'],
  ['foundation.supervisor-stopped', 'warn'],
  ['foundation.thread-ended', 'warn'],
  ['foundation.hub-lost', 'warn'],
  ['foundation.directory-watch-lost', undefined],
  ['foundation.cell-watch-lost', undefined],
])

/** Ends that were asked for. */
const quietReasons: ReadonlySet<unknown> = new Set(['shutdown', 'idle', 'closed'])
const ends: ReadonlySet<string> = new Set(['foundation.supervisor-stopped', 'foundation.thread-ended'])

/**
 * Prints one line for each event that says that something went wrong: crashed, dropped, lost, failed, gave up, as the verb at the end
 * of its name says (`error`: crashed, lost, dead; `warn`: failed, dropped, refused, expired and the like, supervisors and threads that
 * ended unasked). All others are passed over.
 *
 * Ensures: one line an event, without control characters, of at most 1,000 characters; no more than `linesPerSecMax` of them a second.
 * What is left out is said at once, and counted in the next line there is. No timer.
 * Throws: `foundation/invalid-option`, `foundation/unknown-name`.
 *
 * @example await startNode({ telemetry: consoleTelemetry() })
 *   // error foundation.actor-crashed: no such row (node n1, actor counter#12, definition counter, code foundation/uncaught)
 */
export function consoleTelemetry(options: ConsoleTelemetryOptions = {}): ConsoleTelemetry {
  checkOptions('consoleTelemetry', options, {
    write: rule.optional(rule.fn()),
    linesPerSecMax: rule.optional(rule.int(1)),
    clock: rule.optional(rule.object()),
  })
  return new PrintingTelemetry({ ...consoleTelemetryDefaults, ...options })
}

class PrintingTelemetry implements ConsoleTelemetry {
  readonly enabled = true
  readonly #settings: Required<ConsoleTelemetryOptions>
  #windowMs = Number.NEGATIVE_INFINITY
  #inWindow = 0
  #leftOut = 0
  /** Of them those that have not been told yet. */
  #untold = 0

  constructor(settings: Required<ConsoleTelemetryOptions>) {
    this.#settings = settings
  }

  get leftOut(): number {
    return this.#leftOut
  }

  emit(event: TelemetryEvent): void {
    const severity = severityOf(event)
    if (severity === undefined) return
    const { clock, linesPerSecMax } = this.#settings
    const atMs = clock.monotonicMs()
    if (atMs - this.#windowMs >= 1_000) {
      this.#windowMs = atMs
      this.#inWindow = 0
      this.#tellLeftOut()
    }
    this.#inWindow++
    if (this.#inWindow <= linesPerSecMax) this.#write(lineOf(severity, event))
    else this.#leaveOut()
  }

  #leaveOut(): void {
    const { linesPerSecMax } = this.#settings
    if (this.#untold === 0) this.#write(`warn more than ${linesPerSecMax} lines in a second: the rest is left out`)
    this.#leftOut++
    this.#untold++
  }

  #tellLeftOut(): void {
    if (this.#untold > 0) this.#write(`warn ${this.#untold} ${this.#untold === 1 ? 'line was' : 'lines were'} left out`)
    this.#untold = 0
  }

  #write(line: string): void {
    try {
      this.#settings.write(line)
    } catch {
      // Whoever emits must not fail of it, and there is nobody else to tell.
    }
  }
}

function severityOf({ name, metadata }: TelemetryEvent): Severity | undefined {
  if (!severities.has(name)) return severities.get(name.slice(name.lastIndexOf('-') + 1))
  return ends.has(name) && quietReasons.has(metadata.reason) ? undefined : severities.get(name)
}

/** `error foundation.actor-crashed: no such row (node n1, actor counter#12)` */
function lineOf(severity: Severity, { name, metadata }: TelemetryEvent): string {
  const sentenceKey = ['message', 'failure', 'detail', 'reason'].find((key) => isText(metadata[key]))
  const sentence = sentenceKey === undefined ? '' : `: ${String(metadata[sentenceKey])}`
  const rest = Object.entries(metadata).filter(([key, value]) => key !== sentenceKey && value !== null && value !== '')
  const facts = rest.map(([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
  const line = `${severity} ${name}${sentence}${facts.length > 0 ? ` (${facts.join(', ')})` : ''}`
  // What others wrote neither breaks the line nor steers the terminal.
  const plain = line.replace(/\p{Cc}+/gu, ' ')
  return plain.length > consoleLineLengthMax ? `${plain.slice(0, consoleLineLengthMax - 3)}...` : plain
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
