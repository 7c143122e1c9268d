/** Finds the code that a configuration names by importing its module. */

import { isAbsolute, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ActorDefinition } from '@mabeam/foundation'
import { agentModule } from '../errors/registry-errors.ts'
import type { AgentConfiguration } from './agent-configuration.ts'

/**
 * The definition of an agent. Rejects with `coordination/agent-module` for a module that can't be imported, for one that is no file
 * and no package, and where what is exported is no actor, or more than one is and none is named.
 */
export async function agentDefinition(configuration: AgentConfiguration): Promise<ActorDefinition> {
  const { id, module, definition, export: name } = configuration
  if (module === undefined) {
    if (isDefinition(definition)) return definition
    throw agentModule(id, 'none', 'what defineActor gives as its definition')
  }
  const exported = await imported(id, module)
  if (name !== undefined) {
    const named = Object.hasOwn(exported, name) ? exported[name] : undefined
    if (isDefinition(named)) return named
    throw agentModule(id, module, `an actor under the name ${name}, among ${namesOf(exported)}`)
  }
  const found = [...new Set(Object.values(exported).filter(isDefinition))]
  const [only] = found
  if (only !== undefined && found.length === 1) return only
  throw agentModule(id, module, `export to name one of its ${found.length} actors, among ${namesOf(exported)}`)
}

async function imported(id: string, module: string): Promise<{ readonly [name: string]: unknown }> {
  const isPath = module.startsWith('.') || isAbsolute(module)
  // Other schemes would run what stands in the text itself, or nothing of the user's.
  if (!isPath && /^[a-z][a-z0-9+.-]*:/i.test(module) && !module.startsWith('file:')) {
    throw agentModule(id, module, 'a path, the URL of a file or the name of a package')
  }
  try {
    return await import(isPath ? pathToFileURL(resolve(module)).href : module)
  } catch (thrown) {
    throw agentModule(id, module, 'a module that can be imported', thrown)
  }
}

function isDefinition(value: unknown): value is ActorDefinition {
  const { calls, init } = (value ?? {}) as Partial<ActorDefinition>
  return calls instanceof Map && typeof init === 'function'
}

function namesOf(exported: object): string {
  return Object.keys(exported).slice(0, 20).join(', ') || 'no exports'
}
