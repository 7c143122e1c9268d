/** A node in a process of its own, which benches of clusters start, ask and kill. */

import { nats } from '@mabeam/engine-nats'
import { defineActor, local, type Node, startNode, type Telemetry } from '@mabeam/foundation'
import { testedProcess } from '@mabeam/foundation/testing'

/** What a node says when a place begins to run on it; times are of the machine's clock. */
export interface Running {
  readonly type: 'running'
  readonly node: string
  readonly fence: number
  readonly atMs: number
}

/** What a node says of what may move a place: its own session or that of another, its connections, its members. */
export interface Reason {
  readonly type: 'reason'
  readonly node: string
  readonly event: string
  readonly facts: object
  readonly atMs: number
}

export interface OpenedNode {
  readonly engine: 'memory' | 'local' | 'nats'
  readonly name: string
  /** Addresses of the servers, or the folder of the hub. */
  readonly where: readonly string[]
  readonly replicas?: number
}

let node: Node | undefined

const Holder = defineActor(import.meta.url, {
  name: 'holder',
  version: 1,
  init: (_: undefined, { fence }) => {
    self.report({ type: 'running', node: node?.name ?? '', fence: fence ?? 0, atMs: Date.now() } satisfies Running)
    return 0
  },
  calls: { add: { run: (n: number, by: number) => [n + by, n + by] } },
})

const reasons = /\.(session-|connection-|engine-|member-changed|watch-|partition-|place-failed|pulse-failed)/

/** Tells the bench why a place has moved, or might. */
function reasonsOf(name: string): Telemetry {
  return {
    enabled: true,
    emit({ name: event, measurements, metadata }) {
      if (!reasons.test(event)) return
      const facts = { ...measurements, ...metadata }
      self.report({ type: 'reason', node: name, event, facts, atMs: Date.now() } satisfies Reason)
    },
  }
}

function engineOf({ engine, where, replicas }: OpenedNode) {
  if (engine === 'nats') {
    return nats({ servers: where, durability: 'relaxed', ...(replicas !== undefined && { replicas }) })
  }
  return engine === 'local' ? local({ directory: where[0] as string }) : undefined
}

export const answers = {
  /** How long it took. */
  async open(opened: OpenedNode): Promise<number> {
    const startMs = performance.now()
    const engine = engineOf(opened)
    const { name } = opened
    node = await startNode({ name, telemetry: reasonsOf(name), ...(engine !== undefined && { engine }) })
    return performance.now() - startMs
  },
  /** Resolves when it sees so many alive. */
  async sees(count: number): Promise<void> {
    const membership = await opened().membership()
    const isComplete = () => membership.members().filter(({ status }) => status === 'alive').length === count
    const { promise, resolve } = Promise.withResolvers<void>()
    const stop = membership.onChange(() => isComplete() && resolve())
    if (!isComplete()) await promise
    stop()
  },
  async place(name: string): Promise<void> {
    await opened().place(Holder, undefined, { strategy: 'singleton', name })
  },
  async rssMiB(): Promise<number> {
    globalThis.gc?.()
    return process.memoryUsage.rss() / 1_048_576
  },
  close: () => opened().close(),
} as const

function opened(): Node {
  if (node === undefined) throw new Error('it was not opened')
  return node
}

const self = testedProcess(answers)
