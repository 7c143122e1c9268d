/** Nodes in processes of their own, for benches of clusters. */

import { type NodeProcess, nodeProcess } from '@mabeam/foundation/testing'
import type { answers, OpenedNode } from '../programs/cluster-node.ts'

export type ClusterNode = NodeProcess<typeof answers>

const program = new URL('../programs/cluster-node.ts', import.meta.url)

/** A process that runs no node yet. */
export async function clusterProcess(name: string, execArgs: readonly string[] = []): Promise<ClusterNode> {
  return await nodeProcess<typeof answers>({ module: program, name, execArgs })
}

export async function clusterNode(opened: OpenedNode): Promise<ClusterNode> {
  const process = await clusterProcess(opened.name)
  await process.ask('open', opened)
  return process
}

/** Resolves when each of them sees so many alive. */
export async function seeEachOther(nodes: readonly ClusterNode[], count = nodes.length): Promise<void> {
  await Promise.all(nodes.map((one) => one.ask('sees', count)))
}
