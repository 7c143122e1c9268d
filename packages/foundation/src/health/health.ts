/** The health part of a node: measures, runs the checks of the user, and tells how well all of it is. */

import { limitReached } from '../errors/actor-errors.ts'
import { healthClosed } from '../errors/configuration-errors.ts'
import type { NodePort } from '../node-port.ts'
import { checkOptions, invalidOption, rule } from '../options.ts'
import type { ClusterHealth } from './cluster-health.ts'
import {
  checkSettings,
  type HealthCheckFunction,
  HealthCheckLoop,
  type HealthCheckOptions,
  type HealthCheckReport,
} from './health-check.ts'
import { type HealthReason, type HealthStatus, statusOf } from './health-reason.ts'
import { checkSources, type HealthSources, measuredCluster, measuredNode } from './health-sources.ts'
import {
  type EventLoopDelay,
  type EventLoopDelaySource,
  type MemoryUse,
  machineMemory,
  openEventLoopDelay,
} from './machine-measurements.ts'
import { type HealthThresholds, healthThresholds, type NodeMeasurements, nodeHealth } from './node-health.ts'

export interface HealthPartOptions {
  /** How often the event loop is read and a change of status is told. @default 5_000 */
  readonly sampleMs?: number
  /** Checks of the user. @default 64 */
  readonly checksMax?: number
  /** @default see `HealthThresholds` */
  readonly thresholds?: HealthThresholds
}

const healthPartDefaults = {
  sampleMs: 5_000,
  checksMax: 64,
  thresholds: {},
} as const satisfies Required<HealthPartOptions>

/** Plain data. */
export interface HealthReport {
  readonly status: HealthStatus
  readonly system: string
  readonly node: string
  readonly atMs: number
  /** Of node, checks and system, worst first. */
  readonly reasons: readonly HealthReason[]
  readonly measurements: NodeMeasurements
  readonly checks: readonly HealthCheckReport[]
  /** Null for a node that is alone. */
  readonly cluster: ClusterHealth | null
}

/** Whether work may be sent here, and if not, why. */
export interface HealthAnswer {
  readonly ok: boolean
  readonly reasons: readonly string[]
}

export interface Health extends AsyncDisposable {
  /**
   * Adds a check, which runs at once and then again and again; the function that is returned ends it.
   *
   * Throws `foundation/invalid-option`, also for a name that another check has, `foundation/limit-reached`,
   * `foundation/health-closed`.
   *
   * @example health.check('database', (signal) => pool.query('select 1', { signal }), { intervalMs: 5_000 })
   */
  check(name: string, run: HealthCheckFunction, options?: HealthCheckOptions): () => void
  /** Everything, measured now; the event loop as of the last two samples. */
  report(): HealthReport
  /** False for what a restart of the process may cure: its memory, a blocked event loop, a node that is closed. */
  live(): HealthAnswer
  /** False while the node is unhealthy, while a critical check fails or has not answered yet, and when it is closed. */
  ready(): HealthAnswer
  /** Ends all checks and the sampling. Waits for no check. Idempotent. */
  close(): Promise<void>
}

/**
 * Opens the health part of a node. *Runs in* the thread of the node: a thread that is blocked answers nothing, which is an
 * answer too.
 *
 * Throws: `foundation/invalid-option`.
 *
 * @example await using health = createHealth(node, { actors: () => node.actors })
 */
export function createHealth(port: HealthPort, sources: HealthSources = {}, options: HealthPartOptions = {}): Health {
  checkSources(sources)
  checkOptions('createHealth', options, {
    sampleMs: rule.optional(rule.number(1)),
    checksMax: rule.optional(rule.int(0)),
    thresholds: rule.optional(rule.object()),
  })
  const settings = { ...healthPartDefaults, ...options }
  return new NodeHealthPart(port, sources, { ...settings, thresholds: healthThresholds(settings.thresholds) })
}

/** What is needed of a node. */
export type HealthPort = Pick<NodePort, 'system' | 'name' | 'clock' | 'telemetry'>

class NodeHealthPart implements Health {
  readonly #port: HealthPort
  readonly #sources: HealthSources
  readonly #settings: Required<HealthPartOptions>
  readonly #checks = new Map<string, HealthCheckLoop>()
  readonly #eventLoop: EventLoopDelaySource
  readonly #memory: () => MemoryUse
  readonly #startedMs: number
  /** The last sample and the one before, so that a report right after a sample still knows what was. */
  #delays: readonly [EventLoopDelay, EventLoopDelay] = [noDelay, noDelay]
  #status: HealthStatus = 'healthy'
  #cancelSample: () => void = () => {}
  #closed = false

  constructor(port: HealthPort, sources: HealthSources, settings: Required<HealthPartOptions>) {
    this.#port = port
    this.#sources = sources
    this.#settings = settings
    this.#eventLoop = sources.eventLoopDelay ?? openEventLoopDelay()
    this.#memory = sources.memory ?? machineMemory()
    this.#startedMs = port.clock.monotonicMs()
    this.#scheduleSample()
  }

  check(name: string, run: HealthCheckFunction, options: HealthCheckOptions = {}): () => void {
    const { clock, name: node } = this.#port
    const { checksMax } = this.#settings
    checkOptions('check', { name, run }, { name: rule.string(), run: rule.fn() })
    const settings = checkSettings(options)
    if (this.#closed) throw healthClosed(node)
    if (this.#checks.has(name)) throw invalidOption('check', 'name', 'a name that no other check has', name)
    if (this.#checks.size >= checksMax) throw limitReached(`health of node ${node}`, 'checksMax', checksMax)
    const loop = new HealthCheckLoop(clock, settings, { name, run, onTurn: (report) => this.#turned(report) })
    this.#checks.set(name, loop)
    return () => {
      loop.close()
      if (this.#checks.get(name) === loop) this.#checks.delete(name)
    }
  }

  report(): HealthReport {
    const { system, name: node, clock } = this.#port
    const faults: HealthReason[] = []
    const measurements = this.#measure(faults)
    const cluster = measuredCluster(this.#sources, clock.monotonicMs(), faults)
    const checks = [...this.#checks.values()].map((one) => one.report)
    const { reasons: ofNode } = nodeHealth(measurements, this.#settings.thresholds)
    const all = [...ofNode, ...checks.flatMap(reasonOfCheck), ...(cluster?.reasons ?? []), ...faults]
    const reasons = all.sort((a, b) => ranks[a.severity] - ranks[b.severity])
    return { status: statusOf(reasons), system, node, atMs: clock.nowMs(), reasons, measurements, checks, cluster }
  }

  live(): HealthAnswer {
    if (this.#closed) return { ok: false, reasons: [healthClosed(this.#port.name).message] }
    const { reasons } = nodeHealth(this.#measure([]), this.#settings.thresholds)
    const curable = reasons.filter((one) => one.severity === 'unhealthy' && curedByRestart.has(one.area))
    return { ok: curable.length === 0, reasons: curable.map((one) => one.sentence) }
  }

  ready(): HealthAnswer {
    if (this.#closed) return { ok: false, reasons: [healthClosed(this.#port.name).message] }
    const { reasons, checks } = this.report()
    const unanswered = checks.filter((one) => one.critical && one.status === 'unknown')
    const against = [
      ...reasons.filter((one) => one.severity === 'unhealthy').map((one) => one.sentence),
      ...unanswered.map((one) => `the check ${one.name} has not answered yet`),
    ]
    return { ok: against.length === 0, reasons: against }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#cancelSample()
    for (const check of this.#checks.values()) check.close()
    this.#eventLoop.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #measure(faults: HealthReason[]): NodeMeasurements {
    return {
      uptimeMs: this.#port.clock.monotonicMs() - this.#startedMs,
      eventLoopDelay: worseDelay(...this.#delays),
      ...measuredNode(this.#sources, this.#memory, faults),
    }
  }

  #scheduleSample(): void {
    const sample = () => {
      this.#delays = [this.#eventLoop.read(), this.#delays[0]]
      this.#tellStatus()
      this.#scheduleSample()
    }
    this.#cancelSample = this.#port.clock.setTimer(this.#settings.sampleMs, sample, { unref: true })
  }

  #tellStatus(): void {
    const { telemetry, name: node } = this.#port
    if (!telemetry.enabled) return
    const { status, reasons } = this.report()
    const before = this.#status
    this.#status = status
    if (status === before) return
    const metadata = { node, status, before, reasons: reasons.map((one) => one.sentence) }
    telemetry.emit({ name: 'foundation.health-changed', measurements: { reasons: reasons.length }, metadata })
  }

  #turned({ name: check, status, failure = '', failures, durationMs }: HealthCheckReport): void {
    const { telemetry, name: node } = this.#port
    if (!telemetry.enabled) return
    const measurements = { durationMs, failures }
    if (status === 'failing') {
      telemetry.emit({ name: 'foundation.health-check-failed', measurements, metadata: { node, check, failure } })
    } else telemetry.emit({ name: 'foundation.health-check-passed', measurements, metadata: { node, check } })
  }
}

const noDelay: EventLoopDelay = { meanMs: 0, p99Ms: 0, maxMs: 0 }

function worseDelay(a: EventLoopDelay, b: EventLoopDelay): EventLoopDelay {
  const { max } = Math
  return { meanMs: max(a.meanMs, b.meanMs), p99Ms: max(a.p99Ms, b.p99Ms), maxMs: max(a.maxMs, b.maxMs) }
}

const ranks = { unhealthy: 0, degraded: 1 } as const
const curedByRestart: ReadonlySet<HealthReason['area']> = new Set(['event-loop', 'memory'])

function reasonOfCheck({ name, status, critical, failure, overdue }: HealthCheckReport): HealthReason[] {
  if (status !== 'failing') return []
  return [
    {
      severity: critical ? 'unhealthy' : 'degraded',
      area: 'check',
      sentence: `the check ${name} fails: ${failure}${overdue ? ', and it still runs' : ''}`,
      recommendation: overdue
        ? 'let the check end when its signal aborts, and look at what it waits for'
        : 'look at what it asks; critical: false lets the node stay ready without it',
    },
  ]
}
