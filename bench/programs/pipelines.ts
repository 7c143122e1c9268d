/**
 * Pipelines of three stages: `pipelines.ts MODES MEASURE_MS ITEMS`, modes with commas between.
 *
 * CPU time an item: `plain` one after the other, `ordered` and `unordered` 16 at once, `batch` in hundreds, `paced` with a rate that never
 * waits. `waited`: ITEMS of which each waits in each stage, 100 at once, with and without order. `rate`: how much of 100 and 1,000 items a second
 * is reached, the latter also with a burst of 10. `held`: the most
 * items between the source and a slow consumer; it needs --expose-gc. The peers do the same in `bench/peers/streams/pipelines.mjs`.
 */

import { type Pipeline, pipeline } from '@mabeam/dspx'
import { costUs } from './cost.ts'
import {
  addOne,
  addOneLater,
  checkSum,
  costAtOnce,
  HeldItems,
  itemsPerRun,
  numbers,
  waitAtOnce,
  waitEfficiency,
  waitOne,
} from './item-work.ts'
import { printFigures } from './rate.ts'
import { usedBytes } from './used-bytes.ts'

const [modes = '', measureMs = '', items = ''] = process.argv.slice(2)
const count = Number(items)

async function summed(numbersOf: Pipeline<number>, expected: number): Promise<void> {
  let sum = 0
  await numbersOf.run((n) => {
    sum += n
  })
  checkSum(sum, expected)
}

async function costOf(stages: (source: Pipeline<number>) => Pipeline<number>): Promise<number> {
  const run = () => summed(stages(pipeline(() => numbers(itemsPerRun))), itemsPerRun)
  return (await costUs(run, { measureMs: Number(measureMs), timesPerLook: 1 })) / itemsPerRun
}

async function waited(ordered: boolean): Promise<number> {
  const options = { concurrency: waitAtOnce, ordered }
  const source = pipeline(() => numbers(count))
  const startMs = performance.now()
  await summed(
    source
      .map((n) => waitOne(n, 0), options)
      .map((n) => waitOne(n, 1), options)
      .map((n) => waitOne(n, 2), options),
    count,
  )
  return waitEfficiency(count, performance.now() - startMs)
}

/** After what goes at once. */
async function rateReached(perSec: number, burst: number): Promise<number> {
  const some = Math.ceil((perSec * count) / 10_000)
  const startMs = performance.now()
  await pipeline(() => numbers(some + burst))
    .rateLimit({ perSec, burst })
    .run()
  return ((some / perSec) * 1_000) / (performance.now() - startMs)
}

async function held() {
  const options = { concurrency: costAtOnce }
  const runOnce = async (some: number) => {
    const items = new HeldItems()
    await pipeline(() => items.source(some))
      .map(async (item) => item, options)
      .map(async (item) => item, options)
      .map(async (item) => item, options)
      .run(() => items.take())
    return items.max
  }
  await runOnce(count / 2)
  const before = await usedBytes()
  const heldItemsMax = await runOnce(count * 30)
  return { heldItemsMax, heapGrowthBytesPerItem: ((await usedBytes()) - before) / (count * 30) }
}

const atOnce = { concurrency: costAtOnce }
const measures: { readonly [mode: string]: () => Promise<{ readonly [figure: string]: number }> } = {
  plain: async () => ({ usPerItem: await costOf((source) => source.map(addOne).map(addOne).map(addOne)) }),
  ordered: async () => ({
    usPerItemOrdered: await costOf((source) =>
      source.map(addOneLater, atOnce).map(addOneLater, atOnce).map(addOneLater, atOnce),
    ),
  }),
  unordered: async () => {
    const options = { ...atOnce, ordered: false }
    const stages = (source: Pipeline<number>) =>
      source.map(addOneLater, options).map(addOneLater, options).map(addOneLater, options)
    return { usPerItemUnordered: await costOf(stages) }
  },
  batch: async () => ({
    usPerItemBatch: await costOf((source) =>
      source
        .map(addOne)
        .batch(100)
        .map((batch) => batch.reduce((sum, n) => sum + n + 2, 0)),
    ),
  }),
  paced: async () => ({
    usPerItemPaced: await costOf((source) =>
      source
        .map(addOne)
        .rateLimit({ perSec: 1e9, burst: 1e6 })
        .map((n) => n + 2),
    ),
  }),
  waited: async () => ({ efficiencyOrdered: await waited(true), efficiencyUnordered: await waited(false) }),
  rate: async () => ({
    rateReached100: await rateReached(100, 1),
    rateReached1000: await rateReached(1_000, 1),
    rateReached1000Burst: await rateReached(1_000, 10),
  }),
  held,
}

const figures: Record<string, number> = {}
for (const mode of modes.split(',')) Object.assign(figures, await measures[mode]?.())
printFigures(figures)
