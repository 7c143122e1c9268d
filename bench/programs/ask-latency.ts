/**
 * Times of asks on the language program of the shared problems: `ask-latency.ts SAMPLER LOSSES ASKS FILE`, the file holding the trials that
 * are told before as JSON, `[[config, losses], …]`. Prints the mean CPU time of an ask and of a tell.
 */

import { readFileSync } from 'node:fs'
import { adaptiveSampler, type Config, createStudy, gpSampler, type Sampler, tpeSampler } from '@mabeam/ml'
import { sharedProblems } from '../problems/shared-problems.ts'
import { printFigures } from './rate.ts'

const samplers: { readonly [name: string]: () => Sampler } = {
  tpe: () => tpeSampler(),
  'tpe-univariate': () => tpeSampler({ multivariate: false }),
  gp: () => gpSampler(),
  adaptive: () => adaptiveSampler(),
}

const [name = '', losses, asks, file = ''] = process.argv.slice(2)
const told = JSON.parse(readFileSync(file, 'utf8')) as (readonly [config: Config, losses: readonly number[]])[]
const { space } = (await sharedProblems()).problem('llm')

async function times(count: number): Promise<{ askCpuMs: number; tellCpuMs: number }> {
  const study = createStudy({
    space,
    objectives: Array.from({ length: Number(losses) }, (_, i) => ({
      name: `loss${i}`,
      direction: 'minimise' as const,
    })),
    sampler: (samplers[name] as () => Sampler)(),
    enqueue: told.map(([config]) => config),
  })
  const tell = (number: number) =>
    study.tell(number, {
      values: Object.fromEntries((told[number % told.length]?.[1] ?? []).map((one, i) => [`loss${i}`, one])),
    })
  for (let i = 0; i < told.length; i++) await tell(study.ask().number)
  // What only the first ask brings about is not measured: it learns all trials at once.
  await tell(study.ask().number)
  let [askUs, tellUs] = [0, 0]
  for (let i = 0; i < count; i++) {
    const before = cpuUs()
    const { number } = study.ask()
    const asked = cpuUs()
    await tell(number)
    askUs += asked - before
    tellUs += cpuUs() - asked
  }
  return { askCpuMs: askUs / count / 1_000, tellCpuMs: tellUs / count / 1_000 }
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

// Once for the compiler.
await times(Number(asks))
printFigures(await times(Number(asks)))
