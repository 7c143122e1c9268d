/**
 * What teleprompters reach with equal calls: on requests in one step, and on support tickets in three. On the embedded model, or on
 * any other that MABEAM_BENCH_MODEL names (`openai/…`, `compatible/…` with MABEAM_COMPATIBLE_URL), with the key in its usual
 * variable; then those that write texts ask that model for them. MABEAM_BENCH_SEEDS and MABEAM_BENCH_CALLS make it affordable.
 */

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
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
  type Models,
  miproV2,
  modelProposer,
  nearestFewShot,
  optimize,
  type Proposer,
  simba,
  type Teleprompter,
} from '@mabeam/dspx'
import type { Bench, BenchOptions } from './bench.ts'
import { type TeleprompterRun, teleprompterResult } from './harness/teleprompter-claims.ts'
import { seedRows, type TunedTask, tunedTasks } from './programs/tuned-tasks.ts'

/** Whose texts are tried: those of the extractive proposer where nobody is named. */
type Writing = { readonly proposer?: Proposer }

const teleprompters: { readonly [name: string]: (writing: Writing) => Teleprompter } = {
  labeled: () => labeledFewShot(),
  bootstrap: () => bootstrapFewShot(),
  randomSearch: () => bootstrapRandomSearch(),
  nearest: () => nearestFewShot(),
  joint: jointSearch,
  copro,
  mipro: miproV2,
  simba,
  gepa,
  inferRules,
  together: (writing) => betterTogether({ teleprompters: [gepa(writing), bootstrapRandomSearch()] }),
  beacon,
}

/** Who answers, and what the run may take. */
interface Setting {
  readonly model: string | undefined
  readonly models: Models
  readonly seeds: number
  /** In place of those of the task. */
  readonly calls: number | undefined
}

function settingOf({ quick }: BenchOptions, env: NodeJS.ProcessEnv = process.env): Setting {
  const count = (name: string) => {
    const given = env[name]
    if (given === undefined || given === '') return undefined
    if (!/^[1-9][0-9]{0,6}$/.test(given)) throw new Error(`${name}: expected a whole number from 1, got ${given}`)
    return Number(given)
  }
  const model = env.MABEAM_BENCH_MODEL || undefined
  const models = createModels()
  // a wrong id or a missing key is told before hours of work
  if (model !== undefined) models.get(model)
  return {
    model,
    models,
    seeds: count('MABEAM_BENCH_SEEDS') ?? (quick ? 1 : 20),
    calls: count('MABEAM_BENCH_CALLS') ?? (quick ? 300 : undefined),
  }
}

export const bench: Bench = {
  name: 'teleprompters',
  what: 'mean score on held-out rows after tuning with equal calls, by teleprompter, and its difference to random search over the same seeds; claims are tested one-sided, p is corrected for their number (Holm)',
  target: 'every claim with p ≤ 0.05',
  run: async (options) => {
    const known = tunedTasks.filter(({ folder }) => existsSync(resolve(import.meta.dirname, '..', folder)))
    const tasks = options.quick ? known.slice(0, 1) : known
    const setting = settingOf(options)
    const seeds = Array.from({ length: setting.seeds }, (_, i) => i + 1)
    const runs: TeleprompterRun[] = []
    for (const task of tasks)
      for (const seed of seeds) runs.push(...(await rowsOf(task, seed, { ...options, ...setting })))
    return teleprompterResult(runs)
  },
}

async function rowsOf(task: TunedTask, seed: number, options: BenchOptions & Setting): Promise<TeleprompterRun[]> {
  const { quick, log, model, models, calls = task.calls } = options
  const writing = model === undefined ? {} : { proposer: modelProposer() }
  const { train, val, test } = seedRows(task, seed, { train: 300, val: quick ? 20 : 100, test: quick ? 50 : 500 })
  const rows: TeleprompterRun[] = []
  for (const [name, make] of Object.entries(teleprompters)) {
    const result = await optimize(task.program(), {
      train,
      val,
      metric: exactMatch(...task.outputs),
      teleprompter: make(writing),
      models,
      ...(model !== undefined && { lm: model }),
      tune: { instructions: true, demos: true },
      budget: { calls },
      seed,
    })
    rows.push({
      task: task.name,
      teleprompter: name,
      seed,
      model: model ?? 'embedded',
      testScore: await scoreOf(task, { program: result.best, test, model, models }),
      calls: result.budget.spent.calls,
    })
  }
  log(`${task.name}, seed ${seed}: ${rows.map((row) => `${row.teleprompter} ${row.testScore.toFixed(3)}`).join(', ')}`)
  return rows
}

async function scoreOf(
  task: TunedTask,
  of: Pick<Setting, 'model' | 'models'> & {
    readonly program: ReturnType<TunedTask['program']>
    readonly test: readonly Example[]
  },
) {
  const { program, test, model, models } = of
  const definition = task.definition(program)
  const { settings, predictors } = program.state()
  const asked = model === undefined ? {} : { model }
  const state = { settings: { ...definition.initialState().settings, ...asked, ...settings }, predictors }
  const bound = definition.bind(state, { models })
  return (await evaluate(bound, test)).accuracy
}
