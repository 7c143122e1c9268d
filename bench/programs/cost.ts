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
  return middle(await windowsUs(run, options))
}

/** The median; the higher one of two in the middle. */
export function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number
}

/** What reading a text takes. */
interface TextCost {
  readonly us: number
  /** Of the text. */
  readonly length: number
}

/** Megabytes a second, and how much longer a text takes than half of it: 2 where the time grows as the text. */
export async function growthOf(
  costOf: (chars: number) => Promise<TextCost>,
  chars: number,
): Promise<{ readonly mbPerSec: number; readonly growth: number }> {
  // Twice each, of which the better one counts: what the compiler does meanwhile is none of either.
  const found = [await costOf(chars), await costOf(chars / 2), await costOf(chars), await costOf(chars / 2)] as const
  const [all, half] = [Math.min(found[0].us, found[2].us), Math.min(found[1].us, found[3].us)]
  return { mbPerSec: found[0].length / all, growth: all / half }
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
