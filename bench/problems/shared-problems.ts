/** The problems of `../shared/baselines/optimisers`, which nothing was tuned on, and the stored figures of Optuna on them. */

import type { Random } from '@mabeam/foundation'
import { type Config, choice, float, int, type Space, space, type Variable } from '@mabeam/ml'
import type { JudgedProblem } from './judged-problem.ts'

/** From the root of the repository. */
export const sharedFiles = {
  problems: '../shared/baselines/optimisers/problems.mjs',
  results: '../shared/baselines/optimisers/results.json',
} as const

export interface SharedProblems {
  problem(name: string): JudgedProblem
  /** The median that was stored for a sampler of Optuna 5, or null. */
  stored(asked: { problem: string; sampler: string; budget: number; measure: string }): number | null
}

/** Throws where the functions do not give the values that are stored with them. */
export async function sharedProblems(): Promise<SharedProblems> {
  const at = (path: string) => new URL(`../../${path}`, import.meta.url).href
  const shared: Shared = await import(at(sharedFiles.problems))
  const { default: results } = await import(at(sharedFiles.results), { with: { type: 'json' } })
  checkVectors(shared)
  const rows = results.rows as readonly StoredRow[]
  return {
    problem: (name) => (name === 'llm3' ? priced(shared) : plain(shared, name)),
    stored({ problem, sampler, budget, measure }) {
      const row = rows.find((one) => one.problem === problem && one.sampler === sampler && one.batch === 1)
      return row?.budgets[budget]?.[measure]?.median ?? null
    },
  }
}

interface StoredRow {
  readonly problem: string
  readonly sampler: string
  readonly batch: number
  readonly budgets: { readonly [budget: string]: { readonly [measure: string]: { readonly median: number } } }
}

interface VariableDefinition {
  readonly name: string
  readonly type: 'float' | 'int' | 'categorical'
  readonly low: number
  readonly high: number
  readonly log: boolean
  readonly choices: readonly (string | number)[]
  readonly when?: { readonly [parent: string]: readonly (string | number)[] }
}

interface Definition {
  readonly space: readonly VariableDefinition[]
  readonly noisy: boolean
  readonly test_vectors: readonly { readonly x: Point; readonly y: number | readonly number[] }[]
  readonly fmin?: number
  readonly m?: number
  readonly refs?: { readonly [name: string]: readonly number[] }
  readonly hv_max?: { readonly [name: string]: number }
}

type Point = { readonly [name: string]: string | number | boolean }

/** The module of the problems. */
interface Shared {
  readonly DEF: {
    readonly problems: { readonly [name: string]: Definition }
    readonly llm_constants: { readonly t_star: readonly number[] }
  }
  readonly F: { readonly [name: string]: (point: Point) => number | readonly number[] }
  binom(n: number, p: number, next: () => number): number
  hv(points: readonly (readonly number[])[], reference: readonly number[]): number
}

/** Rows of a measurement of the language program. */
const rowsMeasured = 50

function checkVectors({ DEF, F }: Shared): void {
  for (const [name, { test_vectors: vectors }] of Object.entries(DEF.problems)) {
    for (const { x, y } of vectors) {
      const got = [F[name]?.(x) ?? []].flat()
      const isSame = [y].flat().every((one, i) => Math.abs(one - (got[i] as number)) < 1e-9)
      if (!isSame) throw new Error(`${name}: expected ${y} at ${JSON.stringify(x)}, got ${got}`)
    }
  }
}

function plain(shared: Shared, name: string): JudgedProblem {
  const definition = shared.DEF.problems[name] as Definition
  const truth = (config: Config) => [shared.F[name]?.(config as Point) as number | readonly number[]].flat()
  const { m: losses = 1, fmin = 0, refs = {}, hv_max: most = {} } = definition
  return {
    space: spaceOf(definition),
    losses,
    limits: [],
    measure: (config, noise) => (definition.noisy ? observed(shared, truth(config), noise) : truth(config)),
    worth(picked) {
      if (losses === 1) return { regret: (truth(picked[0] as Config)[0] as number) - fmin }
      // The loose reference point gives nearly all of it to whoever finds the ends of the front.
      return { hv_tight: shared.hv(picked.map(truth), refs.tight as readonly number[]) / (most.tight as number) }
    },
  }
}

/** `llm` with cost and latency, which the shared definitions say in words. */
function priced(shared: Shared): JudgedProblem {
  const reference = [1, Math.log10(30), Math.log10(15)]
  const volume = (points: readonly (readonly number[])[]) => shared.hv(points.map(inLogs), reference)
  const truth = (config: Config) => shared.F.llm3?.(config as Point) as readonly number[]
  const most = volume(bestPriced(shared))
  return {
    space: spaceOf(shared.DEF.problems.llm as Definition),
    losses: 3,
    limits: [],
    measure: (config, noise) => observed(shared, truth(config), noise),
    worth: (picked) => ({ hv_log: volume(picked.map(truth)) / most }),
  }
}

/** Only the first loss is noisy: a share of rows. */
function observed({ binom }: Shared, [loss = 0, ...rest]: readonly number[], noise: Random): readonly number[] {
  return [1 - binom(rowsMeasured, 1 - loss, () => noise.next()) / rowsMeasured, ...rest]
}

function inLogs(point: readonly number[]): number[] {
  return point.map((value, i) => (i > 0 ? Math.log10(value) : value))
}

/** All that is worth having of `llm3`: every combination at the temperature that suits its reasoning; cost and latency don't depend on it. */
function bestPriced({ DEF, F }: Shared): (readonly number[])[] {
  const { space: searched } = DEF.problems.llm as Definition
  const reasonings = searched.find(({ name }) => name === 'reasoning')?.choices ?? []
  let points: Point[] = [{}]
  for (const { name, type, choices, low, high } of searched) {
    if (type === 'float') continue
    const values = type === 'int' ? Array.from({ length: high - low + 1 }, (_, i) => low + i) : choices
    points = points.flatMap((point) => values.map((value) => ({ ...point, [name]: value })))
  }
  return points.map((point) => {
    const temperature = DEF.llm_constants.t_star[reasonings.indexOf(point.reasoning as string)] as number
    return F.llm3?.({ ...point, temperature }) as readonly number[]
  })
}

function spaceOf(definition: Definition): Space {
  const variables = definition.space.map(({ name, type, low, high, log, choices, when }): [string, Variable] => {
    const gate = when ? { when } : {}
    if (type === 'categorical') return [name, choice(choices, gate)]
    const range = { min: low, max: high, log, ...gate }
    return [name, type === 'int' ? int(range) : float(range)]
  })
  return space(Object.fromEntries(variables)) as unknown as Space
}
