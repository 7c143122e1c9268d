/** Nodes in processes of their own, for benches of clusters. */

import { type NodeProcess, nodeProcess } from '@mabeam/foundation/testing'
import type { answers, OpenedNode } from '../programs/cluster-node.ts'

export type ClusterNode = NodeProcess<typeof answers>

/** From source, whose types are stripped at each start. */
export const programFromSource = new URL('../programs/cluster-node.ts', import.meta.url)

export interface ClusterProcessOptions {
  /** Of Node. @default none */
  readonly execArgs?: readonly string[]
  /** What runs the nodes. @default programFromSource */
  readonly program?: URL
}

/** A process that runs no node yet. */
export async function clusterProcess(name: string, options: ClusterProcessOptions = {}): Promise<ClusterNode> {
  const { execArgs = [], program = programFromSource } = options
  return await nodeProcess<typeof answers>({ module: program, name, execArgs })
}

export async function clusterNode(opened: OpenedNode, program?: URL): Promise<ClusterNode> {
  const process = await clusterProcess(opened.name, program === undefined ? {} : { program })
  await process.ask('open', opened)
  return process
}

/** Resolves when each of them sees so many alive. */
export async function seeEachOther(nodes: readonly ClusterNode[], count = nodes.length): Promise<void> {
  await Promise.all(nodes.map((one) => one.ask('sees', count)))
}
