/** How often something can be done a second, in this process. */

/**
 * Runs `batch`, which returns how often it did it, until the time is over: first a while for the compiler, then measured.
 * Only the measured part counts.
 */
export async function ratePerSec(measureMs: number, batch: () => Promise<number>): Promise<number> {
  await repeated(measureMs / 2, batch)
  return await repeated(measureMs, batch)
}

async function repeated(forMs: number, batch: () => Promise<number>): Promise<number> {
  const startMs = performance.now()
  for (let done = 0; ; ) {
    done += await batch()
    const tookMs = performance.now() - startMs
    if (tookMs >= forMs) return (done / tookMs) * 1_000
  }
}

/** The figures of this process, for whoever started it. */
export function printFigures(figures: { readonly [metric: string]: number }): void {
  process.stdout.write(`${JSON.stringify(figures)}\n`)
}
