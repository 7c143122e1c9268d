/** What teleprompters reach with equal calls: on requests in one step, and on support tickets in three. */

import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  beacon,
  betterTogether,
  bootstrapFewShot,
  bootstrapRandomSearch,
  copro,
  createModels,
  type Example,
  evaluate,
  exactMatch,
  gepa,
  inferRules,
  jointSearch,
  labeledFewShot,
  miproV2,
  nearestFewShot,
  optimize,
  simba,
  type Teleprompter,
} from '@mabeam/dspx'
import { seededRandom } from '@mabeam/foundation'
import { mean, pairedDifference } from '@mabeam/ml'
import type { Bench, BenchOptions } from './bench.ts'
import { type TunedTask, tunedTasks } from './programs/tuned-tasks.ts'

const teleprompters: { readonly [name: string]: () => Teleprompter } = {
  labeled: labeledFewShot,
  bootstrap: bootstrapFewShot,
  randomSearch: bootstrapRandomSearch,
  nearest: nearestFewShot,
  joint: jointSearch,
  copro,
  mipro: miproV2,
  simba,
  gepa,
  inferRules,
  together: betterTogether,
  beacon,
}

/** One teleprompter on one task with one seed. */
interface Row {
  readonly [column: string]: number | string
  readonly task: string
  readonly teleprompter: string
  readonly seed: number
  readonly testScore: number
  readonly calls: number
}

export const bench: Bench = {
  name: 'teleprompters',
  what: 'mean score on held-out rows after tuning with equal calls, by teleprompter, and its difference to random search',
  target:
    'randomSearch above labeled, beacon above randomSearch, no other that writes or joins more than 0.01 below randomSearch',
  run: async (options) => {
    const known = tunedTasks.filter(({ folder }) => existsSync(resolve(import.meta.dirname, '..', folder)))
    const tasks = options.quick ? known.slice(0, 1) : known
    const seeds = Array.from({ length: options.quick ? 1 : 20 }, (_, i) => i + 1)
    const rows: Row[] = []
    for (const task of tasks) for (const seed of seeds) rows.push(...(await rowsOf(task, seed, options)))
    return { metrics: metricsOf(rows, tasks), rows, runs: seeds.length }
  },
}

async function rowsOf(task: TunedTask, seed: number, { quick, log }: BenchOptions): Promise<Row[]> {
  const random = seededRandom(seed)
  const draw = (part: string, count: number): Example[] => {
    const rows = task.rows(join(import.meta.dirname, '..', task.folder, task.files[part as keyof TunedTask['files']]))
    return (part === 'test' ? seededRandom('test') : random.fork(part)).shuffle(rows).slice(0, count)
  }
  const [train, val, test] = [draw('train', 300), draw('val', quick ? 20 : 100), draw('test', quick ? 50 : 500)]
  const rows: Row[] = []
  for (const [name, make] of Object.entries(teleprompters)) {
    const result = await optimize(task.program(), {
      train,
      val,
      metric: exactMatch(...task.outputs),
      teleprompter: make(),
      tune: { instructions: true, demos: true },
      budget: { calls: quick ? 300 : task.calls },
      seed,
    })
    rows.push({
      task: task.name,
      teleprompter: name,
      seed,
      testScore: await scoreOf(task, result.best, test),
      calls: result.budget.spent.calls,
    })
  }
  log(`${task.name}, seed ${seed}: ${rows.map((row) => `${row.teleprompter} ${row.testScore.toFixed(3)}`).join(', ')}`)
  return rows
}

async function scoreOf(task: TunedTask, program: ReturnType<TunedTask['program']>, test: readonly Example[]) {
  const definition = task.definition(program)
  const { settings, predictors } = program.state()
  const state = { settings: { ...definition.initialState().settings, ...settings }, predictors }
  const bound = definition.bind(state, { models: createModels() })
  return (await evaluate(bound, test)).accuracy
}

/** By task: means, and differences to random search over the same seeds with their 95 % intervals. */
function metricsOf(rows: readonly Row[], tasks: readonly TunedTask[]) {
  const metrics: { [name: string]: number } = {}
  for (const { name: task } of tasks) {
    const scores = (of: string) =>
      rows.filter((row) => row.task === task && row.teleprompter === of).map((row) => row.testScore)
    const search = scores('randomSearch')
    for (const name of Object.keys(teleprompters)) {
      const own = scores(name)
      metrics[`${task}.${name}.score`] = mean(own)
      if (name === 'randomSearch') continue
      const random = seededRandom('bench teleprompters')
      const { difference, ci95 } = pairedDifference(own, search, { random, bounds: [-1, 1] })
      metrics[`${task}.${name}.overRandomSearch`] = difference
      metrics[`${task}.${name}.overRandomSearchLow`] = ci95[0]
    }
  }
  return metrics
}
