/** What sandboxes of ours take: `sandbox.ts MEASURE_MS STARTS AT_ONCE STOPS ENDLESS`; see `sandbox-work.ts`. */

import { openSandbox } from '@mabeam/dspx'
import { printFigures } from './rate.ts'
import { countsOf, endless, limitMs, memoryMiB, type OpenedSandbox, sandboxFigures } from './sandbox-work.ts'

const counts = countsOf(process.argv.slice(2))
const limits = { memoryBytes: memoryMiB * 2 ** 20 }

function open(): OpenedSandbox {
  const sandbox = openSandbox({ limits, hosts: { add: ([a, b]) => Number(a) + Number(b) } })
  return {
    async run(code) {
      const outcome = await sandbox.run(code)
      if (outcome.type === 'value') return outcome.value
      throw new Error(outcome.message)
    },
    close: () => sandbox[Symbol.asyncDispose](),
  }
}

async function stop(code: string): Promise<number> {
  await using sandbox = openSandbox({ limits: { ...limits, timeoutMs: limitMs } })
  await sandbox.run('1')
  const startMs = performance.now()
  const outcome = await sandbox.run(code)
  if (outcome.type !== 'failed' || outcome.reason !== 'time') throw new Error('expected that its time was over')
  return performance.now() - startMs
}

const kinds = Object.keys(endless) as (keyof typeof endless)[]
printFigures(await sandboxFigures({ open, stop, stops: kinds }, counts))
