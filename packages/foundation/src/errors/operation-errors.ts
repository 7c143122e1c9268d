/** Errors of operations: what is asked of nodes by those who run a system. One factory a code. */

import { MabeamError } from '../errors.ts'

/** Another node of that name and epoch is in the system. */
export function nodeNameTaken(node: string, epoch: number): MabeamError {
  const sentence = `node ${node}: another node of that name is in the system, with the same epoch ${epoch}; give each node a name of its own, or leave out the epoch so that the later one takes over`
  return new MabeamError('foundation/node-name-taken', sentence, { data: { node, epoch } })
}

/** Nodes that say of themselves that they are another system have the name of this one, on the same engine. */
export function systemTaken(system: string, systemId: string, there: string): MabeamError {
  const sentence = `system ${system}: expected its nodes to have systemId ${JSON.stringify(systemId)}, got ${JSON.stringify(there)}; give one of the two systems another name, or an engine of its own`
  return new MabeamError('foundation/system-taken', sentence, { data: { system, systemId, there } })
}

/** The node gives away what it has: nothing is begun there any more. */
export function nodeDraining(node: string): MabeamError {
  const sentence = `node ${node}: it is drained and starts nothing for others; choose another node, or undrain it`
  return new MabeamError('foundation/node-draining', sentence, { data: { node } })
}

/** Nobody of that name listens for operations. */
export function noSuchNode(system: string, node: string): MabeamError {
  const sentence = `no node ${node} answers in system ${system}; the status of the cluster lists those that do`
  return new MabeamError('foundation/no-such-node', sentence, { retryable: true, data: { system, node } })
}

/** The node is known, and gave no answer in time. */
export function operationTimeout(operation: string, node: string, timeoutMs: number): MabeamError {
  const sentence = `${operation} of node ${node}: no answer within ${timeoutMs} ms; it may go on all the same, ask for its status`
  return new MabeamError('foundation/operation-timeout', sentence, {
    retryable: true,
    data: { operation, node, timeoutMs },
  })
}

/** The client was closed. */
export function clusterClosed(system: string): MabeamError {
  return new MabeamError('foundation/cluster-closed', `the client of system ${system} is closed`, { data: { system } })
}
