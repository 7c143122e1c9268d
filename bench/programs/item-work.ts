/** What all of the bench `pipelines` do with their items, ours and the peers. Imports no package, so that peers can share it. */

/** Items that one run of a pipeline takes when its cost is measured. */
export const itemsPerRun = 2_000

/** The limit of items at work in a stage whose cost is measured. */
export const costAtOnce = 16

/** What a stage does that takes no time. */
export function addOne(n: number): number {
  return n + 1
}

/** The same with a promise, as anything that is asked gives one. */
export async function addOneLater(n: number): Promise<number> {
  return n + 1
}

export function* numbers(count: number): Generator<number> {
  for (let n = 0; n < count; n++) yield n
}

/** Throws where items were lost or came in another order than they may. */
export function checkSum(got: number, count: number): void {
  const expected = (count * (count - 1)) / 2 + 3 * count
  if (got !== expected) throw new Error(`expected items that add up to ${expected}, got ${got}`)
}

/** Items at work in each stage where they wait. */
export const waitAtOnce = 100

/**
 * What a stage waits for an item: 1 to 19 ms, every twentieth time four times as long, as calls of models do. The same for all who ask.
 */
function waitMsOf(n: number, stage: number): number {
  const mixed = Math.imul(n * 3 + stage + 1, 0x9e3779b1) >>> 0
  return (1 + ((mixed >>> 8) % 19)) * (mixed % 20 === 0 ? 4 : 1)
}

export async function waitOne(n: number, stage: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, waitMsOf(n, stage)))
  return n + 1
}

/** The share of the rate that timers alone could give, the slowest stage deciding: `waitAtOnce` items at a time, none ever idle. */
export function waitEfficiency(count: number, tookMs: number): number {
  const busyMs = [0, 1, 2].map((stage) => {
    let sumMs = 0
    for (let n = 0; n < count; n++) sumMs += waitMsOf(n + stage, stage)
    return sumMs / waitAtOnce
  })
  return Math.max(...busyMs) / tookMs
}

/** Items of about 1 KiB for a consumer that is slow, and how many of them are held between source and consumer. */
export class HeldItems {
  #read = 0
  #taken = 0
  #max = 0

  get max(): number {
    return this.#max
  }

  *source(count: number): Generator<{ readonly n: number; readonly text: string }> {
    for (let n = 0; n < count; n++) {
      this.#read++
      this.#max = Math.max(this.#max, this.#read - this.#taken)
      yield { n, text: `${n} `.padEnd(1_024, 'x') }
    }
  }

  /** The consumer, who lets the event loop turn for each. */
  async take(): Promise<void> {
    this.#taken++
    await new Promise(setImmediate)
  }
}
