/**
 * Many calls at once: `lm-concurrency.ts MODE CALLS AT_ONCE CALL_MS`.
 *
 * `program` is a predictor in a pipeline, whose model takes CALL_MS, `timers` the same timers alone: what the machine gives. Both print how
 * much of the ideal rate was reached, and the CPU time it took. `memory` prints how the heap has grown from a tenth of the calls to all; it needs --expose-gc.
 */

import { type LanguageModel, pipeline, predict } from '@mabeam/dspx'
import { textAnswer } from '@mabeam/dspx/testing'
import { MabeamError } from '@mabeam/foundation'
import { printFigures } from './rate.ts'

const [mode = '', calls = 0, atOnce = 0, callMs = 0] = process.argv
  .slice(2)
  .map((arg, i) => (i === 0 ? arg : Number(arg))) as [string, number, number, number]

const wait = () => new Promise<void>((resolve) => setTimeout(resolve, callMs))

/** Each answer is an object of its own, as it is when it comes over the network. */
const lm: LanguageModel = {
  specificationVersion: 'v4',
  provider: 'bench',
  modelId: 'slow',
  supportedUrls: {},
  doGenerate: async () => {
    if (callMs > 0) await wait()
    return textAnswer('[[ ## answer ## ]]\nyes\n\n[[ ## completed ## ]]')
  },
  doStream: () => Promise.reject(new Error('nothing is streamed here')),
}

function* questions(count: number) {
  for (let i = 0; i < count; i++) yield { question: `is ${i} a number?` }
}

async function runProgram(count: number): Promise<void> {
  const ask = predict('question -> answer')
  let answered = 0
  await pipeline(questions(count))
    .map(ask, { concurrency: atOnce, run: { lm } })
    .run(({ answer }) => {
      if (answer === 'yes') answered++
    })
  if (answered !== count) throw new MabeamError('bench/lost-calls', `expected ${count} answers, got ${answered}`)
}

async function runTimers(count: number): Promise<void> {
  let left = count
  const lane = async () => {
    while (left-- > 0) await wait()
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
}

async function efficiencyOf(run: (count: number) => Promise<void>) {
  // A first round is for the compiler.
  await run(atOnce)
  const before = process.cpuUsage()
  const startMs = performance.now()
  await run(calls)
  const efficiency = ((calls / atOnce) * callMs) / (performance.now() - startMs)
  const { user, system } = process.cpuUsage(before)
  return { efficiency, cpuSec: (user + system) / 1e6 }
}

async function heapAfter(count: number): Promise<number> {
  if (globalThis.gc === undefined) throw new MabeamError('bench/no-gc', 'expected node --expose-gc')
  await runProgram(count)
  for (let i = 0; i < 3; i++) {
    globalThis.gc()
    await new Promise(setImmediate)
  }
  return process.memoryUsage().heapUsed
}

if (mode === 'memory') {
  const before = await heapAfter(calls / 10)
  const bytes = (await heapAfter((calls * 9) / 10)) - before
  printFigures({ heapGrowthBytesPerCall: bytes / ((calls * 9) / 10), rssMiB: process.memoryUsage().rss / 2 ** 20 })
} else printFigures(await efficiencyOf(mode === 'program' ? runProgram : runTimers))
