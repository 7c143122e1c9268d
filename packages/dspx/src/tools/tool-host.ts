/** Tools as functions that code in a sandbox may call: `await weather({ city: 'Paris' })`. */

import type { HostFunction } from '../sandbox/host-calls.ts'
import type { Tool } from './tool.ts'
import { resultOf } from './tool-call.ts'

/** By name, with the time that the sandbox gives to host functions. What is refused or fails is thrown inside. */
export function toolHosts(tools: readonly Tool[]): { readonly [name: string]: HostFunction } {
  const host =
    (name: string): HostFunction =>
    async ([given], { signal }) => {
      const made = await resultOf({ tool: name, arguments: given ?? {} }, tools, signal)
      if (made.outcome !== 'given') throw new Error(made.sentence)
      return made.value
    }
  return Object.fromEntries(tools.map(({ name }) => [name, host(name)]))
}

/** Tools as a prompt tells of them. */
export function toolList(tools: readonly Tool[]): string {
  return tools
    .map(
      ({ name, description, inputSchema }) => `- ${name}(input): ${description} Input: ${JSON.stringify(inputSchema)}`,
    )
    .join('\n')
}
