/** How many workers a machine should run. */

import { checkOptions, rule } from '../options.ts'

export interface WorkerLoad {
  readonly cores: number
  /** Processor time of a task. */
  readonly cpuMs: number
  /** Time a task waits for others: models, disks, networks. @default 0 */
  readonly waitMs?: number
  /** Share of the processors the workers may use. @default 0.8 */
  readonly utilisation?: number
  /** With `memoryPerTaskBytes`: the memory the workers may use. @default no bound */
  readonly memoryBytes?: number
  readonly memoryPerTaskBytes?: number
  /** @default 1_000 */
  readonly workersMax?: number
}

/**
 * The number of workers that keeps the processors busy while tasks wait, within memory; at least 1.
 *
 * Source: Goetz et al., Java Concurrency in Practice, 2006, section 8.2: cores · utilisation · (1 + wait / compute). Differs:
 * bounded by memory and `workersMax`.
 * @example optimalWorkerCount({ cores: 4, cpuMs: 10, waitMs: 90 }) // => 32
 */
export function optimalWorkerCount(load: WorkerLoad): number {
  checkOptions('optimalWorkerCount', load, {
    cores: rule.number(0),
    cpuMs: rule.number(0),
    waitMs: rule.optional(rule.number(0)),
    utilisation: rule.optional(rule.number(0, 1)),
    memoryBytes: rule.optional(rule.number(0)),
    memoryPerTaskBytes: rule.optional(rule.number(0)),
    workersMax: rule.optional(rule.int(1)),
  })
  const { cores, cpuMs, waitMs = 0, utilisation = 0.8, memoryBytes, memoryPerTaskBytes, workersMax = 1_000 } = load
  const busy = cpuMs > 0 ? cores * utilisation * (1 + waitMs / cpuMs) : workersMax
  const fitting = memoryBytes !== undefined && memoryPerTaskBytes ? memoryBytes / memoryPerTaskBytes : workersMax
  return Math.max(1, Math.floor(Math.min(busy, fitting, workersMax) + 1e-9))
}
