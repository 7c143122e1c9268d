/**
 * How true and how fast importances are: of sums whose shares of the variance are known, after 100 and 1,000 random trials of 10 and 30
 * variables. Optuna's fANOVA and PED-ANOVA are asked about the same trials in the same run. `rank` is Spearman's correlation with the known shares,
 * `misplaced` the part of the importance that is given to the wrong variables, `monotoneBias` how much too much the straight lines together get.
 */

import path from 'node:path'
import { importanceOf, interactionsOf, median, partialDependenceOf } from '@mabeam/ml'
import type { Bench, BenchOptions, BenchResult } from './bench.ts'
import { LineProcess } from './harness/line-process.ts'
import { optunaInstall } from './harness/optuna-peer.ts'
import { type SharedSum, sharedSum } from './problems/additive-shares.ts'

const sizes = [100, 1_000].flatMap((trials) => [10, 30].map((variables) => ({ trials, variables })))
const peerMethods = ['fanova', 'ped-anova'] as const

export const bench: Bench = {
  name: 'insight',
  what: 'importances of sums with known shares of variance: rank correlation, misplaced share, bias to monotone variables, CPU ms',
  target: 'fANOVA: rank at least Optuna’s on the same trials, misplaced no more, in at most a third of its time',
  async run(options) {
    const seeds = options.quick ? 1 : 10
    await using optuna = await importancePeer()
    const found: Judged[] = []
    for (const { trials, variables } of options.quick ? sizes.slice(0, 1) : sizes) {
      for (let seed = 0; seed < seeds; seed++) found.push(...(await judgedOf({ trials, variables, seed }, optuna)))
      options.log(`${trials} trials of ${variables} variables are measured`)
    }
    return resultOf(found, optuna?.version, options)
  },
}

interface Size {
  readonly trials: number
  readonly variables: number
}

/** What one method said of one sum. What has no importances, or says nothing of shares, has undefined for the rest. */
interface Judged extends Size {
  readonly method: string
  readonly cpuMs: number
  readonly rank?: number
  readonly misplaced?: number
  readonly monotoneBias?: number
}

async function judgedOf(
  { trials, variables, seed }: Size & { readonly seed: number },
  optuna: ImportancePeer | undefined,
): Promise<Judged[]> {
  const sum = sharedSum(variables, trials, seed)
  const study = {
    space: sum.space,
    objectives: [{ name: 'loss', direction: 'minimise' }] as const,
    finished: sum.finished,
  }
  const out: Judged[] = []
  const add = (method: string, cpuMs: number, values?: Importances) =>
    out.push({ method, trials, variables, cpuMs, ...(values && accuracyOf(sum, values, method)) })
  for (const method of ['fanova', 'permutation', 'ped-anova'] as const) {
    const { result, cpuMs } = timed(() => importanceOf(study, { method, seed }))
    add(method, cpuMs, Object.fromEntries(result.map(({ variable, value }) => [variable, value])))
  }
  add('interactions', timed(() => interactionsOf(study)).cpuMs)
  add('partial dependence', timed(() => partialDependenceOf(study, ['line0'])).cpuMs)
  for (const [method, { values, cpuMs }] of Object.entries((await optuna?.ask(sum, seed)) ?? {})) {
    add(`optuna ${method}`, cpuMs, values)
  }
  return out
}

function timed<T>(run: () => T): { readonly result: T; readonly cpuMs: number } {
  const began = process.cpuUsage()
  const result = run()
  const { user, system } = process.cpuUsage(began)
  return { result, cpuMs: (user + system) / 1_000 }
}

type Importances = { readonly [variable: string]: number }

/** A divergence of the best trials is no share of variance: of PED-ANOVA only the order is judged. */
function accuracyOf({ shares, monotone }: SharedSum, values: Importances, method: string) {
  const names = Object.keys(shares)
  const rank = spearman(
    names.map((name) => shares[name] as number),
    names.map((name) => values[name] ?? 0),
  )
  if (method.endsWith('ped-anova')) return { rank }
  const excess = (name: string) => (values[name] ?? 0) - (shares[name] as number)
  return {
    rank,
    misplaced: names.reduce((sum, name) => sum + Math.abs(excess(name)) / 2, 0),
    monotoneBias: monotone.reduce((sum, name) => sum + excess(name), 0),
  }
}

/** Without ties, which neither shares nor importances have but at 0. */
function spearman(a: readonly number[], b: readonly number[]): number {
  const ranks = (values: readonly number[]) => {
    const order = [...values.keys()].sort((i, j) => (values[i] as number) - (values[j] as number) || i - j)
    return values.map((_, i) => order.indexOf(i))
  }
  const [x, y] = [ranks(a), ranks(b)]
  const n = a.length
  return 1 - (6 * x.reduce((sum, rank, i) => sum + (rank - (y[i] as number)) ** 2, 0)) / (n * (n * n - 1))
}

interface ImportancePeer extends AsyncDisposable {
  readonly version: string
  ask(sum: SharedSum, seed: number): Promise<{ readonly [method: string]: { values: Importances; cpuMs: number } }>
}

/** Undefined where Optuna is not installed; without scikit-learn it has no fANOVA. */
async function importancePeer(): Promise<ImportancePeer | undefined> {
  const python = process.env.MABEAM_BENCH_PYTHON ?? 'python3'
  const child = new LineProcess(python, [path.resolve(import.meta.dirname, 'peers/optuna/importance.py')])
  try {
    const { version, fanova } = (await child.next()) as { readonly version: string; readonly fanova: boolean }
    return {
      version,
      async ask({ space, finished }, seed) {
        const variables = space.dimensions.map(({ name, kind, count, valueAt }) =>
          kind === 'unordered'
            ? { name, choices: Array.from({ length: count }, (_, i) => valueAt(i)) }
            : { name, low: 0, high: 1 },
        )
        const trials = finished.map(({ config, values }) => [config, values.loss])
        const methods = peerMethods.filter((method) => fanova || method !== 'fanova')
        return (await child.ask({ variables, trials, methods, seed })) as Awaited<ReturnType<ImportancePeer['ask']>>
      },
      [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
    }
  } catch {
    await child[Symbol.asyncDispose]()
    return undefined
  }
}

function resultOf(found: readonly Judged[], version: string | undefined, { quick }: BenchOptions): BenchResult {
  const cells = new Map<string, Judged[]>()
  for (const one of found) {
    const key = JSON.stringify([one.method, one.trials, one.variables])
    cells.set(key, [...(cells.get(key) ?? []), one])
  }
  const rows = [...cells.values()].map((cell) => {
    const of = (name: 'cpuMs' | 'rank' | 'misplaced' | 'monotoneBias') => {
      const values = cell.flatMap((one) => one[name] ?? [])
      return values.length > 0 ? median(values) : null
    }
    const { method, trials, variables } = cell[0] as Judged
    return {
      method,
      trials,
      variables,
      rank: of('rank'),
      misplaced: of('misplaced'),
      monotoneBias: of('monotoneBias'),
      cpuMs: of('cpuMs'),
    }
  })
  const figures = (prefix: string) =>
    rows.flatMap(({ method, trials, variables, ...row }) => {
      if (method !== `${prefix}fanova` && method !== `${prefix}ped-anova`) return []
      const name = `${method.slice(prefix.length) === 'fanova' ? 'fanova' : 'pedAnova'}${trials}x${variables}`
      return (['rank', 'misplaced', 'cpuMs'] as const).flatMap((key) => {
        const value = row[key]
        return value === null ? [] : [[`${name}${key[0]?.toUpperCase()}${key.slice(1)}`, value] as const]
      })
    })
  const ours = figures('')
  const theirs = Object.fromEntries(figures('optuna '))
  const isCost = (name: string) => !name.endsWith('Rank')
  return {
    metrics: Object.fromEntries(ours),
    rows,
    peers: { optuna5: version === undefined ? null : { version, ...theirs } },
    peerInstalls: { optuna5: `${optunaInstall}; for its fANOVA pip install scikit-learn too` },
    ratios: Object.fromEntries(
      ours.map(([name, value]) => {
        const other = theirs[name]
        const ratio = other === undefined ? null : isCost(name) ? other / value : value / other
        return [`${name}VsOptuna5`, ratio]
      }),
    ),
    runs: quick ? 1 : 10,
  }
}
