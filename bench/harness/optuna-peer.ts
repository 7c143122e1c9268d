/** Optuna in a process of its own, asked and told through lines, see `bench/peers/optuna/studies.py`. */

import path from 'node:path'
import type { AnyVariable, Space } from '@mabeam/ml'
import { LineProcess } from './line-process.ts'

/** Of the newest release; what is found is shown as what it is. */
export const optunaInstall =
  'python3 -m venv ~/optuna && ~/optuna/bin/pip install optuna==5.0.0, then MABEAM_BENCH_PYTHON=~/optuna/bin/python (for its GPSampler pip install torch scipy too)'

export type OptunaSampler = 'tpe' | 'tpe-multivariate' | 'nsga2' | 'gp'

export interface OptunaStudy {
  readonly space: Space
  /** Objectives. */
  readonly losses: number
  readonly sampler: OptunaSampler
  readonly seed: number
  /** Whether tells say how far limits are passed. @default false */
  readonly limited?: boolean
}

export interface OptunaAsk {
  readonly config: { readonly [name: string]: string | number | boolean }
  /** CPU time of the ask, and of the tell before it. */
  readonly cpuMs: number
}

export interface OptunaTimes {
  readonly askCpuMs: number
  readonly tellCpuMs: number
}

export interface OptunaPeer extends AsyncDisposable {
  readonly version: string
  /** Whether its Gaussian process can run: it needs packages of its own. */
  readonly gp: boolean
  /** A new study in the place of the last, and its first trial. */
  open(study: OptunaStudy): Promise<OptunaAsk>
  /** Tells the last trial, with how far it is beyond each limit, and asks the next. */
  tell(losses: readonly number[], excess: readonly number[]): Promise<OptunaAsk>
  /** Mean times of `asks` asks and tells beyond the trials that were told. */
  time(
    study: OptunaStudy,
    told: readonly (readonly [config: object, losses: readonly number[]])[],
    asks: number,
  ): Promise<OptunaTimes>
}

/** Undefined where Python or Optuna is not installed. `MABEAM_BENCH_PYTHON` says which Python; `python3` without it. */
export async function optunaPeer(
  python: string = process.env.MABEAM_BENCH_PYTHON ?? 'python3',
): Promise<OptunaPeer | undefined> {
  const child = new LineProcess(python, [path.resolve(import.meta.dirname, '../peers/optuna/studies.py')])
  try {
    const { version, gp } = (await child.next()) as { readonly version: string; readonly gp: boolean }
    return {
      version,
      gp,
      open: async (study) => (await child.ask({ open: wireStudy(study) })) as OptunaAsk,
      tell: async (losses, excess) => (await child.ask({ tell: losses, excess })) as OptunaAsk,
      time: async (study, told, asks) =>
        (await child.ask({ time: { ...wireStudy(study), told, asks } })) as OptunaTimes,
      [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
    }
  } catch {
    await child[Symbol.asyncDispose]()
    return undefined
  }
}

function wireStudy({ space, ...study }: OptunaStudy): object {
  const variables = space.variables as { readonly [name: string]: AnyVariable }
  return { ...study, space: Object.entries(variables).map(([name, one]) => wireVariable(name, one)) }
}

function wireVariable(name: string, variable: AnyVariable): object {
  const when = variable.when ? { when: variable.when } : {}
  switch (variable.type) {
    case 'choice':
      return { name, type: 'categorical', choices: variable.values, ...when }
    case 'bool':
      return { name, type: 'categorical', choices: [false, true], ...when }
    case 'int':
    case 'float':
      if ((variable.step ?? 1) !== 1) throw new Error(`${name}: expected no step`)
      return { name, type: variable.type, low: variable.min, high: variable.max, log: variable.log, ...when }
    default:
      throw new Error(`${name}: Optuna has no ${variable.type}`)
  }
}
