/** Errors of the agent registry: one factory a code. */

import { isMabeamError, MabeamError, messageOf, nearest, toWireError } from '@mabeam/foundation'

/** An id that another agent of the system has. */
export function agentExists(id: string, node: string | undefined): MabeamError {
  const where = node === undefined ? '' : ` on node ${node}`
  return new MabeamError('coordination/agent-exists', `agent "${id}" is registered already${where}`, {
    data: { id, ...(node !== undefined && { node }) },
  })
}

/** No node of the system has registered it. */
export function unknownAgent(id: string, known: readonly string[]): MabeamError {
  const near = nearest(id, known)
  const hint = near === undefined ? '' : `; did you mean "${near}"?`
  return new MabeamError('coordination/unknown-agent', `no agent "${id}" is registered${hint}`, { data: { id } })
}

/** It would not start, or its name is somebody else's. */
export function agentStartFailed(id: string, cause: unknown): MabeamError {
  return new MabeamError('coordination/agent-start-failed', `agent "${id}" would not start: ${messageOf(cause)}`, {
    // What keeps it may pass, such as an engine that is away.
    retryable: isMabeamError(cause) && cause.retryable,
    data: { id, error: { ...toWireError(cause) } },
    cause,
  })
}

/** A module that can't be imported, or has no such actor. */
export function agentModule(id: string, module: string, expected: string, cause?: unknown): MabeamError {
  const got = cause === undefined ? '' : `: ${messageOf(cause)}`
  return new MabeamError('coordination/agent-module', `agent "${id}": module ${module}: expected ${expected}${got}`, {
    data: { id, module, expected },
    cause,
  })
}

/** A role is started and stopped with its ecosystem. */
export function agentInEcosystem(id: string, ecosystem: string): MabeamError {
  const sentence = `agent "${id}" is a role of ecosystem "${ecosystem}": it starts and stops with "${ecosystem}"`
  return new MabeamError('coordination/agent-in-ecosystem', sentence, { data: { id, ecosystem } })
}

/** The registry, or its node, has been closed. */
export function registryClosed(node: string): MabeamError {
  return new MabeamError('coordination/registry-closed', `the agent registry of node ${node} is closed`, {
    data: { node },
  })
}
