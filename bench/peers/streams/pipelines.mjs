/**
 * The pipelines of three stages of `bench/programs/pipelines.ts`: `pipelines.mjs WHO MODES MEASURE_MS ITEMS`, modes with commas between.
 *
 * WHO is `generators` (plain async generators, as one writes them by hand: one item at a time, no bound to choose, no counts, no policy for failures),
 * `streaming-iterables`, or `node-streams`: object streams of Node, transforms where nothing waits and `Readable.map` where several are at work at
 * once. Modes that one has no means for are left out.
 */

import { readFileSync } from 'node:fs'
import { Readable, Transform, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { costUs } from '../../programs/cost.ts'
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
} from '../../programs/item-work.ts'

const [who, modes, measureMs, items] = process.argv.slice(2)
const count = Number(items)
const sumOf = (batch) => batch.reduce((sum, n) => sum + n + 2, 0)

async function* mapped(source, run) {
  for await (const item of source) yield run(item)
}

async function* batched(source, size) {
  let batch = []
  for await (const item of source) {
    batch.push(item)
    if (batch.length < size) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

async function drained(iterable, take) {
  for await (const item of iterable) await take(item)
}

/** For each who: three stages of the functions given, `limit` at work at once, and what hands their items on, one at a time. */
const kinds = {
  generators: {
    plain: (source, functions) => functions.reduce(mapped, source),
    batch: (source) => mapped(batched(mapped(source, addOne), 100), sumOf),
    drain: drained,
  },
  'streaming-iterables': async () => {
    const { batch, map, parallelMap, transform } = await import('streaming-iterables')
    const staged = (stage) => (source, functions, limit) =>
      functions.reduce((before, run) => stage(limit, run, before), source)
    return {
      plain: (source, functions) => functions.reduce((before, run) => map(run, before), source),
      ordered: staged(parallelMap),
      unordered: staged(transform),
      batch: (source) => map(sumOf, batch(100, map(addOne, source))),
      drain: drained,
    }
  },
  'node-streams': {
    plain: (source, functions) => [Readable.from(source), ...functions.map(transformOf)],
    ordered: (source, functions, concurrency) =>
      functions.reduce((before, run) => before.map(run, { concurrency }), Readable.from(source)),
    batch: (source) => [Readable.from(source), transformOf(addOne), batches(100), transformOf(sumOf)],
    async drain(streams, take) {
      if (!Array.isArray(streams)) return await streams.forEach(take)
      const write = (item, _, done) => Promise.resolve(take(item)).then(() => done(), done)
      await pipeline(...streams, new Writable({ objectMode: true, write }))
    },
  },
}

function transformOf(run) {
  return new Transform({ objectMode: true, transform: (item, _, done) => done(null, run(item)) })
}

function batches(size) {
  let batch = []
  return new Transform({
    objectMode: true,
    transform(item, _, done) {
      batch.push(item)
      if (batch.length < size) return done()
      const full = batch
      batch = []
      done(null, full)
    },
    flush: (done) => done(null, batch.length > 0 ? batch : undefined),
  })
}

const kind = typeof kinds[who] === 'function' ? await kinds[who]() : kinds[who]

async function summed(made, expected) {
  let sum = 0
  await kind.drain(made, (n) => {
    sum += n
  })
  checkSum(sum, expected)
}

async function costOf(make) {
  const run = () => summed(make(numbers(itemsPerRun)), itemsPerRun)
  return (await costUs(run, { measureMs: Number(measureMs), timesPerLook: 1 })) / itemsPerRun
}

const waits = [0, 1, 2].map((stage) => (n) => waitOne(n, stage))

async function waited(stages) {
  const startMs = performance.now()
  await summed(stages(numbers(count), waits, waitAtOnce), count)
  return waitEfficiency(count, performance.now() - startMs)
}

const measures = {
  plain: async () => ({ usPerItem: await costOf((source) => kind.plain(source, [addOne, addOne, addOne])) }),
  ordered: async () => ({ usPerItemOrdered: await costOf((source) => kind.ordered(source, later, costAtOnce)) }),
  unordered: async () => ({ usPerItemUnordered: await costOf((source) => kind.unordered(source, later, costAtOnce)) }),
  batch: async () => ({ usPerItemBatch: await costOf((source) => kind.batch(source)) }),
  waited: async () => ({
    efficiencyOrdered: await waited(kind.ordered),
    ...(kind.unordered && { efficiencyUnordered: await waited(kind.unordered) }),
  }),
  async held() {
    const held = new HeldItems()
    const passed = async (item) => item
    await kind.drain(kind.ordered(held.source(count), [passed, passed, passed], costAtOnce), () => held.take())
    return { heldItemsMax: held.max }
  },
}
const later = [addOneLater, addOneLater, addOneLater]

function isAble(mode) {
  return mode === 'waited' || mode === 'held' ? kind.ordered !== undefined : kind[mode] !== undefined
}

function version() {
  if (who !== 'streaming-iterables') return `of Node ${process.versions.node}`
  const manifest = new URL('./node_modules/streaming-iterables/package.json', import.meta.url)
  return JSON.parse(readFileSync(manifest, 'utf8')).version
}

const figures = { version: version() }
for (const mode of modes.split(',')) if (isAble(mode)) Object.assign(figures, await measures[mode]())
process.stdout.write(`${JSON.stringify(figures)}\n`)
