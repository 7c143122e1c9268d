/** A worker thread that starts from source and from a build alike: the one place that knows how they differ. */

import { Worker, type WorkerOptions } from 'node:worker_threads'

/** What V8 is told of a worker of ours; how it is started is not the caller's. */
export type StartedWorkerOptions = Pick<WorkerOptions, 'name' | 'workerData' | 'resourceLimits'>

/**
 * Starts the module `entry`, named without its ending, that stands beside `module`, which is the caller's `import.meta.url`.
 *
 * @example startWorker(import.meta.url, './thread-entry', { name: 'mabeam-actors', workerData })
 */
export function startWorker(module: string, entry: string, options: StartedWorkerOptions): Worker {
  const isSource = module.endsWith('.ts')
  const execArgv = workerArguments(process.execArgv, isSource)
  return new Worker(new URL(`${entry}${isSource ? '.ts' : '.js'}`, module), {
    ...options,
    ...(execArgv !== undefined && { execArgv }),
  })
}

/**
 * What a worker is started with where it can't inherit what the process was: what says that a program is given as text would be said of the
 * worker's file, and is refused there.
 */
export function workerArguments(inherited: readonly string[], isSource: boolean): string[] | undefined {
  const isText = inherited.some((one) => textFlag.test(one))
  const kept = isText ? loadingArguments(inherited) : inherited
  const needsSource = isSource && !kept.some((one) => one.includes(sourceCondition))
  if (!isText && !needsSource) return undefined
  return [...(isText ? kept : []), ...(needsSource ? [`--conditions=${sourceCondition}`] : [])]
}

/** From source a program may be started otherwise, as by a test runner: packages lead to their source all the same. */
const sourceCondition = 'mabeam-source'
const textFlag = /^(-e|-p|-pe|--eval|--print|--input-type)(=|$)/
/** How modules are found and loaded. Others are of the process, and refused where they are given to a worker. */
const loadingFlag = /^(-C|-r|--conditions|--require|--import|--loader|--experimental-loader|--enable-source-maps)(=|$)/
const flagAlone = /^(-C|-r|--conditions|--require|--import|--loader|--experimental-loader)$/

function loadingArguments(inherited: readonly string[]): string[] {
  return inherited.flatMap((one, at) => {
    if (!loadingFlag.test(one)) return []
    const value = inherited[at + 1]
    return flagAlone.test(one) && value !== undefined ? [one, value] : [one]
  })
}
