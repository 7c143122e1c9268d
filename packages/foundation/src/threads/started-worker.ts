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
  // Run from source by a program that was started otherwise, such as a test runner: packages lead to their source too.
  const inherits = !isSource || process.execArgv.some((one) => one.includes('mabeam-source'))
  return new Worker(new URL(`${entry}${isSource ? '.ts' : '.js'}`, module), {
    ...options,
    ...(!inherits && { execArgv: ['--conditions=mabeam-source'] }),
  })
}
