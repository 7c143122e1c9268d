/** What the machine says about this process: how late its event loop is, and what memory it uses. The edge of health. */

import { monitorEventLoopDelay } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import { detectEnvironment } from '../configuration/environment.ts'

/** How much later than asked for timers fired, since it was read before. */
export interface EventLoopDelay {
  readonly meanMs: number
  readonly p99Ms: number
  readonly maxMs: number
}

/** Read once a sample; closed with the part that reads it. */
export interface EventLoopDelaySource {
  /** Since the last reading. */
  read(): EventLoopDelay
  close(): void
}

export interface MemoryUse {
  /** Of the whole process. */
  readonly residentBytes: number
  /** What the machine or the container allows. */
  readonly memoryBytes: number
  readonly heapUsedBytes: number
  /** Where V8 gives up. */
  readonly heapBytesMax: number
}

/** Delays are told in steps of it. */
const resolutionMs = 10

/** The event loop of this thread. Keeps no process alive. */
export function openEventLoopDelay(): EventLoopDelaySource {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs })
  histogram.enable()
  // Its figures are the whole times between two ticks; what is above the resolution is the delay.
  const delayMs = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - resolutionMs)
  return {
    read() {
      const isEmpty = histogram.count === 0
      const { mean, max } = histogram
      const p99 = histogram.percentile(99)
      histogram.reset()
      return isEmpty
        ? { meanMs: 0, p99Ms: 0, maxMs: 0 }
        : { meanMs: delayMs(mean), p99Ms: delayMs(p99), maxMs: delayMs(max) }
    },
    close: () => void histogram.disable(),
  }
}

/** The memory of this process, and what it may use. */
export function machineMemory(): () => MemoryUse {
  const { memoryBytes } = detectEnvironment()
  return () => ({
    residentBytes: process.memoryUsage.rss(),
    memoryBytes,
    heapUsedBytes: process.memoryUsage().heapUsed,
    heapBytesMax: getHeapStatistics().heap_size_limit,
  })
}
