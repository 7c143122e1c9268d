/** The actor by which the registries of other nodes ask this one to start, stop and tell of its agents. */

import { defineActor, fromWireError, toWireError, type WireError } from '@mabeam/foundation'
import { z } from 'zod'
import { unknownAgent } from '../errors/registry-errors.ts'
import type { AgentHistoryEntry } from './agent-life.ts'
import type { AgentReport } from './agent-report.ts'

/** What a registry lets others do with the agents of its own node. */
export interface RegistrarDoor {
  startOwn(id: string): Promise<void>
  stopOwn(id: string): Promise<void>
  restartOwn(id: string): Promise<void>
  reportOf(id: string): AgentReport | undefined
  historyOf(id: string): readonly AgentHistoryEntry[] | undefined
}

interface RegistrarState {
  readonly door: RegistrarDoor
}

/** What was asked, or why it was not done: a refusal is no crash. */
type Reply<T> = { readonly done: T } | { readonly failed: WireError }

const id = z.string()

export const Registrar = defineActor(import.meta.url, {
  name: 'agent-registrar',
  version: 1,
  init: (door: RegistrarDoor): RegistrarState => ({ door }),
  calls: {
    start: { input: id, run: async (s, of) => [s, await replied(() => s.door.startOwn(of))] as const },
    stop: { input: id, run: async (s, of) => [s, await replied(() => s.door.stopOwn(of))] as const },
    restart: { input: id, run: async (s, of) => [s, await replied(() => s.door.restartOwn(of))] as const },
    status: {
      input: id,
      run: async (s, of) => [s, await replied(async () => known(of, s.door.reportOf(of)))] as const,
    },
    history: {
      input: id,
      run: async (s, of) => [s, await replied(async () => known(of, s.door.historyOf(of)))] as const,
    },
  },
})

/** The name of the registrar of a node, in the system. */
export function registrarOf(node: string): string {
  return `agent-registrar/${node}`
}

/** What a registrar did; throws what kept it from that. */
export function doneBy<T>(reply: Reply<T>): T {
  if ('failed' in reply) throw fromWireError(reply.failed)
  return reply.done
}

function known<T>(of: string, found: T | undefined): T {
  if (found === undefined) throw unknownAgent(of, [])
  return found
}

async function replied<T>(work: () => Promise<T>): Promise<Reply<T>> {
  try {
    return { done: await work() }
  } catch (thrown) {
    return { failed: toWireError(thrown) }
  }
}
