/** What doing something once costs, in this process. Figures are medians of windows of 50 ms, or less. Imports no package, so that peers can share it. */

export interface CostOptions {
  readonly measureMs: number
  /** Microseconds: what is counted, and what says when it is enough. @default cpuUs */
  readonly takenUs?: () => number
  /** How often it is done between two looks at the clock, which costs a microsecond itself. @default 20 */
  readonly timesPerLook?: number
}

/** Microseconds that `run` takes once: first half as long for the compiler, then measured. A promise that it gives is waited for. */
export async function costUs(run: (i: number) => unknown, options: CostOptions): Promise<number> {
  await windowsUs(run, { ...options, measureMs: options.measureMs / 2 })
  const windows = (await windowsUs(run, options)).toSorted((a, b) => a - b)
  return windows[Math.floor(windows.length / 2)] as number
}

/** CPU time of this process, all its threads: so it matters little what else the machine does. */
export function cpuUs(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** Time that has passed. */
export function passedUs(): number {
  return performance.now() * 1_000
}

async function windowsUs(
  run: (i: number) => unknown,
  { measureMs, takenUs = cpuUs, timesPerLook = 20 }: CostOptions,
): Promise<readonly number[]> {
  const windows: number[] = []
  for (const beginUs = takenUs(); takenUs() - beginUs < measureMs * 1_000; ) {
    const startUs = takenUs()
    let times = 0
    while (takenUs() - startUs < Math.min(windowMs, measureMs) * 1_000) {
      for (let i = 0; i < timesPerLook; i++) {
        const given = run(times++)
        if (given instanceof Promise) await given
      }
    }
    windows.push((takenUs() - startUs) / times)
  }
  return windows
}

const windowMs = 50
