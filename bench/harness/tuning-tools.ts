/** The tools that `teleprompter-peers` compares, all told the same: ours in this process, peers in processes of their own. */

import path from 'node:path'
import type { Demo, Example } from '@mabeam/dspx'
import { LineProcess } from './line-process.ts'
import { type LmPeer, lmPeerCommand } from './lm-peers.ts'

/** Where a tool begins anew: a task with the rows of one seed. */
export interface OpenedTask {
  /** With `/v1`. */
  readonly url: string
  readonly model: string
  readonly task: string
  readonly seed: number
  readonly train: readonly Example[]
  readonly val: readonly Example[]
  readonly test: readonly Example[]
}

/** What each predictor is told. */
export interface Shown {
  readonly [predictor: string]: { readonly instructions: string; readonly demos: readonly Demo[] }
}

export interface TuningTool extends AsyncDisposable {
  readonly name: string
  readonly version: string
  open(task: OpenedTask): Promise<void>
  /** Makes a program of these instructions and demonstrations. */
  show(shown: Shown): Promise<void>
  /** Makes the program that a teleprompter finds. */
  tune(teleprompter: string): Promise<void>
  /** The share of the test rows' outputs that the program has right. */
  score(): Promise<number>
}

/** A peer that is installed, see `bench/peers/<peer>/teleprompters.*`. */
export async function peerTool(name: LmPeer): Promise<TuningTool> {
  const child = new LineProcess(...lmPeerCommand(name, 'teleprompters'))
  const { version } = (await child.next()) as { readonly version: string }
  const tell = async (what: string, given: unknown) =>
    ((await child.ask({ [what]: given })) as { readonly [what: string]: unknown })[what]
  return {
    name,
    version,
    open: async (task) => void (await tell('open', task)),
    show: async (shown) => void (await tell('show', shown)),
    tune: async (teleprompter) => void (await tell('tune', teleprompter)),
    score: async () => (await tell('score', true)) as number,
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  }
}

/** The endpoint that all ask: `bench/programs/tuned-endpoint.ts`. */
export interface CountingEndpoint extends AsyncDisposable {
  readonly url: string
  /** Requests so far, those that were refused or failed included. */
  calls(): Promise<number>
}

export async function countingEndpoint(): Promise<CountingEndpoint> {
  const program = path.resolve(import.meta.dirname, '..', 'programs', 'tuned-endpoint.ts')
  const child = new LineProcess(process.execPath, ['--conditions=mabeam-source', program])
  const { url } = (await child.next()) as { readonly url: string }
  return {
    url,
    async calls() {
      const health = (await (await fetch(`${url}/health`)).json()) as {
        readonly requests: { readonly received: number }
      }
      return health.requests.received
    },
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  }
}
